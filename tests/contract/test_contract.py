"""The contract that every kind of resource keeps, against the strict sandbox; tests/faults is the rest of it."""

from __future__ import annotations

import pytest

from awsbase.testing.contract import carries_out_what_is_approved, plans_what_it_does, repairs_tampering
from awsbase.testing.sample import Sample, Tampering
from tests.contract.samples import SAMPLES

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


@tamperings
def test_tampering_is_named_exactly_and_repaired(sample: Sample, tampering: Tampering) -> None:
    repairs_tampering(sample, tampering)


@samples
def test_an_approved_plan_is_carried_out_and_nothing_else(sample: Sample) -> None:
    carries_out_what_is_approved(sample)
