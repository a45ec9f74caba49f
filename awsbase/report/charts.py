"""The shapes of the page's charts, in the units of their SVG."""

from __future__ import annotations

from collections.abc import Sequence

from awsbase.records import record

WIDE, HIGH = 240.0, 56.0
GAP = 2.0
THICKEST = 28.0


@record
class Bar:
    """One bar: where it is, and which of the values it shows."""

    x: float
    y: float
    width: float
    height: float
    index: int


def columns(values: Sequence[float], highest: float | None = None) -> list[Bar]:
    """Return a column for each value; zero is a hair, so that it can be told from nothing."""
    top = max(values, default=0) if highest is None else highest
    step = min(WIDE / max(len(values), 1), THICKEST + GAP)
    gap = min(GAP, step / 4)
    heights = [max(HIGH * value / top if top else 0, 1) for value in values]
    return [Bar(index * step, HIGH - height, step - gap, height, index) for index, height in enumerate(heights)]


def stacked(values: Sequence[float], width: float = 100) -> list[Bar]:
    """Return a part of one bar for each value that is not zero."""
    total, x = sum(values), 0.0
    bars = []
    for index, value in enumerate(values):
        if value:
            part = width * value / total
            bars.append(Bar(x, 0, part, 1, index))
            x += part
    return bars
