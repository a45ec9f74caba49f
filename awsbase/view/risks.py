"""The risky changes of a plan, as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from awsbase.engine.risk import RiskyChange
from awsbase.view.regions import merged


def reasons(changes: Iterable[RiskyChange]) -> Iterator[str]:
    """Yield a line for each risky change: its resource, what it does, and why it is risky."""
    for address, several in groupby(changes, key=lambda each: each.address):
        for change in merged(replace(each.change, risk=each.risk) for each in several):
            yield f"{address}  {change.action} {change.what}: {change.risk.reason if change.risk else ''}"
