"""The dependency graph: as a text tree, for Mermaid, or for Graphviz."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from awsbase.engine.resource import Resource

Needs = Mapping[str, Sequence[str]]  # address → its direct dependencies, in manifest order


def needs_of(resources: Sequence[Resource]) -> dict[str, list[str]]:
    """Return what each resource needs directly, in manifest order."""
    position = {each.address: index for index, each in enumerate(resources)}
    return {each.address: sorted(set(each.needs()), key=position.__getitem__) for each in resources}


def draw(needs: Needs, style: str) -> str:
    """Return the graph as `text`, `mermaid` or `dot`."""
    lines = {"text": text, "mermaid": mermaid, "dot": dot}[style](needs)
    return "".join(f"{line}\n" for line in lines)


def text(needs: Needs) -> Iterator[str]:
    """Yield a tree for each resource without dependents; dependencies that were shown before become `…`."""
    needed = {other for others in needs.values() for other in others}
    shown: set[str] = set()

    def subtree(address: str, depth: int) -> Iterator[str]:
        repeated = address in shown and bool(needs[address])
        yield "  " * depth + address + ("  …" if repeated else "")
        if not repeated:
            shown.add(address)
            for other in needs[address]:
                yield from subtree(other, depth + 1)

    for address in needs:
        if address not in needed:
            yield from subtree(address, 0)


def mermaid(needs: Needs) -> Iterator[str]:
    """Yield a Mermaid flowchart; an arrow points to a dependency."""
    number = {address: f"n{index}" for index, address in enumerate(needs)}
    yield "flowchart LR"
    for address, node in number.items():
        label = address.replace("&", "&amp;").replace('"', "&quot;")
        yield f'  {node}["{label}"]'
    for address, others in needs.items():
        for other in others:
            yield f"  {number[address]} --> {number[other]}"


def dot(needs: Needs) -> Iterator[str]:
    """Yield a Graphviz digraph; an arrow points to a dependency."""
    yield "digraph awsbase {"
    yield "  rankdir=LR; node [shape=box];"
    for address in needs:
        yield f"  {json.dumps(address)};"
    for address, others in needs.items():
        for other in others:
            yield f"  {json.dumps(address)} -> {json.dumps(other)};"
    yield "}"
