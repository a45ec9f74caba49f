"""Questions to the person at the terminal: on the terminal device itself, whatever stdin and stdout are."""

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
DEFAULT_SIZE = os.terminal_size((80, 24))


class NoTerminal(AwsbaseError):
    """There is no terminal to ask on."""


class NoAnswer(AwsbaseError):
    """The person ended the input instead of answering."""

    exit_code = 130


class NoText(AwsbaseError):
    """The answer is not valid UTF-8."""


def ask_hidden(question: str) -> Secret:
    """Ask a question, and hide the answer while it is typed; raises NoTerminal or NoAnswer if there is none."""
    with _terminal(question) as terminal:
        before = termios.tcgetattr(terminal)
        without_echo = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        # Echo is off before the question appears, so that an immediate answer stays hidden too.
        termios.tcsetattr(terminal, termios.TCSAFLUSH, without_echo)

        def hide_again(_number: int, _frame: FrameType | None) -> None:
            # After Ctrl-Z and `fg` the shell has switched echo on again.
            # The signal also arrives when the terminal is closed: then there is nothing to restore.
            with suppress(termios.error, OSError):
                termios.tcsetattr(terminal, termios.TCSADRAIN, without_echo)
                os.write(terminal, question.encode())

        try:
            with _continued(hide_again):
                os.write(terminal, question.encode())
                return Secret(_line(terminal))
        finally:
            # If the terminal was closed in the meantime, there is nothing to restore.
            with suppress(termios.error, OSError):
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)
                os.write(terminal, b"\n")


@contextmanager
def _continued(again: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call `again` whenever the program continues after a stop; only the main thread receives signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGCONT, again)
    try:
        yield
    finally:
        signal.signal(signal.SIGCONT, before)


def ask(question: str) -> str:
    """Ask a question with a visible answer; raises NoTerminal or NoAnswer if there is none."""
    with _terminal(question) as terminal:
        os.write(terminal, question.encode())
        return _line(terminal).strip()


def choose(question: str, choices: Sequence[str], *, ask: Callable[[str], str] = ask) -> int:
    """Ask the person to choose one of several lines; return its index."""
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
        purpose = question.splitlines()[0].rstrip(": ")
        raise NoTerminal(f"no terminal to ask for the {purpose} on", hint="run it in a terminal") from error
    try:
        yield terminal
    finally:
        os.close(terminal)


def _line(terminal: int) -> str:
    typed = b""
    while not typed.endswith(b"\n"):
        try:
            part = os.read(terminal, 4096)
        except OSError:
            # The terminal was closed.
            part = b""
        if not part:
            raise NoAnswer("no answer was given, so nothing was done")
        typed += part
    text = typed.decode("utf-8", "replace")
    # The decoder's own exception would contain the answer, which may be a password.
    if "\ufffd" in text:
        raise NoText("the answer is not UTF-8 text", hint="set the terminal to UTF-8, or type other characters")
    return text.rstrip("\r\n")


def say(text: str) -> None:
    """Write a text to the terminal; do nothing without a terminal."""
    try:
        terminal = os.open(DEVICE, os.O_WRONLY | os.O_NOCTTY)
    except OSError:
        return
    try:
        # The terminal may have been closed in the meantime.
        with suppress(OSError):
            _write(terminal, text)
    finally:
        os.close(terminal)


def require(purpose: str) -> None:
    """Check early that there is a terminal; raises NoTerminal if not."""
    with _terminal(purpose):
        return


def size() -> os.terminal_size:
    """Return the columns and lines of the terminal; 80 by 24 if it does not report them."""
    with _terminal("size") as terminal:
        try:
            reported = os.get_terminal_size(terminal)
        except OSError:
            return DEFAULT_SIZE
    return reported if reported.columns and reported.lines else DEFAULT_SIZE


@contextmanager
def alternate_screen(environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Show text on the alternate screen, so that it cannot be scrolled back to afterwards."""
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
