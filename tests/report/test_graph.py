"""The graph as an SVG: everything is in it, nothing overlaps, and it is the same each time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.report.graph import svg
from awsbase.report.layout import BETWEEN_BOXES, MOST, Drawing, contracted, layered

MANIFESTS = Path(__file__).parents[2] / "manifests"
SVG = "{http://www.w3.org/2000/svg}"
Graph = tuple[dict[str, list[str]], dict[str, str]]


def graph_of(name: str) -> Graph:
    """Return what each resource of a manifest needs, and its section."""
    sections = resources(load(MANIFESTS / name))
    every = [each for section in sections.values() for each in section]
    position = {each.address: index for index, each in enumerate(every)}
    needs = {each.address: sorted(set(each.needs()), key=position.__getitem__) for each in every}
    return needs, {each.address: name for name, section in sections.items() for each in section}


@pytest.fixture(scope="module", params=["baseline.yaml", "cis.yaml", "bastion.yaml"])
def graph(request: pytest.FixtureRequest) -> Graph:
    return graph_of(request.param)


def texts(drawn: str) -> list[str]:
    """Return the labels of an SVG."""
    return ["".join(each.itertext()) for each in ET.fromstring(drawn).iter(f"{SVG}text")]  # noqa: S314  our own


def test_every_resource_is_in_it_once(graph: Graph) -> None:
    assert sorted(texts(svg(*graph))) == sorted(graph[0])


def test_arrows_between_boxes_stand_for_all_that_is_needed(graph: Graph) -> None:
    boxes, edges = contracted(*graph)
    links = {(one, other) for start, end in edges for one in boxes[start].addresses for other in boxes[end].addresses}
    assert links == {(address, other) for address, others in graph[0].items() for other in others}


def test_boxes_do_not_overlap(graph: Graph) -> None:
    drawing = layered(*graph)
    for one, other in combinations(drawing.boxes, 2):
        apart = one.x >= other.x + other.width or other.x >= one.x + one.width
        below = one.y >= other.y + other.height or other.y >= one.y + one.height
        assert apart or below, (one, other)
    inside = [each for each in drawing.boxes if each.x >= 0 and each.y >= 0 and each.y + each.height <= drawing.height]
    assert len(inside) == len(drawing.boxes)


def test_arrows_lead_to_the_right_and_cross_no_box(graph: Graph) -> None:
    drawing = layered(*graph)
    for arrow in drawing.arrows:
        points = [point for level in arrow.levels for point in level] + [arrow.end]
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        for (left, y), (right, _) in arrow.levels:
            crossed = [
                box
                for box in drawing.boxes
                if box.y < y < box.y + box.height and box.x < right and left < box.x + box.width
            ]
            assert crossed == []


def test_it_fits_a_page(graph: Graph) -> None:
    drawing: Drawing = layered(*graph)
    assert drawing.width < 1300
    assert drawing.height < 25 * len(graph[0])


def test_it_is_the_same_each_time(graph: Graph) -> None:
    kept: list[object] = []
    drawn = set()
    for round in range(8):
        kept.append([object() for _ in range(997 * round)])  # moves what comes after to other addresses
        drawn.add(svg(*graph))
    assert len(drawn) == 1


def test_what_nothing_is_connected_with_stands_in_rows() -> None:
    needs: dict[str, list[str]] = {f"contact/number-{number:03}": [] for number in range(40)}
    drawing = layered(needs, {address: address for address in needs})
    assert {box.y for box in drawing.boxes} == {row * (drawing.boxes[0].height + BETWEEN_BOXES) for row in range(5)}


def test_many_that_are_alike_are_counted() -> None:
    needs: dict[str, list[str]] = {"group/all": [], **{f"user/{number}": ["group/all"] for number in range(1000)}}
    shown = texts(svg(needs, {}))
    assert (len(shown), shown[-1]) == (MOST + 1, f"and {1000 - MOST + 1} more")


def test_a_thousand_people_in_many_groups_are_drawn_at_once() -> None:
    groups: dict[str, list[str]] = {f"group/{number}": [f"policy/{number % 7}"] for number in range(30)}
    users = {f"user/{number}": [f"group/{number % 30}", f"group/{number % 29}"] for number in range(1000)}
    policies: dict[str, list[str]] = {f"policy/{number}": [] for number in range(7)}
    drawing = layered({**users, **groups, **policies}, {})
    assert len(drawing.boxes) == len(contracted({**users, **groups, **policies}, {})[0])


def test_nothing_is_a_graph_too() -> None:
    assert texts(svg({}, {})) == []


def test_names_are_escaped() -> None:
    name = 'user/<script>alert("1")</script>&\u202eevil\x1b[31m'
    drawn = svg({name: []}, {name: '"><b>'})
    assert texts(drawn) == ['user/<script>alert("1")</script>&\\u202eevil\\x1b[31m']
    assert "<script" not in drawn
    assert "<b>" not in drawn


def test_a_file_of_its_own_has_its_colours_for_both_themes() -> None:
    assert re.search(r"<style>.*prefers-color-scheme: dark.*</style>", svg({}, {}, alone=True), re.DOTALL)
    assert "<style>" not in svg({}, {})
