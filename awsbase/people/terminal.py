"""Questions to the person at the terminal: on the terminal device itself, whatever stdin and stdout are."""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from awsbase import busy
from awsbase.errors import AwsbaseError
from awsbase.people.secret import Secret
from awsbase.people.terminal_turn import Turn

DEVICE = "/dev/tty"
DEFAULT_SIZE = os.terminal_size((80, 24))
# A process has one terminal: its turn there, and what it has drawn on the private screen.
TURN = Turn()
SCREEN: list[str] = []


class NoTerminal(AwsbaseError):
    """There is no terminal to ask on."""


class NoAnswer(AwsbaseError):
    """The person ended the input instead of answering."""

    exit_code = 130


class NoText(AwsbaseError):
    """The answer is not valid UTF-8."""


def ask_hidden(question: str) -> Secret:
    """Ask a question, and hide the answer while it is typed; raises NoTerminal or NoAnswer if there is none."""
    with _terminal(question) as terminal, TURN.taken(terminal):
        before = _attributes(terminal)
        # A killed process may have left the terminal silent; it was not found so by the first one.
        before[3] |= termios.ECHO
        silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]

        def show(when: int) -> None:
            # Echo is off before the question appears, so that an immediate answer stays hidden too.
            termios.tcsetattr(terminal, when, silent)
            os.write(terminal, question.encode())

        def again() -> None:
            with suppress(termios.error, OSError):
                show(termios.TCSADRAIN)

        def leave() -> None:
            # If the terminal was closed in the meantime, there is nothing to restore.
            with suppress(termios.error, OSError):
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)
                os.write(terminal, b"\n")

        try:
            with TURN.shown(leave, again):
                show(termios.TCSAFLUSH)
                return Secret(_line(terminal))
        except termios.error as error:
            raise _closed() from error
        finally:
            leave()


def _attributes(terminal: int) -> list[Any]:
    try:
        return termios.tcgetattr(terminal)
    except termios.error as error:
        raise _closed() from error


def _closed() -> NoTerminal:
    return NoTerminal("the terminal is closed, or this process is in its background", hint="run it in a terminal")


def ask(question: str) -> str:
    """Ask a question with a visible answer; raises NoTerminal or NoAnswer if there is none."""
    with _terminal(question) as terminal, TURN.taken(terminal):

        def show() -> None:
            with suppress(OSError):
                os.write(terminal, question.encode())

        with TURN.shown(lambda: None, show):
            show()
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
    busy.clear()
    try:
        terminal = os.open(DEVICE, os.O_RDWR | os.O_NOCTTY)
    except OSError as error:
        purpose = question.partition("\n")[0].rstrip(": ")
        raise NoTerminal(f"no terminal to ask for the {purpose} on", hint="run it in a terminal") from error
    try:
        yield terminal
    finally:
        os.close(terminal)


def _line(terminal: int) -> str:
    typed = b""
    with _signals() as signals:
        while not typed.endswith(b"\n"):
            try:
                ready, _, _ = select.select([terminal, *signals], [], [])
                # Python itself calls what handles the signal.
                part = os.read(terminal if terminal in ready else signals[0], 4096)
            except OSError:
                # The terminal was closed.
                ready, part = [terminal], b""
            if terminal not in ready:
                continue
            if not part:
                raise NoAnswer("no answer was given, so nothing was done")
            typed += part
    text = typed.decode("utf-8", "replace")
    # The decoder's own exception would contain the answer, which may be a password.
    if "\ufffd" in text:
        raise NoText("the answer is not UTF-8 text", hint="set the terminal to UTF-8, or type other characters")
    return text.rstrip("\r\n")


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Yield what becomes readable with a signal; in another thread than the main one, which gets none, nothing.

    Ctrl-C in the moment before a read begins would wait for a key.
    """
    if threading.current_thread() is not threading.main_thread():
        yield []
        return
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    before = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    try:
        yield [told]
    finally:
        signal.set_wakeup_fd(before)
        os.close(told)
        os.close(tell)


def say(text: str) -> None:
    """Write a text to the terminal, after the questions of other processes; do nothing without a terminal."""
    with suppress(NoTerminal), _terminal(text) as terminal, TURN.taken(terminal):
        # What is on the private screen is drawn again after Ctrl-Z and `fg`.
        SCREEN.extend([text] if SCREEN else [])
        _write(terminal, text)


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
    """Show text on the alternate screen, so that it cannot be scrolled back to afterwards; the turn is kept."""
    with ExitStack() as stack:
        try:
            terminal = stack.enter_context(_terminal("private screen"))
        except NoTerminal:
            yield
            return
        stack.enter_context(TURN.taken(terminal))
        plain = environ.get("TERM", "dumb") == "dumb"
        SCREEN.append("" if plain else "\x1b[?1049h\x1b[H")

        def leave() -> None:
            _write(terminal, "" if plain else "\x1b[?1049l")

        def show() -> None:
            _write(terminal, "".join(SCREEN))

        try:
            with TURN.shown(leave, show):
                show()
                yield
        finally:
            SCREEN.clear()
            leave()


def _write(terminal: int, text: str) -> None:
    left = text.encode()
    # The terminal may have been closed in the meantime.
    with suppress(OSError):
        while left:
            left = left[os.write(terminal, left) :]
