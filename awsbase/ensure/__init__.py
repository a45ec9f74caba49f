"""One module for each kind of resource: the resource, its facts, its recipe, and below them its declaration, `KIND`.

A module is called by the word that addresses of its kind begin with: log_group.py holds log-group/NAME. Only the
absence of something has a module of its own: absent_user.py says that there is no user/NAME. There is no other list of
kinds. To ask for one kind imports that one; `KINDS` imports them all, when it is first asked for.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from awsbase.engine.kind import Kind, Kinds, Undeclared

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


if TYPE_CHECKING:
    KINDS: Kinds
else:

    def __getattr__(name: str) -> Kinds:
        if name != "KINDS":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()["KINDS"] = {kind.resource: kind for kind in map(declared, names())}
        return found
