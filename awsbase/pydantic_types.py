"""Imports the core of pydantic without the types that only type checkers read: to be imported before pydantic.

They are eighty TypedDicts, which describe pydantic's own schemas. Each compiles and checks the types of its keys, and
nothing asks for those while a program runs. Plain dicts in their place save a twentieth of `awsbase validate`.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

CORE = "pydantic_core"
# Where that takes TypedDict from.
DEFINED_IN = "typing_extensions" if sys.version_info < (3, 12) else "typing"


class PlainDict(dict[str, Any]):
    """What stands in for TypedDict."""

    def __init_subclass__(cls, **_: object) -> None:
        """Take `total=False`, as a TypedDict does."""


def import_core() -> None:
    """Import the core of pydantic, unless somebody has: then it is as it is."""
    if CORE in sys.modules:
        return
    home = vars(importlib.import_module(DEFINED_IN))
    theirs, home["TypedDict"] = home["TypedDict"], PlainDict
    try:
        importlib.import_module(CORE)
    finally:
        home["TypedDict"] = theirs


import_core()
