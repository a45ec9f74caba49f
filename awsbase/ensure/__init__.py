"""One module for each kind of resource: the resource, its facts, its recipe, and below them its declaration, `KIND`.

A module is called by the word that addresses of its kind begin with: log_group.py holds log-group/NAME. Only the
absence of something has a module of its own: absent_user.py says that there is no user/NAME. There is no other list of
kinds. To ask for one kind imports that one; to go through `KINDS` imports them all.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache

from awsbase.engine.kind import Kind, Kinds, Undeclared
from awsbase.engine.resource import Resource

__all__ = ["KINDS", "declared", "names"]


def names() -> tuple[str, ...]:
    """Return the names of all kinds, which are those of their modules with hyphens; imports none of them."""
    return tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__)))


def declared(name: str) -> Kind:
    """Import the module of one kind and return its declaration; raises Undeclared when there is none."""
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    kind = getattr(module, "KIND", None)
    if isinstance(kind, Kind):
        return kind
    raise Undeclared(
        f"{module.__name__} declares no kind", hint="write KIND = Kind(RECIPE, READS, resource=..., ...) at its end"
    )


@cache
def declared_in(module: str) -> Kind | None:
    """Return what a module declares; None when it is no module of a kind."""
    found: object = (
        getattr(importlib.import_module(module), "KIND", None) if module.startswith(f"{__name__}.") else None
    )
    return found if isinstance(found, Kind) else None


class OwnKinds(Mapping[type[Resource], Kind]):
    """All kinds by their resource: to look one up imports nothing more, to go through them imports them all."""

    def __getitem__(self, resource: type[Resource]) -> Kind:
        kind = declared_in(resource.__module__)
        if kind is None or kind.resource is not resource:
            raise KeyError(resource)
        return kind

    def __iter__(self) -> Iterator[type[Resource]]:
        return (declared(name).resource for name in names())

    def __len__(self) -> int:
        return len(names())


KINDS: Kinds = OwnKinds()
