"""What commands print: text and documents on stdout, progress and questions on stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

from awsbase.view.stream import put, spells, write


def out(text: str) -> None:
    """Print a result."""
    put(text, sys.stdout)


def err(text: str) -> None:
    """Print what is not the result."""
    write(text, sys.stderr)


def out_json(value: Any) -> None:
    """Print one JSON document."""
    out(as_json(value, ascii_only=not spells(sys.stdout)))


def as_json(value: Any, *, ascii_only: bool = False) -> str:
    """Write a JSON document as text, to be read by people too."""
    return json.dumps(value, indent=2, ensure_ascii=ascii_only) + "\n"
