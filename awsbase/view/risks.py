"""The risky changes of a plan, as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from awsbase.engine.changes import RiskKind
from awsbase.engine.risk import RiskyChange
from awsbase.view.regions import merged

WORDS: Mapping[RiskKind, str] = {
    "access": "This widens access",
    "outage": "This keeps somebody from what they do",
    "visibility": "This hides something from people",
    "deletion": "This deletes for good",
}


def reasons(changes: Iterable[RiskyChange]) -> Iterator[str]:
    """Yield a line for each risky change: its resource, what it does, and why it is risky."""
    yield from (f"{address}  {what}: {why}" for address, what, why in told(changes))


def told(changes: Iterable[RiskyChange]) -> Iterator[tuple[str, str, str]]:
    """Yield each risky change as address, what it does, and why it is risky; the same in many regions is one."""
    for address, several in groupby(changes, key=lambda each: each.address):
        for change in merged(replace(each.change, risk=each.risk) for each in several):
            yield address, f"{change.action} {change.what}", change.risk.reason if change.risk else ""


def warning(changes: Sequence[RiskyChange]) -> str:
    """Return what risky changes do, by kind of risk: one as a sentence, several as a list."""
    lines = [line for kind in WORDS for line in _of_kind(kind, [each for each in changes if each.risk.kind == kind])]
    return "\n".join(lines)


def _of_kind(kind: RiskKind, changes: Sequence[RiskyChange]) -> Iterator[str]:
    found = list(told(changes))
    if len(found) == 1:
        ((address, what, why),) = found
        yield f"{address}  {what}:"
        yield f"{WORDS[kind]}: {why.removeprefix('deletes ')}."
    elif found:
        yield f"{WORDS[kind]}:"
        yield from (f"  {address}  {what}: {why}" for address, what, why in found)
