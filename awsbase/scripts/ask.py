"""Asking the person in front of the terminal, on stderr: stdout is the result."""

from __future__ import annotations

import sys

from click.exceptions import Exit

from awsbase.scripts.interrupt import INTERRUPTED
from awsbase.scripts.output import err
from awsbase.view.stream import is_terminal


def somebody() -> bool:
    """Tell whether there is somebody to ask: stdin is a terminal."""
    return is_terminal(sys.stdin)


def answer(question: str) -> str:
    """Ask a question and return the answer; nothing when the input ends. Ctrl-C aborts the command."""
    err(question)
    try:
        said = sys.stdin.readline()
    except KeyboardInterrupt:
        err("\naborted, nothing was changed\n")
        raise Exit(INTERRUPTED) from None
    if not said.endswith("\n"):
        err("\n")
    return said.strip()


def ask(question: str) -> bool:
    """Ask a yes-or-no question; anything but yes is no."""
    return answer(question).lower() in ("y", "yes")
