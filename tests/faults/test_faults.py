"""Whatever goes wrong at whichever call: the report is true, and the next run finishes the work.

The suite strikes each write of every kind once, with a fault that the kind's name draws, some of the reads, and some
calls of the manifests; `make torture` strikes every call of all of them with every fault.
"""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.torture.ledger import Ledger, Row
from tests.torture.subject import KINDS_ALONE, Subject, manifest
from tests.torture.trial import DISTURBANCES, trial

MANIFESTS = ("baseline", "bastion", "cis", "secrets")

everything = pytest.mark.parametrize(
    ("on", "disturbance"), [(on, each) for on, disturbances in DISTURBANCES.items() for each in disturbances]
)


@pytest.mark.parametrize("subject", KINDS_ALONE, ids=lambda subject: subject.name)
def test_each_call_of_a_kind_survives_a_fault(subject: Subject) -> None:
    drawn = Random(subject.name)  # noqa: S311, a draw that is the same every time
    wrong = []
    for on, step in (("write", 1), ("read", 3)):
        for n in range(1, subject.undisturbed.points(on) + 1, step):
            wrong += trial(subject, on, n, drawn.choice(list(DISTURBANCES[on])))
    assert wrong == []


@pytest.mark.parametrize("name", MANIFESTS)
def test_some_calls_of_a_manifest_survive_a_fault(name: str) -> None:
    subject, drawn = manifest(name), Random(name)  # noqa: S311, the same
    wrong = []
    for on in ("write", "write", "write", "read"):
        n = drawn.randint(1, subject.undisturbed.points(on))
        wrong += trial(subject, on, n, drawn.choice(list(DISTURBANCES[on])))
    assert wrong == []


@pytest.mark.torture
@pytest.mark.parametrize("subject", KINDS_ALONE, ids=lambda subject: subject.name)
@everything
def test_every_call_of_a_kind_survives(subject: Subject, on: str, disturbance: str, ledger: Ledger) -> None:
    sweep(subject, on, disturbance, ledger)


@pytest.mark.torture
@pytest.mark.parametrize("name", ["baseline", "bastion", "secrets"])
@everything
def test_every_call_of_a_manifest_survives(name: str, on: str, disturbance: str, ledger: Ledger) -> None:
    sweep(manifest(name), on, disturbance, ledger)


def sweep(subject: Subject, on: str, disturbance: str, ledger: Ledger) -> None:
    """Strike one call after the other, to the last, and enter what came of it."""
    if ledger.has(subject.name, on, disturbance):
        pytest.skip("done in an earlier slice")
    points = range(1, subject.undisturbed.points(on) + 1)
    began = time.process_time()
    wrong = [line for n in points for line in trial(subject, on, n, disturbance)]
    assert wrong == []
    ledger.enter(Row(subject.name, on, disturbance, len(points), time.process_time() - began))
