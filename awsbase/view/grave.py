"""What somebody has to permit, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from awsbase.engine.loosening import Grave
from awsbase.view.regions import folded


def reasons(held: Iterable[Grave]) -> Iterator[str]:
    """Yield a line for each grave change: whose it is, what it is, why it is grave."""
    for address, several in groupby(held, key=lambda each: each.address):
        for change in folded(replace(each.change, loosening=each.why) for each in several):
            yield f"{address}  {change.action} {change.what}: {change.loosening}"
