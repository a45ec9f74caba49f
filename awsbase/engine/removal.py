"""How things are taken away: what goes before what, and what stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, Literal

from awsbase.engine.kind import Absent, Kinds, Turn, kind_of
from awsbase.engine.resource import Resource
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.engine.run import Run

TURNS: tuple[Turn, ...] = ("first", "middle", "last", "after all")
# What the note of a recipe begins with that leaves something which is there.
KEPT = "kept"
# What the reason begins with of something that stays because others use it.
USED = "it is used by"
NO_RECIPE = Absent(why="nothing says how one is taken away")

Graph = Mapping[str, Sequence[str]]


@record
class Removal:
    """What a run does instead of making things: it takes them away.

    `stays` says of an address why it is left nevertheless. What such a thing uses stays with it. `instead` has recipes
    that go in place of that of the kind, by address.
    """

    goal: Literal["destroy", "prune"]
    stays: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, Callable[[Run, Any], None]] = field(default_factory=dict)


def absent_of(kinds: Kinds, resource: Resource) -> Absent:
    """Return how a resource is taken away."""
    return kind_of(kinds, resource).absent or NO_RECIPE


def dependents(resources: Sequence[Resource]) -> dict[str, tuple[str, ...]]:
    """Return by address what depends on it directly, and so goes before it."""
    found: dict[str, list[str]] = {resource.address: [] for resource in resources}
    for resource in resources:
        for need in found.keys() & set(resource.needs()):
            found[need].append(resource.address)
    return {address: tuple(others) for address, others in found.items()}


def users(resources: Sequence[Resource]) -> dict[str, tuple[str, ...]]:
    """Return by address what does not work without it, and so keeps it while it stays itself."""
    weak = {resource.address: frozenset(resource.mentions()) for resource in resources}
    return {
        address: tuple(other for other in others if address not in weak[other])
        for address, others in dependents(resources).items()
    }


def turns(resources: Sequence[Resource], kinds: Kinds) -> list[Graph]:
    """Return what goes in each turn, as a graph of what goes before what within it.

    Nothing goes in an earlier turn than what depends on it: a topic waits for its alarms, whatever its kind says.
    """
    before = dependents(resources)
    of = {resource.address: TURNS.index(absent_of(kinds, resource).turn) for resource in resources}
    for address in TopologicalSorter(before).static_order():
        of[address] = max((of[address], *(of[other] for other in before[address])))
    return [
        {address: [other for other in before[address] if of[other] == turn] for address in of if of[address] == turn}
        for turn in range(len(TURNS))
    ]
