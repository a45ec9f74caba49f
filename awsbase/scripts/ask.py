"""Asking the person in front of the terminal, on stderr: stdout is the result."""

from __future__ import annotations

import sys

import click

from awsbase.scripts.output import err
from awsbase.view.stream import is_terminal


def somebody() -> bool:
    """Tell whether there is somebody to ask: stdin is a terminal."""
    return is_terminal(sys.stdin)


def ask(question: str) -> bool:
    """Ask a yes-or-no question; anything but yes, the end of input included, is no."""
    err(question)
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        err("\n")
        raise click.Abort from None
    if not answer:
        err("\n")
    return answer.strip().lower() in ("y", "yes")
