"""Questions to the operator, on stderr: stdout is the result."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from click.exceptions import Exit

from awsbase.errors import UsageError
from awsbase.people import terminal
from awsbase.scripts.interrupt import INTERRUPTED
from awsbase.scripts.output import err
from awsbase.view.stream import disarmed, is_terminal

if TYPE_CHECKING:
    from awsbase.session import Prompt

STDIN = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")


def is_interactive() -> bool:
    """Tell whether a person can answer questions: stdin is a terminal."""
    return is_terminal(sys.stdin)


def answer(question: str) -> str:
    """Ask a question and return the answer, empty when the input ends; raises Exit on Ctrl-C."""
    err(question)
    try:
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        raise aborted() from None
    if not line.endswith("\n"):
        err("\n")
    return line.strip()


def answer_on_terminal(question: str) -> str:
    """Ask a question on the controlling terminal, and return the answer, empty when the input ends.

    Raises Exit on Ctrl-C, and NoTerminal when there is none.
    """
    try:
        return terminal.ask(disarmed(question))
    except terminal.NoAnswer:
        err("\n")
        return ""
    except KeyboardInterrupt:
        raise aborted() from None


def aborted() -> Exit:
    """Say that Ctrl-C ended a question, and return what ends the command."""
    err("\naborted, nothing was changed\n")
    return Exit(INTERRUPTED)


def prompt(manifest: Path, instead: str = "--yes") -> Prompt:
    """Return what asks for consent: on stdin, or on the controlling terminal if the manifest comes from stdin.

    It raises UsageError where there is no terminal, and names the options that go on `instead` of a question.
    """

    def ask(question: str, *accepted: str) -> bool:
        if str(manifest) in STDIN:
            try:
                return accepts(answer_on_terminal(question), accepted)
            except terminal.NoTerminal:
                raise no_terminal(instead) from None
        if not is_interactive():
            raise no_terminal(instead)
        return accepts(answer(question), accepted)

    return ask


def no_terminal(instead: str = "--yes") -> UsageError:
    """Return the error of a question that nobody can answer."""
    return UsageError(f"no terminal to ask on: {instead}", hint="nothing was changed")


def accepts(given: str, accepted: tuple[str, ...]) -> bool:
    """Tell whether an answer is an accepted one."""
    return given in accepted if accepted else given.lower() in ("y", "yes")
