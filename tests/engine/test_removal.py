"""How things are taken away: order, what stays, blocking, interruption and lost replies, with a toy kind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import pytest

from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts
from awsbase.engine.kind import Absent, Kind, Kinds, Turn
from awsbase.engine.removal import TURNS, Removal
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run, approval
from awsbase.records import record
from awsbase.sandbox import Fault, Sandbox
from awsbase.sandbox.faults import Kind as FaultKind
from awsbase.testing.sample import HOME, account


@record(kw_only=True)
class Toy(Resource):
    """A user that exists, and uses others or merely names them."""

    name: str
    after: tuple[str, ...] = ()
    naming: tuple[str, ...] = ()
    do: Callable[[Run], object] = lambda run: None

    @property
    def address(self) -> str:
        return f"toy/{self.name}"

    def needs(self) -> Iterable[str]:
        return (*self.after, *self.naming)

    def mentions(self) -> Iterable[str]:
        return self.naming


class First(Toy):
    """One that raises an alarm."""


class Last(Toy):
    """One that records what is done."""


class AfterAll(Toy):
    """One that holds the record."""


class Held(Toy):
    """One that is never reverted."""


class Unsaid(Toy):
    """One of which nothing says how it is taken away."""


def users(facts: Facts) -> set[str]:
    return {user["UserName"] for page in facts.aws.iam.get_paginator("list_users").paginate() for user in page["Users"]}


def ensure(run: Run, want: Toy) -> None:
    if want.name not in run.read(users):
        run.create("user", run.aws.iam.create_user, UserName=want.name)


def remove(run: Run, want: Toy) -> None:
    there = want.name in run.read(users)
    want.do(run)
    if there:
        run.delete("toy", run.aws.iam.delete_user, UserName=want.name)


def kind(turn: Turn) -> Kind:
    return Kind(ensure, absent=Absent(remove, turn=turn))


KINDS: Kinds = {
    Toy: kind("middle"),
    First: kind("first"),
    Last: kind("last"),
    AfterAll: kind("after all"),
    Held: Kind(ensure, absent=Absent(why="who leaves does not ask for less")),
    Unsaid: Kind(ensure),
}


def toy(name: str, *after: str, of: type[Toy] = Toy, **fields: Any) -> Toy:
    return of(scope=HOME, name=name, after=tuple(f"toy/{each}" for each in after), **fields)


def ready(toys: Sequence[Toy]) -> Sandbox:
    sandbox = Sandbox()
    for each in toys:
        sandbox.client("iam").create_user(UserName=each.name)
    sandbox.calls.clear()
    return sandbox


def go(
    sandbox: Sandbox,
    toys: Sequence[Toy],
    mode: Mode = "reconcile",
    *,
    stays: Mapping[str, str] | None = None,
    goal: Literal["destroy", "prune"] = "destroy",
    attempts: int = 1,
    **options: Any,
) -> Report:
    removal = Removal(goal, stays or {})
    reached = account(sandbox, None, attempts)
    return execute(mode, toys, KINDS, reached, clock=sandbox.clock, removal=removal, **options)


def deleted(sandbox: Sandbox) -> list[str]:
    return [call.params["UserName"] for call in sandbox.calls if call.writes and not call.error]


def statuses(report: Report) -> dict[str, str]:
    return {outcome.address.removeprefix("toy/"): outcome.status for outcome in report.outcomes}


def notes(report: Report) -> dict[str, tuple[str, ...]]:
    return {each.address.removeprefix("toy/"): each.notes for each in report.outcomes if each.notes}


def test_what_depends_on_something_goes_before_it() -> None:
    toys = [toy("key"), toy("bucket", "key"), toy("trail", "bucket", "key")]
    sandbox = ready(toys)
    report = go(sandbox, toys)
    assert deleted(sandbox) == ["trail", "bucket", "key"]
    assert (report.goal, report.mode) == ("destroy", "reconcile")
    assert [outcome.address for outcome in report.outcomes] == ["toy/key", "toy/bucket", "toy/trail"]


def test_turns_hold_between_what_does_not_depend_on_each_other() -> None:
    toys = [
        toy("key", of=AfterAll),
        toy("trail", "key", of=Last),
        toy("role"),
        toy("alarm", of=First),
        toy("topic"),
    ]
    sandbox = ready(toys)
    go(sandbox, toys)
    assert (deleted(sandbox)[0], deleted(sandbox)[-2:]) == ("alarm", ["trail", "key"])


def test_what_is_needed_never_goes_in_an_earlier_turn_than_what_needs_it() -> None:
    """A cycle would need a turn in which something goes before what depends on it."""
    toys = [toy("rule", of=First), toy("trail", "rule", of=Last), toy("key", "trail", of=AfterAll), toy("role", "key")]
    sandbox = ready(toys)
    assert statuses(go(sandbox, toys)) == dict.fromkeys(("rule", "trail", "key", "role"), "changed")
    assert deleted(sandbox) == ["role", "key", "trail", "rule"]


def test_a_plan_lists_what_is_done_and_writes_nothing() -> None:
    toys = [toy("a"), toy("b", "a")]
    sandbox = ready(toys)
    plan = go(sandbox, toys, "plan")
    assert statuses(plan) == {"a": "planned", "b": "planned"}
    assert deleted(sandbox) == []
    done = go(sandbox, toys, approved=approval(plan.changes))
    assert [change for _, change in done.changes] == [change for _, change in plan.changes]
    assert statuses(go(sandbox, toys)) == {"a": "unchanged", "b": "unchanged"}


def test_a_failure_blocks_what_it_depends_on_and_the_record_but_nothing_else() -> None:
    toys = [
        toy("key", of=AfterAll),
        toy("trail", of=Last),
        toy("topic"),
        toy("alarm", "topic", of=First),
        toy("role"),
    ]
    sandbox = ready(toys)
    sandbox.client("iam").create_access_key(UserName="alarm")  # DeleteConflict
    sandbox.calls.clear()
    report = go(sandbox, toys)
    assert statuses(report) == {
        "key": "changed",
        "trail": "blocked",
        "topic": "blocked",
        "alarm": "failed",
        "role": "changed",
    }
    assert {each.blocked_by for each in report.outcomes if each.blocked_by} == {"toy/alarm"}


def test_a_kind_without_a_recipe_makes_no_call_and_says_why() -> None:
    toys = [toy("policy", of=Held), toy("thing", of=Unsaid)]
    sandbox = ready(toys)
    report = go(sandbox, toys)
    assert statuses(report) == {"policy": "unchanged", "thing": "unchanged"}
    assert notes(report) == {
        "policy": ("who leaves does not ask for less",),
        "thing": ("nothing says how one is taken away",),
    }
    assert [each.stays for each in report.outcomes] == [True, True]
    assert {call.name for call in sandbox.calls} <= {"sts:GetCallerIdentity"}


def test_what_stays_keeps_what_it_uses_and_not_what_it_merely_names() -> None:
    toys = [toy("key"), toy("role"), toy("bucket", "key", naming=("toy/role",)), toy("other", "key")]
    sandbox = ready(toys)
    report = go(sandbox, toys, stays={"toy/bucket": "it holds the record"})
    assert deleted(sandbox) == ["other", "role"] or deleted(sandbox) == ["role", "other"]
    assert notes(report) == {
        "bucket": ("kept: it holds the record",),
        "key": ("kept: it is used by toy/bucket, which stays",),
    }


def test_what_stays_and_is_not_there_keeps_nothing() -> None:
    toys = [toy("key"), toy("bucket", "key")]
    sandbox = ready(toys[:1])
    report = go(sandbox, toys, stays={"toy/bucket": "it holds the record"})
    assert deleted(sandbox) == ["key"]
    assert notes(report) == {}


def test_what_a_recipe_keeps_keeps_what_it_uses() -> None:
    toys = [toy("key"), toy("bucket", "key", do=lambda run: run.note("kept: it has objects"))]
    sandbox = ready(toys[:1])
    assert notes(go(sandbox, toys)) == {
        "bucket": ("kept: it has objects",),
        "key": ("kept: it is used by toy/bucket, which stays",),
    }


def test_a_recipe_finds_out_which_dependents_this_run_has_taken_away() -> None:
    seen: dict[str, bool] = {}

    def look(run: Run) -> None:
        seen.update({name: run.is_gone(f"toy/{name}") for name in ("bucket", "stranger", "kept")})

    toys = [
        toy("key", do=look),
        toy("bucket", "key"),
        toy("stranger"),
        toy("kept", naming=("toy/key",)),
    ]
    modes: tuple[Mode, ...] = ("plan", "reconcile")
    for mode in modes:
        go(ready(toys), toys, mode, stays={"toy/kept": "it is named"})
        assert seen == {"bucket": True, "stranger": False, "kept": False}


def test_interrupted_it_begins_nothing_more_and_is_finished_by_the_next_run() -> None:
    stop = threading.Event()
    toys = [toy("key"), toy("bucket", "key", do=lambda run: stop.set())]
    sandbox = ready(toys)
    report = go(sandbox, toys, stop=stop)
    assert report.interrupted
    assert statuses(report) == {"key": "skipped", "bucket": "skipped"}
    assert statuses(go(sandbox, [toy("key"), toy("bucket", "key")])) == {"key": "changed", "bucket": "changed"}


@pytest.mark.parametrize("fault", ["reset after", "reset before"])
def test_a_call_that_is_sent_again_deletes_once_and_is_reported_once(fault: FaultKind) -> None:
    sandbox = ready([toy("a")])
    sandbox.faults.add(Fault(fault, on="iam:DeleteUser"))
    report = go(sandbox, [toy("a")], attempts=2)
    assert statuses(report) == {"a": "changed"}
    assert [change.what for _, change in report.changes] == ["toy"]
    assert deleted(sandbox) == ["a"]


def test_what_somebody_else_has_taken_away_meanwhile_is_gone_and_not_reported() -> None:
    def meanwhile(run: Run) -> None:
        if sandbox.client("iam").list_users()["Users"]:
            sandbox.client("iam").delete_user(UserName="a")

    sandbox = ready([toy("a")])
    report = go(sandbox, [toy("a", do=meanwhile)])
    assert statuses(report) == {"a": "unchanged"}
    assert report.changes == []


def test_before_each_write_it_may_be_stopped() -> None:
    def lost() -> None:
        raise RuntimeError("the lock is lost")

    sandbox = ready([toy("a")])
    assert statuses(go(sandbox, [toy("a")], before_write=lost)) == {"a": "failed"}
    assert deleted(sandbox) == []


def test_each_turn_of_a_declaration_is_one() -> None:
    assert TURNS == ("first", "middle", "last", "after all")
