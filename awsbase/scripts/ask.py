"""Questions to the operator, on stderr: stdout is the result."""

from __future__ import annotations

import sys
from typing import Protocol

from click.exceptions import Exit

from awsbase.scripts.interrupt import INTERRUPTED
from awsbase.scripts.output import err
from awsbase.view.stream import is_terminal


def is_interactive() -> bool:
    """Tell whether a person can answer questions: stdin is a terminal."""
    return is_terminal(sys.stdin)


def answer(question: str) -> str:
    """Ask a question and return the answer, empty when the input ends; raises Exit on Ctrl-C."""
    err(question)
    try:
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        err("\naborted, nothing was changed\n")
        raise Exit(INTERRUPTED) from None
    if not line.endswith("\n"):
        err("\n")
    return line.strip()


class Prompt(Protocol):
    """Asks a question, and tells whether the answer was an accepted one: yes, when none is named."""

    def __call__(self, question: str, *accepted: str) -> bool: ...


def ask(question: str, *accepted: str) -> bool:
    """Ask a question; anything but an accepted answer, or yes when none is named, is no."""
    return accepts(answer(question), accepted)


def accepts(given: str, accepted: tuple[str, ...]) -> bool:
    """Tell whether an answer is an accepted one."""
    return given in accepted if accepted else given.lower() in ("y", "yes")
