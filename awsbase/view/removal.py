"""What a removal leaves, and what is left to do of it."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Outcome, Report
from awsbase.engine.removal import KEPT, USED
from awsbase.view.changes import some
from awsbase.view.text import AMBER, Line

MOST_NAMES = 4
MOST_REASONS = 20


def left(report: Report) -> Iterator[Line]:
    """Yield what a removal leaves, by the reason why; nothing for a reconcile."""
    of: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        if outcome.stays and outcome.error is None:
            of.setdefault(why(outcome), []).append(outcome.address)
    if of:
        yield from (Line(0, ""), Line(0, "left", style="bold"))
    for reason, addresses in list(of.items())[:MOST_REASONS]:
        yield Line(2, f"{some(addresses, MOST_NAMES)}  {reason}", mark="·")
    if more := sum(map(len, list(of.values())[MOST_REASONS:])):
        yield Line(2, f"and {more} more", style="dim")


def why(outcome: Outcome) -> str:
    """Say why something is left; of what is used by others in the same words, so that they are one line."""
    notes = [note.removeprefix(f"{KEPT}: ") for note in outcome.notes]
    return "; ".join("what stays uses it" if note.startswith(USED) else note for note in notes)


def to_do(report: Report) -> Iterator[Line]:
    """Yield what a removal that was interrupted has not come to; nothing for a plan, and for a reconcile."""
    if report.goal == "reconcile" or report.mode == "plan" or not report.interrupted:
        return
    waiting = [each.address for each in report.outcomes if each.status == "skipped"]
    if waiting:
        yield from (Line(0, ""), Line(0, "still there", style="bold"))
        yield from (Line(2, address, mark="…", mark_style=f"bold {AMBER}") for address in waiting)
