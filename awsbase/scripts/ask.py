"""Asking the person in front of the terminal, on stderr: stdout is the result."""

from __future__ import annotations

import sys
from typing import Protocol

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


class Ask(Protocol):
    """Asks a person for an answer, and tells whether it was an accepted one: yes, when none is named."""

    def __call__(self, question: str, *accepted: str) -> bool: ...


def ask(question: str, *accepted: str) -> bool:
    """Ask a question; anything but an accepted answer, or yes when none is named, is no."""
    return accepts(answer(question), accepted)


def accepts(said: str, accepted: tuple[str, ...]) -> bool:
    """Tell whether an answer is an accepted one."""
    return said in accepted if accepted else said.lower() in ("y", "yes")
