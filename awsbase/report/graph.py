"""The dependency graph as an SVG, for the page or as a file of its own."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from awsbase.report.environment import environment, px
from awsbase.report.layout import LINE, PADDING, Arrow, Needs, layered

MARGIN = 2


def svg(
    needs: Needs, section_of: Mapping[str, str], marks: Mapping[str, str] | None = None, *, alone: bool = False
) -> Markup:
    """Return the graph; `marks` are the classes of addresses, and `alone` gives it colours of its own."""
    drawing = layered(needs, section_of)
    template = environment().get_template("graph.svg")
    text = template.render(
        drawing=drawing,
        arrows=[path(arrow) for arrow in drawing.arrows],
        count=len(needs),
        marks=marks or {},
        alone=alone,
        line=LINE,
        padding=PADDING,
        margin=MARGIN,
    )
    return Markup(text)  # noqa: S704  the template has escaped it


def path(arrow: Arrow) -> str:
    """Return the path of an arrow."""
    (x, y), _ = arrow.levels[0]
    parts = [f"M{px(x)} {px(y)}"]
    for enter, leave in (*arrow.levels, (arrow.end, arrow.end)):
        if enter[0] != x:
            half = px((x + enter[0]) / 2)
            parts.append(f"C{half} {px(y)} {half} {px(enter[1])} {px(enter[0])} {px(enter[1])}")
        if leave[0] != enter[0]:
            parts.append(f"H{px(leave[0])}")
        x, y = leave
    return "".join(parts)
