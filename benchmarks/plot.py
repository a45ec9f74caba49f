"""A plot as SVG: lines over a logarithmic axis, as many panels side by side as there are things to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 300, 180, 46, 34, 34, 30
COLORS = ("#0f766e", "#b45309", "#6d28d9")
Points = Sequence[tuple[float, float]]


def plot(panels: Mapping[str, Mapping[str, Points]], across: str) -> str:
    """Return an SVG with a panel for each title: its lines by name, over what is counted `across`."""
    whole = len(panels) * (LEFT + WIDTH + GAP), TOP + HEIGHT + BOTTOM
    inner = "".join(
        panel(title, lines, across, number * (LEFT + WIDTH + GAP) + LEFT)
        for number, (title, lines) in enumerate(panels.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole[0]} {whole[1]}" '
        f'font-family="sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="#fff"/>\n{inner}</svg>\n'
    )


def panel(title: str, lines: Mapping[str, Points], across: str, left: float) -> str:
    """Return one panel that begins so far from the left."""
    points = [point for line in lines.values() for point in line]
    least, most = min(x for x, _ in points), max(x for x, _ in points)
    top = rounded(max(y for _, y in points))

    def at(x: float, y: float) -> tuple[float, float]:
        share = (log10(x) - log10(least)) / (log10(most) - log10(least))
        return left + share * WIDTH, TOP + HEIGHT * (1 - y / top)

    parts = [text(left, TOP - 20, title, weight="bold"), text(left + WIDTH, TOP + HEIGHT + 30, across, anchor="end")]
    for quarter in range(5):
        value = top * quarter / 4
        x, y = at(least, value)
        parts.append(f'<line x1="{x:.1f}" x2="{left + WIDTH:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>\n')
        parts.append(text(x - 6, y + 4, f"{value:g}", anchor="end"))
    ticks = sorted({x for x, _ in points if log10(x).is_integer()} | {most})
    parts += [text(at(x, 0)[0], TOP + HEIGHT + 15, f"{x:,.0f}", anchor="middle") for x in ticks]
    for color, (name, line) in zip(COLORS, lines.items(), strict=False):
        drawn = " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in line)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{color}" stroke-width="2"/>\n')
        x, y = at(*line[-1])
        parts.append(text(x, y - 6, name, anchor="end", fill=color))
    return "".join(parts)


def rounded(value: float) -> float:
    """Return the next number above a value that is easy to read."""
    size = 10 ** int(log10(value)) if value >= 1 else 0.1
    return float(-(-value // size) * size)


def text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal", fill: str = "#333") -> str:
    """Return a line of text."""
    look = f'text-anchor="{anchor}" font-weight="{weight}" fill="{fill}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>\n'
