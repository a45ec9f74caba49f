"""Without plug-ins of pydantic: it would search every installed package for them, before it builds its first model.

The module that searches imports importlib.metadata, and so email, zipfile and tempfile, even when told to search for
nothing. That takes a twentieth of `awsbase validate`.
"""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType
from typing import Any

SEARCHES = "pydantic.plugin._loader"
VARIABLE = "PYDANTIC_DISABLE_PLUGINS"


def leave_out() -> None:
    """Let pydantic use no plug-ins, unless the environment says which."""
    if os.environ.setdefault(VARIABLE, "__all__") == "__all__":
        sys.modules.setdefault(SEARCHES, _FoundNothing(SEARCHES))


class _FoundNothing(ModuleType):
    """What pydantic asks for plug-ins; whatever else a later version wants of it is in its own module."""

    def get_plugins(self) -> tuple[()]:
        return ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        sys.modules.pop(SEARCHES, None)
        return getattr(importlib.import_module(SEARCHES), name)
