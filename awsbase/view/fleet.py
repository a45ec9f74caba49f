"""What became of many accounts as text: the same change once, with the accounts that have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from awsbase.engine.changes import ManualAction, Mode, Outcome, Report
from awsbase.engine.risk import risky
from awsbase.records import record
from awsbase.view.changes import by_action, overall_action, some
from awsbase.view.plurals import counted
from awsbase.view.risks import reasons
from awsbase.view.summary import FEW, counts, things
from awsbase.view.text import AMBER, RED, TEAL, Line
from awsbase.view.tree import manual_action, resource_lines
from awsbase.view.wrong import failed

MOST_ACCOUNTS = 6


@record
class Group:
    """What became of one resource in several accounts, where it became the same."""

    outcome: Outcome
    accounts: tuple[str, ...]


@record
class Wrong:
    """What is wrong with several accounts as a whole, such as that they are not reached."""

    message: str
    hint: str | None
    accounts: tuple[str, ...]


@record
class Groups:
    """What became of many accounts, each thing once."""

    outcomes: tuple[Group, ...] = ()
    actions: tuple[tuple[ManualAction, tuple[str, ...]], ...] = ()
    wrong: tuple[Wrong, ...] = ()


@record
class Tally:
    """How many accounts there are, how many ended how, and with how many calls and writes."""

    name: str
    mode: Mode
    total: int
    ended: Mapping[str, int]
    calls: int = 0
    writes: int = 0
    interrupted: bool = False

    @property
    def left(self) -> int:
        """Return how many accounts have not been begun."""
        return self.total - sum(self.ended.values())


WORDS = {
    "unchanged": "with nothing to do",
    "changes": "with changes",
    "done": "done",
    "failed": "failed",
    "refused": "refused",
    "unreachable": "not reachable",
}


def lines(
    tally: Tally,
    groups: Groups,
    ids: Mapping[str, str],
    *,
    full: bool = False,
    verbose: bool = False,
    quiet: bool = False,
) -> Iterator[Line]:
    """Yield what became of the accounts; `ids` are those of all, by name. With `quiet`, only what is wrong."""
    if not quiet:
        yield Line(0, headline(tally), style="bold")
        for accounts, outcomes in alike(groups.outcomes, changed):
            yield from (Line(0, ""), Line(0, where(accounts, ids), style="bold"))
            yield from changes(outcomes, tally.mode, full=full, verbose=verbose)
    yield from wrong(groups, ids, tally.mode)
    yield from approvals(groups, ids, tally.mode)
    if groups.actions and not quiet:
        yield from (Line(0, ""), Line(0, "needs you", style="bold"))
        for action, accounts in groups.actions:
            yield from needed(action, accounts, ids, full=full)
    if not quiet:
        yield Line(0, "")
        yield from totals(tally, groups)


def headline(tally: Tally) -> str:
    """Return the first line: how many accounts ended how."""
    ended = [f"{number} {WORDS[status]}" for status, number in tally.ended.items() if number]
    ended += [f"{tally.left} not begun"] if tally.left else []
    return f"{tally.name}: {counted(tally.total, 'account')}" + (f", {', '.join(ended)}" if ended else "")


def changed(outcome: Outcome) -> bool:
    """Tell whether a resource was changed, or would be."""
    return outcome.status in ("planned", "changed")


def alike(groups: Iterable[Group], which: Callable[[Outcome], bool]) -> Iterator[tuple[tuple[str, ...], list[Outcome]]]:
    """Yield what is the same in the same accounts, together."""
    together: dict[tuple[str, ...], list[Outcome]] = {}
    for group in groups:
        if which(group.outcome):
            together.setdefault(group.accounts, []).append(group.outcome)
    yield from together.items()


def where(accounts: Sequence[str], ids: Mapping[str, str]) -> str:
    """Return in which accounts something is so."""
    if len(accounts) == 1:
        return f"only in {accounts[0]} ({ids[accounts[0]]})"
    whole = "all " if len(accounts) == len(ids) else ""
    return f"the same in {whole}{len(accounts)} accounts: {some(accounts, MOST_ACCOUNTS)}"


def changes(outcomes: Sequence[Outcome], mode: Mode, *, full: bool, verbose: bool) -> Iterator[Line]:
    """Yield what changes in some accounts: each thing, or the new ones by kind where they are many."""
    planned = mode == "plan"
    if full:
        report = Report(mode, "", "", "", "", tuple(outcomes), (), 0, 0, 0.0)
        for outcome in outcomes:
            yield from resource_lines(outcome, report, verbose)
        return
    few = sum(overall_action(outcome) == "create" for outcome in outcomes) <= FEW
    if not few:
        yield Line(2, counts(outcomes, planned, few))
    yield from things([each for each in outcomes if few or overall_action(each) != "create"], planned, few)


def wrong(groups: Groups, ids: Mapping[str, str], mode: Mode) -> Iterator[Line]:
    """Yield what is wrong: with whole accounts first, then with single resources."""
    outcomes = list(alike(groups.outcomes, lambda outcome: outcome.error is not None))
    if groups.wrong or outcomes:
        yield from (Line(0, ""), Line(0, "failed", style="bold"))
    for each in groups.wrong:
        yield Line(2, where(each.accounts, ids), mark="✗", style="bold", mark_style=f"bold {RED}")
        yield Line(4, each.message)
        yield from [Line(4, each.hint, mark="→", mark_style=TEAL)] if each.hint else []
    blocked = dict(alike(groups.outcomes, lambda outcome: outcome.blocked_by is not None))
    for accounts, several in outcomes:
        waiting = blocked.get(accounts, [])
        report = Report(mode, "", "", "", "", (*several, *waiting), (), 0, 0, 0.0)
        yield Line(2, where(accounts, ids), style="bold")
        for outcome in several:
            if outcome.error:
                yield from (replace(line, indent=line.indent + 2) for line in failed([outcome], outcome.error, report))


def approvals(groups: Groups, ids: Mapping[str, str], mode: Mode) -> Iterator[Line]:
    """Yield the risky changes of plans, each with its reason."""
    if mode != "plan":
        return
    told = False
    for accounts, outcomes in alike(groups.outcomes, changed):
        report = Report(mode, "", "", "", "", tuple(outcomes), (), 0, 0, 0.0)
        if found := risky(report):
            yield from [] if told else (Line(0, ""), Line(0, "needs your approval", style="bold"))
            told = True
            yield Line(2, where(accounts, ids), style="bold")
            yield from (Line(4, reason, mark="!", mark_style=f"bold {RED}") for reason in reasons(found))


def needed(
    action: ManualAction, accounts: Sequence[str], ids: Mapping[str, str], *, full: bool = False
) -> Iterator[Line]:
    """Yield what people have to do, and in which accounts."""
    if full:
        yield from manual_action(action)
        yield Line(6, where(accounts, ids), style="dim")
        return
    yield Line(2, f"{action.address}  {action.title}", mark="!", mark_style=f"bold {AMBER}")
    yield Line(4, where(accounts, ids), style="dim")


def totals(tally: Tally, groups: Groups) -> Iterator[Line]:
    """Yield the totals: changes, calls, and what was not begun."""
    planned = tally.mode == "plan"
    actions = [
        change.action
        for group in groups.outcomes
        for change in group.outcome.changes
        for _ in group.accounts
        if changed(group.outcome)
    ]
    if actions:
        yield Line(0, f"changes: {by_action(actions, planned)}", style="bold")
    writes = counted(tally.writes, "write") if tally.writes else "no write"
    yield Line(0, f"{counted(tally.calls, 'call')}, {writes}", style="dim")
    if tally.interrupted:
        yield Line(0, "interrupted; what was begun is finished", style="bold")
