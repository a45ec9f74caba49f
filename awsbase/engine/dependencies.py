"""What a resource depends on, directly and indirectly, and what a choice of resources needs."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from awsbase.engine.resource import Resource
from awsbase.errors import AwsbaseError


class UnknownDependency(AwsbaseError):
    """A resource depends on an address that the manifest does not define."""


class DuplicateResource(AwsbaseError):
    """Two parts of the manifest define the same resource."""


class Cycle(AwsbaseError):
    """Resources depend on one another in a cycle."""


def dependencies(resources: Sequence[Resource], *, known_only: bool = False) -> dict[str, frozenset[str]]:
    """Return all dependencies of each address, direct and indirect, in manifest order.

    Raises DuplicateResource, UnknownDependency or Cycle. With `known_only` what is not among them is left out.
    """
    needs: dict[str, tuple[str, ...]] = {}
    for resource in resources:
        if resource.address in needs:
            raise DuplicateResource(
                f"{resource.address} is defined by two parts of this manifest", hint="rename one of them"
            )
        needs[resource.address] = tuple(dict.fromkeys(resource.needs()))
    if known_only:
        needs = {address: tuple(other for other in direct if other in needs) for address, direct in needs.items()}
    for address, direct in needs.items():
        for other in direct:
            if other not in needs:
                raise UnknownDependency(f"{address} depends on {other}, which this manifest does not define")
    try:
        order = tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise Cycle("these resources depend on one another: " + " → ".join(reversed(error.args[1]))) from None
    found: dict[str, frozenset[str]] = {}
    # Thousands of users need the same group.
    known: dict[tuple[str, ...], frozenset[str]] = {}
    for address in order:
        direct = needs[address]
        if direct not in known:
            known[direct] = frozenset(direct).union(*(found[other] for other in direct))
        found[address] = known[direct]
    return {address: found[address] for address in needs}


def select(resources: Sequence[Resource], addresses: Sequence[str]) -> list[Resource]:
    """Return the resources at these addresses, with all their dependencies."""
    needed = dependencies(resources)
    selected = frozenset(addresses).union(*(needed[address] for address in addresses))
    return [resource for resource in resources if resource.address in selected]
