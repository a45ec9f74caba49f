"""Who made what differs, as lines of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awsbase.engine.changes import Author, Change, Report
from awsbase.view.text import AMBER, Line


def authored(author: Author) -> str:
    """Return who made what differs: `changed by arn:… at 2026-06-03 14:02 UTC from 203.0.113.7, event DeleteTrail`."""
    verb = "last written with awsbase" if author.with_awsbase else "changed"
    return f"{verb} by {author.arn} at {author.at:%Y-%m-%d %H:%M} UTC from {author.address}, event {author.event}"


def authors(changes: Iterable[Change]) -> list[str]:
    """Return who made what several changes correct, each once."""
    return list(dict.fromkeys(authored(each.changed_by) for each in changes if each.changed_by))


def not_told(report: Report) -> Iterator[Line]:
    """Yield why nobody is named for some changes, where somebody asked."""
    if report.authors_missing:
        yield Line(0, "")
        yield from (Line(0, reason, style=AMBER) for reason in report.authors_missing)
