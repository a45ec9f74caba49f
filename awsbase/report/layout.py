"""Where boxes and arrows of the dependency graph go: layers from left to right, one block below another.

grandalf orders the layers and places the boxes along them. It knows layers from top to bottom, so its x is a y here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

from awsbase.records import record

Needs = Mapping[str, Sequence[str]]
Point = tuple[float, float]
Points = Sequence[Point]

LETTER = 6.7  # the widest of the usual monospaced fonts, at 11 pixels
LINE, PADDING = 17, 8
BETWEEN_BOXES, BETWEEN_LAYERS, BETWEEN_BLOCKS = 9, 56, 26
WIDEST = 1180
ROUNDS = 12
MOST = 12  # names in a box


@record
class Box:
    """Resources of one section that need the same and are needed by the same, with their corner and size."""

    addresses: tuple[str, ...]
    section: str
    x: float = 0
    y: float = 0

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the addresses that it has room for."""
        return self.addresses if len(self.addresses) <= MOST else self.addresses[: MOST - 1]

    @property
    def more(self) -> str:
        """Return how many others there are, in words."""
        left = len(self.addresses) - len(self.shown)
        return f"and {left} more" if left else ""

    @property
    def width(self) -> float:
        return max(map(len, (*self.shown, self.more))) * LETTER + 2 * PADDING

    @property
    def height(self) -> float:
        return (len(self.shown) + bool(self.more)) * LINE + PADDING

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    def at(self, x: float, y: float) -> Box:
        """Return the box at another place."""
        return Box(self.addresses, self.section, x, y)


@record
class Arrow:
    """An arrow to a dependency, from left to right: level across the layers that it passes, curved between them."""

    levels: tuple[tuple[Point, Point], ...]
    """Where it enters and leaves each layer, its own first."""
    end: Point


@record
class Drawing:
    """Boxes and arrows, and the size of the area that they take."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: float
    height: float

    def lower(self, by: float) -> Drawing:
        """Return the drawing moved down."""
        boxes = tuple(each.at(each.x, each.y + by) for each in self.boxes)
        arrows = tuple(
            Arrow(
                tuple(((x, y + by), (right, y + by)) for (x, y), (right, _) in each.levels),
                (each.end[0], each.end[1] + by),
            )
            for each in self.arrows
        )
        return Drawing(boxes, arrows, self.width, self.height)


def layered(needs: Needs, section_of: Mapping[str, str]) -> Drawing:
    """Lay out a graph: blocks of connected boxes, largest first, then the boxes that nothing is connected with."""
    boxes, edges = contracted(needs, section_of)
    blocks = [block(boxes, part, edges) for part in connected(len(boxes), edges) if len(part) > 1]
    blocks.sort(key=lambda each: -len(each.boxes))
    alone = [boxes[part[0]] for part in connected(len(boxes), edges) if len(part) == 1]
    blocks += [rows(alone)] if alone else []

    drawn, below = [], 0.0
    for each in blocks:
        drawn.append(each.lower(below))
        below += each.height + BETWEEN_BLOCKS
    return Drawing(
        tuple(box for each in drawn for box in each.boxes),
        tuple(arrow for each in drawn for arrow in each.arrows),
        max((each.width for each in drawn), default=0),
        max(below - BETWEEN_BLOCKS, 0),
    )


def contracted(needs: Needs, section_of: Mapping[str, str]) -> tuple[list[Box], list[tuple[int, int]]]:
    """Put what needs the same and is needed by the same into one box; return boxes and edges, (needing, needed).

    Nothing is lost: each arrow between two boxes stands for one between each of their resources.
    """
    needed_by: dict[str, list[str]] = defaultdict(list)
    for address, others in needs.items():
        for other in others:
            needed_by[other].append(address)
    alike: dict[object, list[str]] = defaultdict(list)
    for address, others in needs.items():
        alike[section_of.get(address, ""), frozenset(others), frozenset(needed_by[address])].append(address)
    boxes = [Box(tuple(each), section_of.get(each[0], "")) for each in alike.values()]
    number = {address: index for index, box in enumerate(boxes) for address in box.addresses}
    edges = [(number[box.addresses[0]], number[other]) for box in boxes for other in needs[box.addresses[0]]]
    return boxes, list(dict.fromkeys(edges))


def connected(count: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the boxes by number, those that are connected together."""
    part = list(range(count))
    for one, other in edges:
        low, high = sorted((part[one], part[other]))
        part = [low if each == high else each for each in part]
    found: dict[int, list[int]] = defaultdict(list)
    for index, each in enumerate(part):
        found[each].append(index)
    return list(found.values())


def block(boxes: Sequence[Box], part: Sequence[int], edges: Iterable[tuple[int, int]]) -> Drawing:
    """Lay out boxes that are connected."""
    from grandalf.graphs import Edge, Vertex, graph_core
    from grandalf.layouts import SugiyamaLayout, VertexViewer
    from grandalf.routing import EdgeViewer

    vertices = {index: Vertex(index) for index in part}
    for index, vertex in vertices.items():
        vertex.view = VertexViewer(w=boxes[index].height, h=boxes[index].width)
    links = [Edge(vertices[one], vertices[other]) for one, other in edges if one in vertices]
    for link in links:
        link.view = EdgeViewer()
    # Graph would do too, and keeps edges in a set: their order would change from run to run.
    layout = SugiyamaLayout(graph_core(list(vertices.values()), links))
    layout.xspace, layout.yspace = BETWEEN_BOXES, BETWEEN_LAYERS
    layout.init_all(optimize=True)
    layout.draw(ROUNDS)
    layout.draw_edges()

    centres = {index: vertex.view.xy for index, vertex in vertices.items()}
    return placed(boxes, centres, [((link.v[0].data, link.v[1].data), link.view._pts[1:-1]) for link in links])


def placed(
    boxes: Sequence[Box], centres: Mapping[int, Point], links: Sequence[tuple[tuple[int, int], Points]]
) -> Drawing:
    """Return the drawing of boxes, whose centres are given as (along, depth), and of the links between them."""
    left, right = columns(boxes, centres)
    top = min(
        min(along - boxes[index].height / 2 for index, (along, _) in centres.items()),
        min((along for _, bends in links for along, _ in bends), default=inf),
    )
    found = {
        index: boxes[index].at(left[depth], along - top - boxes[index].height / 2)
        for index, (along, depth) in centres.items()
    }
    arrows = []
    for (one, other), bends in links:
        start, end = found[one], found[other]
        # Level to the end of its own layer: a wider box can stand above or below.
        out = ((start.x + start.width, start.middle), (right[centres[one][1]], start.middle))
        levels = (((left[depth], along - top), (right[depth], along - top)) for along, depth in bends)
        arrows.append(Arrow((out, *levels), (end.x, end.middle)))
    return Drawing(
        tuple(found.values()),
        tuple(arrows),
        max(box.x + box.width for box in found.values()),
        max(
            *(box.y + box.height for box in found.values()),
            *(end[1] for arrow in arrows for _, end in arrow.levels),
        ),
    )


def columns(boxes: Sequence[Box], centres: Mapping[int, Point]) -> tuple[dict[float, float], dict[float, float]]:
    """Return the left and the right edge of each layer, by the depth that grandalf gave it."""
    widths: dict[float, float] = defaultdict(float)
    for index, (_, depth) in centres.items():
        widths[depth] = max(widths[depth], boxes[index].width)
    left, edge = {}, 0.0
    for depth in sorted(widths):
        left[depth] = edge
        edge += widths[depth] + BETWEEN_LAYERS
    return left, {depth: left[depth] + width for depth, width in widths.items()}


def rows(boxes: Iterable[Box]) -> Drawing:
    """Put boxes beside one another, row below row."""
    found = list(flowing(boxes))
    return Drawing(
        tuple(found),
        (),
        max(box.x + box.width for box in found),
        max(box.y + box.height for box in found),
    )


def flowing(boxes: Iterable[Box]) -> Iterator[Box]:
    """Yield each box at its place."""
    x = y = tallest = 0.0
    for box in boxes:
        if x and x + box.width > WIDEST:
            x, y, tallest = 0.0, y + tallest + BETWEEN_BOXES, 0.0
        yield box.at(x, y)
        x, tallest = x + box.width + BETWEEN_BOXES, max(tallest, box.height)
