"""How much may fail, and in which order accounts are reconciled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from awsbase.errors import UsageError
from awsbase.fleet.results import Result, Status
from awsbase.fleet.tolerance import exit_code, tolerance, waves
from tests.fleet.organizations import organization


def results(*statuses: Status) -> list[Result]:
    return [Result("run", "reconcile", str(index), "1" * 12, each, 0) for index, each in enumerate(statuses)]


@pytest.mark.parametrize(
    ("allowed", "statuses", "total", "code"),
    [
        ("0", ["done", "unchanged"], 2, 0),
        ("0", ["done", "failed"], 2, 1),
        ("1", ["done", "failed"], 2, 4),
        ("1", ["done", "unreachable", "failed"], 3, 1),
        ("50%", ["done", "unreachable"], 2, 4),
        ("49%", ["done", "unreachable"], 2, 1),
        ("100%", ["done", "refused"], 2, 1),
        ("1", ["done"], 2, 4),
        ("0", ["done"], 2, 1),
        ("0", ["changes"], 1, 0),
    ],
)
def test_the_exit_code_says_how_much_is_done(allowed: str, statuses: Sequence[Status], total: int, code: int) -> None:
    assert exit_code(results(*statuses), total, tolerance(allowed)) == code


def test_changes_that_are_not_applied_are_not_done() -> None:
    assert exit_code(results("done", "changes"), 2, tolerance("0")) == 0
    assert exit_code(results("done", "changes"), 2, tolerance("0"), mode="reconcile") == 1


def test_people_are_asked_for_only_where_all_is_done() -> None:
    assert exit_code(results("done"), 1, tolerance("0"), strict=True, needs_people=True) == 3
    assert exit_code(results("failed"), 1, tolerance("1"), strict=True, needs_people=True) == 4


@pytest.mark.parametrize("text", ["", "x", "101%", "1.5", "-1", "2 %%"])
def test_what_is_no_number_of_accounts_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no number of accounts"):
        tolerance(text)


@pytest.mark.parametrize(
    ("named", "order"),
    [
        ([], ["users prod dev"]),
        (["dev", "prod"], ["dev", "prod", "users"]),
        (["Workloads/Dev/**", "Workloads/**"], ["dev", "prod", "users"]),
        (["Workloads/**", "prod"], ["prod dev", "users"]),
        (["dev", "*"], ["dev", "users prod"]),
    ],
)
def test_waves_take_accounts_and_units_in_their_order(tmp_path: Path, named: list[str], order: list[str]) -> None:
    acme = organization(tmp_path)
    found = waves(acme, list(acme.members.values()), named)
    assert [" ".join(each.name for each in wave) for wave in found] == order


@pytest.mark.parametrize(
    ("name", "hint"),
    [("prdo", "did you mean 'prod'?"), ("Workload/**", "did you mean 'Workloads/Dev/**'?")],
)
def test_a_wave_without_accounts_is_a_mistake(tmp_path: Path, name: str, hint: str) -> None:
    acme = organization(tmp_path)
    with pytest.raises(UsageError, match="covers no account") as refused:
        waves(acme, list(acme.members.values()), [name])
    assert refused.value.hint == hint
