"""The contract that every kind of resource keeps, against the strict sandbox; tests/faults is the rest of it."""

from __future__ import annotations

import pytest

from awsbase.engine.run import approval
from awsbase.sandbox import Sandbox
from tests.contract.sample import Sample, Tampering, go, problems, risky, said
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


def ready(sample: Sample) -> Sandbox:
    sandbox = Sandbox(pages=2)
    sample.before(sandbox)
    sandbox.calls.clear()
    return sandbox


def writes(sandbox: Sandbox) -> list[str]:
    return [call.name for call in sandbox.calls if call.writes]


@samples
def test_what_is_planned_is_what_is_done_and_then_there_is_nothing_to_do(sample: Sample) -> None:
    sandbox = ready(sample)

    planned = go(sandbox, "plan", sample.resources)
    assert problems(planned) == []
    assert writes(sandbox) == []
    assert said(planned)

    done = go(sandbox, "reconcile", sample.resources)
    assert problems(done) == []
    assert sorted(said(done)) == sorted(said(planned))

    assert said(go(sandbox, "plan", sample.resources)) == []
    sandbox.calls.clear()
    assert go(sandbox, "reconcile", sample.resources).totals()["unchanged"] == len(sample.resources)
    assert writes(sandbox) == []


@tamperings
def test_tampering_is_named_exactly_and_repaired(sample: Sample, tampering: Tampering) -> None:
    sandbox = ready(sample)
    go(sandbox, "reconcile", sample.resources)
    undisturbed = sandbox.snapshot()
    sandbox.clock.advance(25 * 3600)  # what is younger than a day counts as left half made
    tampering.spoil(sandbox)
    assert sandbox.snapshot() != undisturbed, "the snapshot does not see this tampering"

    planned = go(sandbox, "plan", sample.resources)
    assert sorted(said(planned)) == sorted(tampering.repair)
    assert sorted(risky(planned)) == sorted(tampering.risky)
    repaired = go(sandbox, "reconcile", sample.resources)
    assert problems(repaired) == []
    assert sandbox.snapshot() == undisturbed
    assert said(go(sandbox, "plan", sample.resources)) == []


@samples
def test_an_approved_plan_is_carried_out_and_nothing_else(sample: Sample) -> None:
    sandbox = ready(sample)
    plan = go(sandbox, "plan", sample.resources)
    nothing = go(sandbox, "reconcile", sample.resources, approved={})
    assert nothing.totals()["changed"] == 0
    assert writes(sandbox) == []
    done = go(sandbox, "reconcile", sample.resources, approved=approval(plan.changes))
    assert problems(done) == []
    assert sorted(said(done)) == sorted(said(plan))
