"""A report as a tree, by section: each resource with its changes, failures with their reasons, manual actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from awsbase.engine.changes import Change, ManualAction, Outcome, Report, is_whole_resource
from awsbase.engine.risk import risk_of
from awsbase.view.authors import authors, not_told
from awsbase.view.changes import DONE, MARKS, STYLES, difference, overall_action
from awsbase.view.regions import merged
from awsbase.view.statements import is_statement, statement_lines
from awsbase.view.text import AMBER, GREEN, RED, TEAL, Line
from awsbase.view.totals import title, totals
from awsbase.view.wrong import approvals, failed, told_together, unfinished


def tree(
    report: Report, *, name: str = "", sections: Mapping[str, str] | None = None, verbose: bool = False
) -> Iterator[Line]:
    """Yield the lines of a report; `sections` maps addresses to sections of the manifest."""
    of = sections or {}
    yield title(report, name)

    shown = [outcome for outcome in report.outcomes if _shown(outcome, verbose)]
    shown = [outcome for outcome in shown if told_together(outcome, report)[0] is outcome]
    for section, outcomes in groupby(shown, key=lambda outcome: of.get(outcome.address, "")):
        yield Line(0, "")
        if section:
            yield Line(0, section, style="bold")
        for outcome in outcomes:
            yield from resource_lines(outcome, report, verbose)

    yield from approvals(report)

    if report.manual_actions:
        yield Line(0, "")
        yield Line(0, "needs you", style="bold")
        for action in report.manual_actions:
            yield from manual_action(action)

    yield from not_told(report)
    yield Line(0, "")
    yield from totals(report)


def _shown(outcome: Outcome, verbose: bool) -> bool:
    return verbose or outcome.status in ("planned", "changed", "failed") or bool(outcome.changes or outcome.notes)


def resource_lines(outcome: Outcome, report: Report, verbose: bool) -> Iterator[Line]:
    """Yield the lines of one resource."""
    if outcome.status in ("unchanged", "blocked", "skipped"):
        remarks = {"unchanged": "", "blocked": f" not begun: {outcome.blocked_by} failed", "skipped": " not begun"}
        yield Line(2, outcome.address + remarks[outcome.status], mark="·", style="dim")
        yield from _notes(outcome)
        return
    planned = report.mode == "plan"
    action = overall_action(outcome)
    if outcome.was_interrupted:
        yield unfinished(outcome)
    elif outcome.error is not None:
        yield from failed(told_together(outcome, report), outcome.error, report)
    elif planned:
        yield Line(2, outcome.address, mark=MARKS[action], mark_style=STYLES[action])
    else:
        yield Line(2, f"{outcome.address}  {DONE[action]}", mark="✓", mark_style=GREEN)
    for change in outcome.changes if verbose else merged(outcome.changes):
        if verbose or outcome.error or risk_of(change) or not is_whole_resource(outcome.address, change):
            # For a new resource every field differs, so the drift is left out.
            yield from _change(change, planned, verbose, drift=verbose or action != "create")
        else:
            # The line above names the replaced resource, and these say why.
            yield from (Line(6, difference(each), style="dim") for each in change.drift)
            yield from (Line(6, each, style=TEAL) for each in authors([change]))
    yield from _notes(outcome)


def _notes(outcome: Outcome) -> Iterator[Line]:
    for note in outcome.notes:
        yield Line(6, note, style="dim")
    if outcome.price:
        yield Line(6, f"costs {outcome.price}")


def _change(change: Change, planned: bool, verbose: bool, drift: bool) -> Iterator[Line]:
    risk = risk_of(change)
    warning = " (risky)" if risk else ""
    if planned:
        yield Line(6, change.what + warning, mark=MARKS[change.action], mark_style=STYLES[change.action])
    else:
        yield Line(4, f"{DONE[change.action]} {change.what}{warning}")
    indent = 10 if planned else 6
    if drift:
        yield from _drift(change, indent, verbose)
    yield from (Line(indent, each, style=TEAL) for each in authors([change]))


def _drift(change: Change, indent: int, verbose: bool) -> Iterator[Line]:
    risk = risk_of(change)
    yield from (Line(indent, difference(each, verbose), style="dim") for each in change.drift if not is_statement(each))
    statements = [each for each in change.drift if is_statement(each)]
    yield from statement_lines(statements, indent, verbose=verbose)
    if statements and risk:
        yield Line(indent, risk.reason, mark="!", mark_style=f"bold {RED}")


def manual_action(action: ManualAction) -> Iterator[Line]:
    """Yield the lines of what a person has to do."""
    yield Line(2, f"{action.address}  {action.title}", mark="!", mark_style=f"bold {AMBER}")
    for number, step in enumerate(action.steps, 1):
        yield Line(6, step, mark=f"{number}.")
    if action.probe:
        yield Line(6, f"seen as done by: {action.probe}", style="dim")
