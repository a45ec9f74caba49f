"""One module for each section of the manifest that can be drafted: the kinds that it stands for, and `draft`.

A module is called by the key of its section. There is no other list of them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import Protocol

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.engine.resource import Resource

__all__ = ["SectionModule", "names", "section"]


class SectionModule(Protocol):
    """What the module of a section holds: the kinds that it draws from, and what writes it."""

    KINDS: Sequence[type[Resource]]
    draft: Callable[[Seen, Draft], None]


def names() -> tuple[str, ...]:
    """Return the keys of the sections that can be drafted; imports none of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def section(name: str) -> SectionModule:
    """Import the module of one section."""
    module: SectionModule = importlib.import_module(f"{__name__}.{name}")
    return module
