"""A sample gets names of its own in an account, and its own words back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from awsbase.samples import SAMPLES
from awsbase.samples.iam import OPS, RUNNER
from awsbase.samples.sample import HOME
from awsbase.selftest.naming import Naming, mark_of, run_of, valid

NAMING = Naming("selftest-0abc1234", "210987654321")


def test_names_of_each_sample_go_and_come_back() -> None:
    for sample in SAMPLES:
        for each in sample.resources:
            assert NAMING.here(NAMING.there(each.address)) == each.address
        for tampering in sample.tamperings.values():
            assert NAMING.here(NAMING.there(tuple(tampering.repair))) == tuple(tampering.repair)


def test_a_sample_is_of_the_account_in_all_that_it_says() -> None:
    there = NAMING.there(RUNNER)
    assert (there.scope.account, there.scope.name) == ("210987654321", "selftest-0abc1234")
    assert there.name == "selftest-0abc1234-x-runner"
    assert "arn:aws:iam::210987654321:policy/selftest-0abc1234-x-deploy" in there.policies
    assert HOME.account not in str(there)
    assert NAMING.there(OPS).policies == OPS.policies


def test_no_two_samples_and_no_two_minutes_share_names() -> None:
    assert len({mark_of(sample) for sample in SAMPLES}) == len(SAMPLES)
    first, second = datetime(2026, 6, 21, 12, 0, tzinfo=UTC), datetime(2026, 6, 21, 12, 1, tzinfo=UTC)
    assert run_of(first) != run_of(second)
    assert len(run_of(first)) == 4


@pytest.mark.parametrize(
    ("prefix", "good"),
    [("selftest", True), ("a-1", True), ("A", False), ("a--b", False), ("1a", False), ("far-too-long-one", False)],
)
def test_a_prefix_is_one_that_all_names_take(prefix: str, good: bool) -> None:
    assert valid(prefix) == good
