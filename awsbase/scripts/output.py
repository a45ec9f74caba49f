"""The output of commands: results on stdout, progress and questions on stderr."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from awsbase.scripts.hints import completed
from awsbase.view.stream import disarmed, supports_unicode, write, write_result

STDOUT = Path("-")
ALSO_STDOUT = (Path("/dev/stdout"), Path("/dev/fd/1"), Path("/proc/self/fd/1"))


def out(text: str) -> None:
    """Print a result to stdout."""
    write_result(completed(text), sys.stdout)


def err(text: str) -> None:
    """Print progress, a question or a remark to stderr."""
    write(completed(text), sys.stderr)


def out_json(value: Any) -> None:
    """Print one JSON document to stdout."""
    write_result(as_json(value, ascii_only=not supports_unicode(sys.stdout)), sys.stdout)


def as_json(value: Any, *, ascii_only: bool = False) -> str:
    """Return a JSON document as indented text, with the characters escaped that a terminal would obey."""
    # JSON escapes C0 by itself; C1 and marks of direction it does not, and they are valid when escaped.
    return disarmed(json.dumps(value, indent=2, ensure_ascii=ascii_only)) + "\n"
