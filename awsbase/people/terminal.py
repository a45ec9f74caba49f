"""Questions to the person at the terminal, whatever stdin and stdout are: on the terminal device itself."""

from __future__ import annotations

import os
import signal
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from awsbase.errors import AwsbaseError
from awsbase.people.secret import Secret

DEVICE = "/dev/tty"
OLD = os.terminal_size((80, 24))


class NoTerminal(AwsbaseError):
    """There is nobody to ask."""


class NoAnswer(AwsbaseError):
    """The person ended the input instead of answering."""

    exit_code = 130


class NoText(AwsbaseError):
    """The answer has bytes that are no characters."""


def hidden(question: str) -> Secret:
    """Ask for something that is not shown while it is typed."""
    with _terminal(question) as terminal:
        before = termios.tcgetattr(terminal)
        silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        # First silent, then the question: whoever answers a question at once must not be shown.
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)

        def again(_number: int, _frame: FrameType | None) -> None:
            # Whoever was stopped by Ctrl-Z comes back to a terminal as the shell has left it: it shows what is typed.
            # The signal also comes when the terminal is closed, and then there is none to ask on.
            with suppress(termios.error, OSError):
                termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
                os.write(terminal, question.encode())

        try:
            with _continued(again):
                os.write(terminal, question.encode())
                return Secret(_line(terminal))
        finally:
            # A terminal that was closed meanwhile has nothing to be put back.
            with suppress(termios.error, OSError):
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)
                os.write(terminal, b"\n")


@contextmanager
def _continued(again: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Do something whenever the program goes on after it was stopped; signals are heard by the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGCONT, again)
    try:
        yield
    finally:
        signal.signal(signal.SIGCONT, before)


def shown(question: str) -> str:
    """Ask for something that may be seen."""
    with _terminal(question) as terminal:
        os.write(terminal, question.encode())
        return _line(terminal).strip()


def chosen(question: str, choices: Sequence[str], *, ask: Callable[[str], str] = shown) -> int:
    """Let the person choose one of several lines; return its place."""
    menu = "".join(f"  {number}  {choice}\n" for number, choice in enumerate(choices, 1))
    while True:
        answer = ask(f"{question}\n{menu}number: ")
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(choices):
            return int(answer) - 1


@contextmanager
def _terminal(question: str) -> Iterator[int]:
    try:
        terminal = os.open(DEVICE, os.O_RDWR | os.O_NOCTTY)
    except OSError as error:
        wanted = question.splitlines()[0].rstrip(": ")
        raise NoTerminal(f"no terminal to ask for the {wanted} on", hint="run it in a terminal") from error
    try:
        yield terminal
    finally:
        os.close(terminal)


def _line(terminal: int) -> str:
    said = b""
    while not said.endswith(b"\n"):
        try:
            part = os.read(terminal, 4096)
        except OSError:
            # The terminal was closed.
            part = b""
        if not part:
            raise NoAnswer("no answer was given, so nothing was done")
        said += part
    text = said.decode("utf-8", "replace")
    # Without the decoder's own exception: it holds what was typed, and that may be a password.
    if "\ufffd" in text:
        raise NoText("what was typed is no UTF-8 text", hint="set the terminal to UTF-8, or type other characters")
    return text.rstrip("\r\n")


def say(text: str) -> None:
    """Tell the person at the terminal something; without a terminal nobody is told."""
    try:
        terminal = os.open(DEVICE, os.O_WRONLY | os.O_NOCTTY)
    except OSError:
        return
    try:
        # One that was closed meanwhile is no terminal either.
        with suppress(OSError):
            _write(terminal, text)
    finally:
        os.close(terminal)


def check(wanted: str) -> None:
    """Find out early that there is a terminal; raise NoTerminal if not."""
    with _terminal(wanted):
        return


def size() -> os.terminal_size:
    """Return the columns and lines of the terminal; those of old where it does not tell."""
    with _terminal("size") as terminal:
        try:
            told = os.get_terminal_size(terminal)
        except OSError:
            return OLD
    return told if told.columns and told.lines else OLD


@contextmanager
def aside(environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Show what comes on a screen of its own, of which nothing is left to scroll back to."""
    plain = environ.get("TERM", "dumb") == "dumb"
    say("" if plain else "\x1b[?1049h\x1b[H")
    try:
        yield
    finally:
        say("" if plain else "\x1b[?1049l")


def _write(terminal: int, text: str) -> None:
    left = text.encode()
    while left:
        left = left[os.write(terminal, left) :]
