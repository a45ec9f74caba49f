"""The contract of taking away what each kind makes; tests/faults is the rest of it."""

from __future__ import annotations

import pytest

from awsbase.ensure import KINDS
from awsbase.samples import SAMPLES
from awsbase.testing.removal import keeps_what_was_there, leaves_nothing, needs_no_more_to_go
from awsbase.testing.sample import Sample

samples = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


@pytest.mark.sampled(6)
@samples
def test_what_was_made_is_taken_away_as_planned_and_nothing_is_left(sample: Sample) -> None:
    leaves_nothing(sample)


@pytest.mark.sampled(4)
@samples
def test_what_was_there_before_stays(sample: Sample) -> None:
    keeps_what_was_there(sample)


@pytest.mark.sampled(4)
@samples
def test_the_permissions_to_destroy_are_enough(sample: Sample) -> None:
    needs_no_more_to_go(sample)


def test_each_kind_says_how_one_is_taken_away() -> None:
    assert [kind.word for kind in KINDS.values() if kind.absent is None] == []
    unsaid = [each for each in KINDS.values() if each.absent and not (each.absent.remove or each.absent.why)]
    assert [kind.word for kind in unsaid] == []
