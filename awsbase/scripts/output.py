"""The output of commands: results on stdout, progress and questions on stderr."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from awsbase.scripts.hints import completed
from awsbase.view.stream import as_json as as_json
from awsbase.view.stream import supports_unicode, write, write_result

STDOUT = Path("-")
ALSO_STDOUT = (Path("/dev/stdout"), Path("/dev/fd/1"), Path("/proc/self/fd/1"))


def is_stdout(path: Path | None) -> bool:
    """Tell whether a path that somebody named is stdout."""
    return path in (STDOUT, *ALSO_STDOUT)


def out(text: str) -> None:
    """Print a result to stdout."""
    write_result(completed(text), sys.stdout)


def out_document(text: str) -> None:
    """Print what could be written to a file, as it is: its commands are not hints."""
    write_result(text, sys.stdout)


def err(text: str) -> None:
    """Print progress, a question or a remark to stderr."""
    write(completed(text), sys.stderr)


def out_json(value: Any) -> None:
    """Print one JSON document to stdout."""
    out_document(as_json(value, ascii_only=not supports_unicode(sys.stdout)))
