"""A report as text, by section: changes, failures with their reasons, and manual actions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from awsbase.engine.changes import (
    CLOSED,
    Action,
    Change,
    Drift,
    Failure,
    ManualAction,
    Outcome,
    Report,
    is_whole_resource,
)
from awsbase.engine.risk import risk_of, risky
from awsbase.view.document import json_value
from awsbase.view.regions import merged
from awsbase.view.risks import reasons
from awsbase.view.text import Line

MARKS: dict[Action, str] = {"create": "+", "update": "~", "delete": "-", "replace": "±"}
STYLES: dict[Action, str] = {"create": "green", "update": "yellow", "delete": "red", "replace": "magenta"}
DONE: dict[Action, str] = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced"}
LONG = 60


def tree(
    report: Report, *, name: str = "", sections: Mapping[str, str] | None = None, verbose: bool = False
) -> Iterator[Line]:
    """Yield the lines of a report; `sections` maps addresses to sections of the manifest."""
    of = sections or {}
    title = f"account {report.account}" + (f" ({name})" if name else "") + f", {report.region}"
    yield Line(0, title, style="bold")

    shown = [outcome for outcome in report.outcomes if _shown(outcome, verbose)]
    shown = [outcome for outcome in shown if told_together(outcome, report)[0] is outcome]
    for section, outcomes in groupby(shown, key=lambda outcome: of.get(outcome.address, "")):
        yield Line(0, "")
        if section:
            yield Line(0, section, style="bold")
        for outcome in outcomes:
            yield from _resource(outcome, report, verbose)

    if report.mode == "plan" and (changes := risky(report)):
        yield Line(0, "")
        yield Line(0, "needs your approval", style="bold")
        for reason in reasons(changes):
            yield Line(2, reason, mark="!", mark_style="bold red")

    if report.manual_actions:
        yield Line(0, "")
        yield Line(0, "needs you", style="bold")
        for action in report.manual_actions:
            yield from _manual_action(action)

    yield Line(0, "")
    yield from totals(report)


def _shown(outcome: Outcome, verbose: bool) -> bool:
    return verbose or outcome.status in ("planned", "changed", "failed") or bool(outcome.changes or outcome.notes)


def _resource(outcome: Outcome, report: Report, verbose: bool) -> Iterator[Line]:
    if outcome.status in ("unchanged", "blocked", "skipped"):
        remarks = {"unchanged": "", "blocked": f" not begun: {outcome.blocked_by} failed", "skipped": " not begun"}
        yield Line(2, outcome.address + remarks[outcome.status], mark="·", style="dim")
        yield from _notes(outcome)
        return
    planned = report.mode == "plan"
    action = overall_action(outcome)
    if outcome.was_interrupted:
        yield Line(2, f"{outcome.address}  not finished", mark="…", mark_style="bold yellow")
    elif outcome.error is not None:
        yield from _failed(told_together(outcome, report), outcome.error, report)
    elif planned:
        yield Line(2, outcome.address, mark=MARKS[action], mark_style=STYLES[action])
    else:
        yield Line(2, f"{outcome.address}  {DONE[action]}", mark="✓", mark_style="green")
    for change in outcome.changes if verbose else merged(outcome.changes):
        if verbose or outcome.error or risk_of(change) or not is_whole_resource(outcome.address, change):
            # For a new resource every field differs, so the drift is left out.
            yield from _change(change, planned, verbose, drift=verbose or action != "create")
        else:
            # The line above names the replaced resource, and these say why.
            yield from (Line(6, difference(each), style="dim") for each in change.drift)
    yield from _notes(outcome)


def _notes(outcome: Outcome) -> Iterator[Line]:
    for note in outcome.notes:
        yield Line(6, note, style="dim")
    if outcome.price:
        yield Line(6, f"costs {outcome.price}", style="yellow")


def overall_action(outcome: Outcome) -> Action:
    """Return the action on a resource as a whole, derived from its changes."""
    return next((change.action for change in outcome.changes if is_whole_resource(outcome.address, change)), "update")


def _change(change: Change, planned: bool, verbose: bool, drift: bool) -> Iterator[Line]:
    warning = " (risky)" if risk_of(change) else ""
    if planned:
        yield Line(6, change.what + warning, mark=MARKS[change.action], mark_style=STYLES[change.action])
    else:
        yield Line(4, f"{DONE[change.action]} {change.what}{warning}")
    for each in change.drift if drift else ():
        yield Line(10 if planned else 6, difference(each, verbose), style="dim")


def difference(drift: Drift, verbose: bool = False) -> str:
    """Return one drift as `field: have → want`, with long documents shortened unless `verbose`."""
    have, want = (as_line(value, None if verbose else LONG) for value in (drift.have, drift.want))
    return f"{drift.field}: {have} → {want}"


def as_line(value: object, longest: int | None = LONG) -> str:
    """Return a value as one line: `nothing` for None, compact JSON for a document."""
    if value is None:
        return "nothing"
    value = json_value(value)
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    if longest is None or len(text) <= longest:
        return text
    return f"{text[: longest * 2 // 3]}…{text[-longest // 4 :]}"


def told_together(outcome: Outcome, report: Report) -> list[Outcome]:
    """Return the failed resources that are told with this one: all that one closed region keeps from beginning."""
    error = outcome.error
    if error is None or error.code != CLOSED or outcome.changes:
        return [outcome]
    failed = [one for one in report.outcomes if one.error and not one.changes]
    return [one for one in failed if one.error and (one.error.code, one.error.hint) == (CLOSED, error.hint)]


def _failed(together: Sequence[Outcome], error: Failure, report: Report) -> Iterator[Line]:
    outcome, *others = together
    tried = f"could not {error.tried}: " if error.tried else ""
    yield Line(2, f"{outcome.address}  {tried}{error.code}", mark="✗", style="bold", mark_style="bold red")
    if error.message and error.message != error.code:
        yield Line(4, error.message)
    if error.hint:
        yield Line(4, error.hint, mark="→", mark_style="cyan")
    if others:
        yield Line(4, f"failed for this reason, too: {', '.join(other.address for other in others)}", style="dim")
    failed = {each.address for each in together}
    waiting = [other.address for other in report.outcomes if other.blocked_by in failed]
    if waiting:
        yield Line(4, f"not begun for this reason: {', '.join(waiting)}", style="dim")


def _manual_action(action: ManualAction) -> Iterator[Line]:
    yield Line(2, f"{action.address}  {action.title}", mark="!", mark_style="bold yellow")
    for number, step in enumerate(action.steps, 1):
        yield Line(6, step, mark=f"{number}.")
    if action.probe:
        yield Line(6, f"seen as done by: {action.probe}", style="dim")


def totals(report: Report) -> Iterator[Line]:
    """Yield the totals: resources, changes, calls and seconds."""
    counts = report.totals()
    changes = [change for _, change in report.changes]
    parts = []
    if counts["planned"] or counts["changed"]:
        verb = "to change" if report.mode == "plan" else "changed"
        parts.append(f"{counts['planned'] + counts['changed']} {verb} ({by_action(changes, report.mode == 'plan')})")
    interrupted = sum(outcome.was_interrupted for outcome in report.outcomes)
    for count, words in (
        (counts["failed"] - interrupted, "failed"),
        (interrupted, "not finished"),
        (counts["blocked"], "blocked"),
        (counts["skipped"], "not begun"),
    ):
        if count:
            parts.append(f"{count} {words}")
    parts.append(f"{counts['unchanged']} unchanged")
    if report.manual_actions:
        parts.append(f"{len(report.manual_actions)} {'needs' if len(report.manual_actions) == 1 else 'need'} you")
    wrong = any(outcome.status in ("failed", "blocked") and not outcome.was_interrupted for outcome in report.outcomes)
    style = "bold red" if wrong else "bold yellow" if report.interrupted else "bold"
    yield Line(0, ", ".join(parts), style=style)
    yield Line(0, calls(report), style="dim")
    if report.exceeds_quota:
        yield Line(0, "a quota of AWS is exceeded: reconcile changes nothing until all of it fits", style="bold red")
    if report.interrupted:
        left = "nothing was changed" if report.mode == "plan" else "run again: the next run finishes the work"
        yield Line(0, f"interrupted; {left}", style="bold yellow")


def by_action(changes: Sequence[Change], planned: bool) -> str:
    """Return the number of changes by action: `2 to create, 1 to delete`, or `2 created, 1 deleted`."""
    counts = {action: sum(change.action == action for change in changes) for action in MARKS}
    return ", ".join(
        f"{count} to {action}" if planned else f"{count} {DONE[action]}" for action, count in counts.items() if count
    )


def calls(report: Report) -> str:
    """Return the number of calls, and the seconds of a reconcile: `34 calls, 8 writes, 1.2 s`.

    Two plans of the same account are equal to the byte, so a plan has no seconds.
    """
    total = report.reads + report.writes
    writes = "no write" if not report.writes else "1 write" if report.writes == 1 else f"{report.writes} writes"
    seconds = "" if report.mode == "plan" else f", {report.seconds:.1f} s"
    return f"{total} call{'' if total == 1 else 's'}, {writes}{seconds}"
