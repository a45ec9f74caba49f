"""A run on many accounts from this machine: its waves, and what it asks for."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsbase.engine.changes import Mode
from awsbase.fleet.consent import consent
from awsbase.fleet.item import Item
from awsbase.fleet.local import LocalRun
from awsbase.fleet.records import Header, in_memory
from awsbase.fleet.results import Result, Status
from awsbase.fleet.tolerance import tolerance, waves
from awsbase.organization import Organization
from awsbase.view.fleet import lines
from awsbase.view.text import render
from tests.fleet.organizations import IDS, organization
from tests.fleet.test_grouping import change, resource
from tests.fleet.test_records import Silent


@pytest.fixture
def acme(tmp_path: Path) -> Organization:
    return organization(tmp_path)


def run(acme: Organization, answer: Callable[[Item], Result], mode: Mode = "reconcile") -> LocalRun:
    """Return a run whose items are answered like this."""

    def carry_out(items: Iterable[Item], stop: threading.Event) -> Iterator[Result]:
        yield from map(answer, items)

    record = in_memory(Header("run", mode, "org.yaml", "", tuple(IDS)))
    return LocalRun(acme, record, carry_out, Silent(), threading.Event())


def fails_in(*names: str) -> Callable[[Item], Result]:
    def answer(item: Item) -> Result:
        status: Status = "failed" if item.account in names else "done"
        return Result(item.run, item.mode, item.account, item.id, status, 0)

    return answer


@pytest.mark.parametrize(
    ("named", "allowed", "failing", "stopped", "begun"),
    [
        ([], "0", ["users"], None, ["users", "prod", "dev"]),
        (["dev", "prod"], "0", ["dev"], ["dev"], ["dev"]),
        (["dev", "prod"], "0", ["prod"], ["prod"], ["dev", "prod"]),
        (["dev", "prod"], "0", ["users"], None, ["dev", "prod", "users"]),
        (["dev", "prod"], "1", ["dev"], None, ["dev", "prod", "users"]),
        (["Workloads/**"], "49%", ["dev"], ["prod", "dev"], ["prod", "dev"]),
        (["Workloads/**"], "50%", ["dev"], None, ["prod", "dev", "users"]),
    ],
)
def test_a_run_stops_after_a_wave_of_which_too_many_fail(
    acme: Organization,
    named: Sequence[str],
    allowed: str,
    failing: Sequence[str],
    stopped: Sequence[str] | None,
    begun: Sequence[str],
) -> None:
    this = run(acme, fails_in(*failing))
    wave = this.reconcile(waves(acme, list(acme.members.values()), named), tolerance(allowed), lambda name: False)
    assert (None if wave is None else [each.name for each in wave]) == stopped
    assert list(this.results) == begun


@pytest.mark.parametrize("failing", [[], ["dev"]], ids=["done", "failed"])
def test_the_management_account_goes_first_and_once(acme: Organization, failing: list[str]) -> None:
    dev = acme.members["dev"]
    leading = replace(dev, entry=dev.entry.model_copy(update={"management": True}))
    owner = replace(acme, members={**acme.members, "dev": leading})
    begun: list[str] = []

    def answer(item: Item) -> Result:
        begun.append(item.account)
        return fails_in(*failing)(item)

    this = run(owner, answer)
    this.reconcile(waves(owner, list(owner.members.values()), ["prod"]), tolerance("0"), lambda name: False)
    assert begun == ["dev", "prod", "users"]


RISKY = ("users", "prod")


def planned(item: Item) -> Result:
    """Plan a change in each account, which is risky in two of them."""
    risk = "visibility" if item.account in RISKY else None
    report: Mapping[str, Any] = {"resources": [resource("trail/x", change("logging", True, False, risk))]}
    return Result(item.run, item.mode, item.account, item.id, "changes", 0, {**report, "manual_actions": []})


@pytest.mark.parametrize(
    ("names", "allow_risky", "typed", "agreed", "asked"),
    [
        (["dev"], False, ["y"], True, ["[y/N]"]),
        (["dev"], False, ["n"], False, ["[y/N]"]),
        (["users", "dev"], False, ["acme"], True, ["Type acme to allow it:"]),
        (["users", "dev"], False, ["y"], False, ["Type acme to allow it:"]),
        (["users", "dev"], True, ["y"], True, ["[y/N]"]),
        (["prod", "dev"], True, ["y", "prod"], True, ["[y/N]", "Type prod to allow it:"]),
        (["prod", "dev"], True, ["y", "acme"], False, ["[y/N]", "Type prod to allow it:"]),
        (["users", "prod"], False, ["acme", "prod"], True, ["Type acme to allow it:", "Type prod to allow it:"]),
    ],
)
def test_one_yes_is_enough_but_for_what_is_risky(
    acme: Organization, names: list[str], allow_risky: bool, typed: list[str], agreed: bool, asked: list[str]
) -> None:
    this, questions, answers = run(acme, planned), [], iter(typed)
    this.plan()

    def ask(question: str, *accepted: str) -> bool:
        questions.append(question)
        return next(answers) in (accepted or ("y",))

    assert consent(this, names, ask, allow_risky=allow_risky) == agreed
    assert [question.endswith(f"{words} ") for question, words in zip(questions, asked, strict=True)] == [True] * len(
        asked
    )
    protected = [question for question in questions if "prod (333333333333) is protected" in question]
    assert len(protected) == ("prod" in names)


def test_what_was_planned_and_not_applied_is_not_told_as_done(acme: Organization) -> None:
    def answer(item: Item) -> Result:
        return planned(item) if item.mode == "plan" else fails_in("dev")(item)

    this = run(acme, answer)
    this.plan()
    assert "3 with changes" in text(this, "plan")
    this.reconcile(waves(acme, list(acme.members.values()), ["dev"]), tolerance("0"), lambda name: False)
    assert text(this, "reconcile") == "acme: 3 accounts, 1 failed, 2 not begun\n\n0 calls, no write\n"


def text(this: LocalRun, mode: Mode) -> str:
    """Return what is told of a run."""
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8")
    return render(lines(this.tally("acme", mode), this.groups(mode), IDS), stream)


def test_what_somebody_has_approved_is_what_each_item_must_not_exceed(acme: Organization) -> None:
    this = run(acme, planned)
    this.plan()
    this.keep_approved(["dev"])
    approved = this.item("dev", "reconcile", True).approved
    assert approved
    assert approved["resources"][0]["address"] == "trail/x"
    # A plan does not finish an account of a reconcile.
    assert this.record.left == list(IDS)
    assert this.item("prod", "reconcile").approved is None
    assert this.item("dev", "plan").approved is None
