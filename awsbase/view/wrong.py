"""What is wrong in a report: failures with their reasons, and changes that nobody has approved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from awsbase.engine.changes import CLOSED, Failure, Outcome, Report
from awsbase.engine.risk import risky
from awsbase.view.changes import some
from awsbase.view.removal import to_do
from awsbase.view.risks import reasons
from awsbase.view.text import AMBER, RED, TEAL, Line
from awsbase.view.totals import stopped

MOST_FAILURES = 4  # with their reasons
MOST_NAMES = 8


def wrong(report: Report) -> Iterator[Line]:
    """Yield the failures of a report, its risky changes and why it stopped; nothing when all is well."""
    failed_lines = list(failures(report))
    yield from failed_lines
    yield from approvals(report) if failed_lines else islice(approvals(report), 1, None)
    yield from to_do(report)
    yield from stopped(report)


def failures(report: Report) -> Iterator[Line]:
    """Yield each failed resource with its reason, and what has not begun for the same reason; many only by name."""
    yield from (unfinished(outcome) for outcome in report.outcomes if outcome.was_interrupted)
    told = [
        (together, outcome.error)
        for outcome in report.outcomes
        if outcome.error and not outcome.was_interrupted and (together := told_together(outcome, report))[0] is outcome
    ]
    for together, error in told[:MOST_FAILURES]:
        yield from failed(together, error, report, MOST_NAMES)
    for together, error in told[MOST_FAILURES : MOST_FAILURES + MOST_NAMES]:
        yield Line(2, f"{together[0].address}  {error.code}", mark="✗", style="bold", mark_style=f"bold {RED}")
    if (left := len(told) - MOST_FAILURES - MOST_NAMES) > 0:
        yield Line(2, f"and {left} more, which --full shows", style="bold")


def approvals(report: Report) -> Iterator[Line]:
    """Yield the risky changes of a plan, each with its reason."""
    if report.mode == "plan" and (changes := risky(report)):
        yield Line(0, "")
        yield Line(0, "needs your approval", style="bold")
        for reason in reasons(changes):
            yield Line(2, reason, mark="!", mark_style=f"bold {RED}")


def unfinished(outcome: Outcome) -> Line:
    """Return the line of a resource that was interrupted midway."""
    return Line(2, f"{outcome.address}  not finished", mark="…", mark_style=f"bold {AMBER}")


def failed(together: Sequence[Outcome], error: Failure, report: Report, most: int | None = None) -> Iterator[Line]:
    """Yield a failure with its reason, what to do, and what else it concerns: `most` names of that, or all."""
    outcome, *others = together
    tried = f"could not {error.tried}: " if error.tried else ""
    yield Line(2, f"{outcome.address}  {tried}{error.code}", mark="✗", style="bold", mark_style=f"bold {RED}")
    if error.message and error.message != error.code:
        yield Line(4, error.message)
    if error.hint:
        yield Line(4, error.hint, mark="→", mark_style=TEAL)
    if others:
        names = [other.address for other in others]
        yield Line(4, f"failed for this reason, too: {some(names, most or len(names))}", style="dim")
    addresses = {each.address for each in together}
    if waiting := [other.address for other in report.outcomes if other.blocked_by in addresses]:
        yield Line(4, f"not begun for this reason: {some(waiting, most or len(waiting))}", style="dim")


def told_together(outcome: Outcome, report: Report) -> list[Outcome]:
    """Return the failed resources that are told with this one: all that one closed region keeps from beginning."""
    error = outcome.error
    if error is None or error.code != CLOSED or outcome.changes:
        return [outcome]
    alike = [one for one in report.outcomes if one.error and not one.changes]
    return [one for one in alike if one.error and (one.error.code, one.error.hint) == (CLOSED, error.hint)]
