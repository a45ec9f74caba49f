"""What the alarms section says of one sort of alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field

from awsbase.engine.scope import Scope
from awsbase.records import record


@record
class Part:
    """One key of the section: its value, what it speaks on where, and why it does not say what it leaves out.

    Without a value nothing is written.
    """

    value: Mapping[str, object] | None = None
    speaks: frozenset[tuple[str, Scope]] = frozenset()
    unsaid: Mapping[str, str] = field(default_factory=dict)


def most(channels: Iterable[str]) -> str:
    """Return the channel that most speak on; the first by name among equals, and empty without any."""
    count = Counter(each for each in channels if each)
    return min(count, key=lambda each: (-count[each], each), default="")


def plain(amount: float) -> float | int:
    """Return an amount as people write it: 50 rather than 50.0."""
    return int(amount) if amount == int(amount) else amount
