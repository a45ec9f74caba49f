"""The first and the last lines of a report: the account, then how many resources, changes and calls."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Report
from awsbase.view.changes import by_action, overall_action
from awsbase.view.plurals import counted
from awsbase.view.text import RED, Line


def title(report: Report, name: str) -> Line:
    """Return the first line of a report: its account and region."""
    return Line(0, f"account {report.account}" + (f" ({name})" if name else "") + f", {report.region}", style="bold")


def totals(report: Report) -> Iterator[Line]:
    """Yield the totals: resources, changes, calls and seconds."""
    counts, planned = report.totals(), report.mode == "plan"
    interrupted = sum(outcome.was_interrupted for outcome in report.outcomes)
    changed = [overall_action(each) for each in report.outcomes if each.status in ("planned", "changed")]
    parts = [by_action(changed, planned)] if changed else []
    for count, words in (
        (counts["failed"] - interrupted, "failed"),
        (interrupted, "not finished"),
        (counts["blocked"], "blocked"),
        (counts["skipped"], "not begun"),
    ):
        if count:
            parts.append(f"{count} {words}")
    if report.goal == "reconcile":
        parts.append(f"{counts['unchanged']} unchanged")
    else:
        stay = sum(outcome.stays for outcome in report.outcomes)
        parts += [f"{stay} left", f"{counts['unchanged'] - stay} not there"]
    wrong = any(outcome.status in ("failed", "blocked") and not outcome.was_interrupted for outcome in report.outcomes)
    yield Line(0, f"resources: {', '.join(parts)}", style=f"bold {RED}" if wrong else "bold")
    if report.changes:
        yield Line(0, f"changes: {by_action([change.action for _, change in report.changes], planned)}", style="bold")
    yield Line(0, calls(report), style="dim")
    yield from stopped(report)


def stopped(report: Report) -> Iterator[Line]:
    """Yield why a run did less than it could: a quota of AWS, or an interruption."""
    if report.exceeds_quota:
        yield Line(0, "a quota of AWS is exceeded: reconcile changes nothing until all of it fits", style=f"bold {RED}")
    if report.interrupted:
        left = (
            "nothing was changed"
            if report.mode == "plan" or not report.changes
            else "run again: the next run finishes the work"
        )
        yield Line(0, f"interrupted; {left}", style="bold")


def calls(report: Report) -> str:
    """Return the number of calls, and the seconds of a reconcile: `34 calls, 8 writes, 1.2 s`.

    Two plans of the same account are equal to the byte, so a plan has no seconds.
    """
    total = report.reads + report.writes
    writes = counted(report.writes, "write") if report.writes else "no write"
    seconds = "" if report.mode == "plan" else f", {report.seconds:.1f} s"
    return f"{counted(total, 'call')}, {writes}{seconds}"
