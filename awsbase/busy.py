"""The first sign of life of a command: one line on the terminal while modules are imported and AWS is reached.

Whatever else is written clears it, and the end of the command at the latest. It imports next to nothing.
"""

from __future__ import annotations

import os
import sys

CONNECTING = "connecting to AWS"
STARTING = "starting the sandbox"
READING = "reading the account"
ERASE = "\r\x1b[2K"

_shown: list[str] = []


def show(doing: str) -> None:
    """Show what the program does now, if stderr is a terminal that can erase it."""
    stream = sys.stderr
    if stream is None or stream.closed or not stream.isatty() or os.environ.get("TERM", "dumb") in ("", "dumb"):
        return
    import logging

    # The names of calls come line by line with --debug.
    if logging.getLogger("awsbase").isEnabledFor(logging.DEBUG):
        return
    _write(f"{ERASE}{doing} ...")
    _shown[:] = [doing]


def clear() -> None:
    """Erase what is shown, so that nothing of it is left."""
    if _shown:
        _shown.clear()
        _write(ERASE)


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        _shown.clear()
