"""A read that a policy of the organization refuses, once all is there: nothing is planned, and the advice is true.

`make test` refuses some reads of every kind, `make faults` each, and each of the manifests.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from random import Random

import pytest

from awsbase.testing.refused_reads import converged, trial
from awsbase.testing.subject import Subject
from tests.faults.results import Sweep
from tests.faults.subject import KINDS_ALONE, manifest

Record = Callable[[str, object], None]


@pytest.mark.sampled(25)
@pytest.mark.parametrize("subject", KINDS_ALONE, ids=lambda subject: subject.name)
def test_a_refused_read_of_a_kind_is_got_around_or_told_truly(subject: Subject, draw: Random) -> None:
    there = converged(subject)
    assert [line for each in draw.sample(there.reads, min(2, len(there.reads))) for line in trial(there, each)] == []


@pytest.mark.faults
@pytest.mark.parametrize("subject", KINDS_ALONE, ids=lambda subject: subject.name)
def test_each_read_of_a_kind_may_be_refused(subject: Subject, record_property: Record) -> None:
    sweep(subject, record_property)


@pytest.mark.faults
@pytest.mark.parametrize("name", ["baseline", "bastion", "cis", "secrets"])
def test_each_read_of_a_manifest_may_be_refused(name: str, record_property: Record) -> None:
    sweep(manifest(name), record_property)


def sweep(subject: Subject, record: Record) -> None:
    """Refuse one read after the other, and record what was swept."""
    there, began = converged(subject), time.process_time()
    assert [line for each in there.reads for line in trial(there, each)] == []
    record(
        "sweep",
        asdict(
            Sweep(subject.name, "read", "refused by an organization", len(there.reads), time.process_time() - began)
        ),
    )
