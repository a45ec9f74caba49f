"""Whatever goes wrong at whichever call: the report is true, and the next run finishes the work.

`make test` injects a fault at each write of some kinds, at some of the reads, and at some calls of two manifests: the
seed draws which. `make faults` injects every fault at every call of all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from random import Random

import pytest

from awsbase.testing.subject import Subject
from awsbase.testing.trial import FAULTS, trial
from tests.draws import draws
from tests.faults.results import Sweep
from tests.faults.subject import DESTROYED, KINDS_ALONE, destroyed, manifest

MANIFESTS = ("baseline", "bastion", "cis", "secrets")
Record = Callable[[str, object], None]

everything = pytest.mark.parametrize(("on", "fault"), [(on, each) for on, faults in FAULTS.items() for each in faults])


def in_one_region(subjects: Iterable[Subject]) -> list[Subject]:
    """Return each subject in one of the regions that there are samples for: the same recipe runs in all of them."""
    by_kind: dict[str, list[Subject]] = {}
    for subject in subjects:
        by_kind.setdefault(subject.name.partition(" in us-")[0], []).append(subject)
    return [draws("region", kind).choice(among) for kind, among in by_kind.items()]


@pytest.mark.sampled(7)
@pytest.mark.parametrize("subject", in_one_region(KINDS_ALONE), ids=lambda subject: subject.name)
def test_calls_of_a_kind_survive_a_fault(subject: Subject, draw: Random) -> None:
    assert drawn(subject, draw, reads=3) == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize("subject", in_one_region(DESTROYED), ids=lambda subject: subject.name)
def test_calls_that_take_a_kind_away_survive_a_fault(subject: Subject, draw: Random) -> None:
    assert drawn(subject, draw, reads=3) == []


def drawn(subject: Subject, draw: Random, *, reads: int) -> list[str]:
    """Inject a fault at each write, and at one of so many `reads`; return what is wrong then."""
    wrong = []
    for on, part in (("write", 1), ("read", reads)):
        points = range(1, subject.undisturbed.points(on) + 1)
        for n in draw.sample(points, -(-len(points) // part)):
            wrong += trial(subject, on, n, draw.choice(list(FAULTS[on])))
    return wrong


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", MANIFESTS)
def test_some_calls_of_a_manifest_survive_a_fault(name: str, draw: Random) -> None:
    assert some_calls(manifest(name), draw, "write", "write", "write", "read") == []


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", ["bastion", "secrets"])
def test_some_calls_that_destroy_a_manifest_survive_a_fault(name: str, draw: Random) -> None:
    assert some_calls(destroyed(name), draw, "write") == []


def some_calls(subject: Subject, draw: Random, *drawn: str) -> list[str]:
    """Inject a fault at some reads or writes; return what is wrong then."""
    wrong = []
    for on in drawn:
        n = draw.randint(1, subject.undisturbed.points(on))
        wrong += trial(subject, on, n, draw.choice(list(FAULTS[on])))
    return wrong


@pytest.mark.faults
@pytest.mark.parametrize("subject", [*KINDS_ALONE, *DESTROYED], ids=lambda subject: subject.name)
@everything
def test_every_call_of_a_kind_survives(subject: Subject, on: str, fault: str, record_property: Record) -> None:
    sweep(subject, on, fault, record_property)


@pytest.mark.faults
@pytest.mark.parametrize("name", ["baseline", "bastion", "secrets"])
@everything
def test_every_call_of_a_manifest_survives(name: str, on: str, fault: str, record_property: Record) -> None:
    sweep(manifest(name), on, fault, record_property)


@pytest.mark.faults
@pytest.mark.parametrize("name", ["baseline", "bastion", "secrets"])
@everything
def test_every_call_that_destroys_a_manifest_survives(name: str, on: str, fault: str, record_property: Record) -> None:
    sweep(destroyed(name), on, fault, record_property)


def sweep(subject: Subject, on: str, fault: str, record: Record) -> None:
    """Inject a fault at one call after the other, to the last, and record what was swept."""
    points = range(1, subject.undisturbed.points(on) + 1)
    began = time.process_time()
    wrong = [line for n in points for line in trial(subject, on, n, fault)]
    assert wrong == []
    record("sweep", asdict(Sweep(subject.name, on, fault, len(points), time.process_time() - began)))
