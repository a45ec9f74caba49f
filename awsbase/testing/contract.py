"""The contract that every kind of resource keeps, against the strict sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest

from awsbase.engine.declarations import check
from awsbase.engine.failures import DENIED
from awsbase.engine.kind import Kinds
from awsbase.engine.run import approval
from awsbase.ensure import KINDS
from awsbase.permissions import least
from awsbase.sandbox import SERVICES, Sandbox, Service
from awsbase.testing.origin import without_origin
from awsbase.testing.removal import Leaving, can_go, keeps_what_was_there, leaves_nothing, needs_no_more_to_go
from awsbase.testing.sample import Sample, Tampering, go, person, problems, risky, said
from awsbase.testing.subject import Subject
from awsbase.testing.trial import FAULTS, trial

A_DAY_AND_MORE = 25 * 3600  # seconds; what is younger than a day counts as left by an interrupted run


def contract(
    samples: Sequence[Sample], *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES
) -> Callable[..., None]:
    """Return a test of pytest that holds the samples to the contract, a case for each part of it: assign it to a name.

    `kinds` are those of a plug-in; those that come with awsbase are added. `services` are those of the sandbox.
    """
    every = {**KINDS, **kinds}

    @pytest.mark.parametrize("part", list(parts(samples, every, services)))
    def test_contract(part: Callable[[], None]) -> None:
        part()

    return test_contract


def parts(samples: Sequence[Sample], kinds: Kinds, services: Sequence[Service]) -> Iterator[Any]:
    """Yield each part of the contract for each sample, as pytest takes parameters."""
    mine = {type(each): kinds[type(each)] for sample in samples for each in sample.resources}
    examples = [each for sample in samples for each in sample.resources]
    yield pytest.param(partial(lacks_nothing, mine, examples), id="declarations")
    for sample in samples:
        for each in (plans_what_it_does, carries_out_what_is_approved, needs_no_more_than_it_declares):
            name = each.__name__.replace("_", " ")
            yield pytest.param(partial(each, sample, kinds=kinds, services=services), id=f"{sample.name} {name}")
        for name, tampering in sample.tamperings.items():
            repair = partial(repairs_tampering, sample, tampering, kinds=kinds, services=services)
            yield pytest.param(repair, id=f"{sample.name}: {name}")
        for on, faults in FAULTS.items():
            for fault in faults:
                survive = partial(survives, sample, on, fault, kinds=kinds, services=services)
                yield pytest.param(survive, id=f"{sample.name} survives {fault} at each {on}")
        if can_go(sample, kinds):
            yield from parts_of_removal(sample, kinds, services)


def parts_of_removal(sample: Sample, kinds: Kinds, services: Sequence[Service]) -> Iterator[Any]:
    """Yield each part of the contract about taking a sample away."""
    for each in (leaves_nothing, keeps_what_was_there, needs_no_more_to_go):
        name = each.__name__.replace("_", " ")
        yield pytest.param(partial(each, sample, kinds=kinds, services=services), id=f"{sample.name} {name}")
    for on, faults in FAULTS.items():
        for fault in faults:
            survive = partial(goes, sample, on, fault, kinds=kinds, services=services)
            yield pytest.param(survive, id=f"{sample.name} goes despite {fault} at each {on}")


def ready(sample: Sample, services: Sequence[Service] = SERVICES) -> Sandbox:
    """Return the account as it is before the first run."""
    sandbox = Sandbox(pages=2, services=services)
    sample.before(sandbox)
    sandbox.calls.clear()
    return sandbox


def writes(sandbox: Sandbox) -> list[str]:
    """List the writes that were sent, by their names."""
    return [call.name for call in sandbox.calls if call.writes]


def lacks_nothing(kinds: Kinds, examples: Iterable[Any]) -> None:
    """Assert that nothing is missing from the declarations, and that addresses begin with their word."""
    assert check(kinds, examples) == []


def plans_what_it_does(sample: Sample, *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES) -> None:
    """Assert that what is planned is what is done, and that there is nothing to do then."""
    sandbox = ready(sample, services)

    planned = go(sandbox, "plan", sample.resources, kinds=kinds)
    assert problems(planned) == []
    assert writes(sandbox) == []
    assert said(planned)

    done = go(sandbox, "reconcile", sample.resources, kinds=kinds)
    assert problems(done) == []
    assert sorted(said(done)) == sorted(said(planned))
    assert without_origin(done, sandbox.calls) == []

    assert said(go(sandbox, "plan", sample.resources, kinds=kinds)) == []
    sandbox.calls.clear()
    again = go(sandbox, "reconcile", sample.resources, kinds=kinds)
    assert again.totals()["unchanged"] == len(sample.resources)
    assert writes(sandbox) == []


def repairs_tampering(
    sample: Sample, tampering: Tampering, *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES
) -> None:
    """Assert that a plan names exactly what somebody tampered with, and that the next run repairs it."""
    sandbox = ready(sample, services)
    go(sandbox, "reconcile", sample.resources, kinds=kinds)
    undisturbed = sandbox.snapshot()
    sandbox.clock.advance(A_DAY_AND_MORE)
    tampering.spoil(sandbox)
    assert sandbox.snapshot() != undisturbed, "the snapshot does not see this tampering"

    planned = go(sandbox, "plan", sample.resources, kinds=kinds)
    assert sorted(said(planned)) == sorted(tampering.repair)
    assert sorted(risky(planned)) == sorted(tampering.risky)
    repaired = go(sandbox, "reconcile", sample.resources, kinds=kinds)
    assert problems(repaired) == []
    assert sandbox.snapshot() == undisturbed
    assert said(go(sandbox, "plan", sample.resources, kinds=kinds)) == []


def carries_out_what_is_approved(
    sample: Sample, *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES
) -> None:
    """Assert that an approved plan is carried out, and nothing else is."""
    sandbox = ready(sample, services)
    plan = go(sandbox, "plan", sample.resources, kinds=kinds)
    nothing = go(sandbox, "reconcile", sample.resources, approved={}, kinds=kinds)
    assert nothing.totals()["changed"] == 0
    assert writes(sandbox) == []
    done = go(sandbox, "reconcile", sample.resources, approved=approval(plan.changes), kinds=kinds)
    assert problems(done) == []
    assert sorted(said(done)) == sorted(said(plan))


def needs_no_more_than_it_declares(
    sample: Sample, *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES
) -> None:
    """Assert that exactly the policies of `awsbase permissions` are enough to create a sample and to repair it."""
    sandbox = Sandbox(enforce=True, pages=2, services=services)
    sample.before(sandbox)
    worker = person(sandbox, *least(sample.resources, kinds=kinds).documents)
    sandbox.calls.clear()
    for spoil in (None, *(tampering.spoil for tampering in sample.tamperings.values())):
        if spoil:
            spoil(sandbox)
        report = go(sandbox, "reconcile", sample.resources, caller=worker, kinds=kinds)
        assert problems(report) == []
    # A new account lets nobody in at first, whatever they are allowed.
    assert [call.name for call in sandbox.calls if call.error in DENIED and call.operation != "AssumeRole"] == []
    assert said(go(sandbox, "plan", sample.resources, caller=worker, kinds=kinds)) == []


def survives(
    sample: Sample, on: str, fault: str, *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES
) -> None:
    """Assert that a fault at whichever read or write leaves a true report, and work that the next run finishes."""
    subject = Subject(sample.name, sample.resources, sample.before, kinds, services)
    points = range(1, subject.undisturbed.points(on) + 1)
    assert [line for n in points for line in trial(subject, on, n, fault)] == []


def goes(sample: Sample, on: str, fault: str, *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES) -> None:
    """Assert that a fault while a sample is taken away leaves a true report, and that the next run finishes."""
    subject = Leaving(sample.name, sample.resources, sample.before, kinds, services)
    points = range(1, subject.undisturbed.points(on) + 1)
    assert [line for n in points for line in trial(subject, on, n, fault)] == []
