"""The contract that every kind of resource keeps, against the strict sandbox; tests/faults is the rest of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from awsbase.facts.tags import ADDRESS, CREATED_BY
from awsbase.testing.contract import carries_out_what_is_approved, plans_what_it_does, ready, repairs_tampering
from awsbase.testing.sample import Sample, Tampering, go
from tests.contract.samples import SAMPLES

# How the calls begin that tag what is there already.
LATER = ("AddTags", "CreateTags", "PutBucketTagging", "Tag")

samples = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
tamperings = pytest.mark.parametrize(
    ("sample", "tampering"),
    [
        pytest.param(sample, tampering, id=f"{sample.name}: {name}")
        for sample in SAMPLES
        for name, tampering in sample.tamperings.items()
    ],
)


@samples
def test_what_is_planned_is_what_is_done_and_then_there_is_nothing_to_do(sample: Sample) -> None:
    plans_what_it_does(sample)


@pytest.mark.sampled(20)
@samples
def test_the_creating_call_alone_writes_the_tag_of_origin(sample: Sample) -> None:
    sandbox = ready(sample)
    go(sandbox, "reconcile", sample.resources)
    for call in sandbox.calls:
        given = dict(tags_of(call.params))
        if call.writes and call.operation.startswith(LATER):
            assert CREATED_BY not in given
        elif call.writes and ADDRESS in given:
            assert (call.name, given.get(CREATED_BY)) == (call.name, "acme")


def tags_of(params: object) -> Iterator[tuple[str, str]]:
    """Yield the tags anywhere in what is sent, whatever the service calls them."""
    if isinstance(params, Mapping):
        for key, value in (("Key", "Value"), ("TagKey", "TagValue")):
            if {key, value} <= params.keys():
                yield params[key], params[value]
        for name, value in params.items():
            if name in ("tags", "Tags") and isinstance(value, Mapping):
                yield from value.items()
            else:
                yield from tags_of(value)
    elif isinstance(params, list | tuple):
        for item in params:
            yield from tags_of(item)


@pytest.mark.sampled(90)
@tamperings
def test_tampering_is_named_exactly_and_repaired(sample: Sample, tampering: Tampering) -> None:
    repairs_tampering(sample, tampering)


@pytest.mark.sampled(30)
@samples
def test_an_approved_plan_is_carried_out_and_nothing_else(sample: Sample) -> None:
    carries_out_what_is_approved(sample)
