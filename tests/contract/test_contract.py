"""The contract that every kind of resource keeps, against the strict sandbox; tests/faults is the rest of it."""

from __future__ import annotations

import pytest

from awsbase.facts.tags import ADDRESS, CREATED_BY
from awsbase.samples import SAMPLES
from awsbase.testing.contract import carries_out_what_is_approved, plans_what_it_does, ready, repairs_tampering
from awsbase.testing.origin import WITHOUT, tags_of, takes_tags
from awsbase.testing.sample import Sample, Tampering, go

# How the calls begin that tag what is there already.
LATER = ("AddTags", "ChangeTags", "CreateTags", "PutBucketTagging", "Tag")

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


@pytest.mark.sampled(12)
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


def test_creating_calls_that_take_tags_are_known_by_the_models_of_aws() -> None:
    """What is not tagged at its creation is either named with its reason, or takes no tags."""
    assert [api for api in WITHOUT if not takes_tags(api)] == []
    known = ("s3:CreateBucket", "config:PutConfigurationRecorder", "cloudtrail:CreateTrail", "ec2:RunInstances")
    assert [api for api in (*known, "logs:CreateLogGroup", "budgets:CreateBudget") if not takes_tags(api)] == []
    # A schedule takes none: it is known by the role that it acts as.
    assert not any(takes_tags(api) for api in ("scheduler:CreateSchedule", "kms:CreateAlias", "iam:CreateGroup"))


@pytest.mark.sampled(60)
@tamperings
def test_tampering_is_named_exactly_and_repaired(sample: Sample, tampering: Tampering) -> None:
    repairs_tampering(sample, tampering)


@pytest.mark.sampled(20)
@samples
def test_an_approved_plan_is_carried_out_and_nothing_else(sample: Sample) -> None:
    carries_out_what_is_approved(sample)
