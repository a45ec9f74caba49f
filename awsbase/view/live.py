"""Progress on stderr: a live display on a terminal, elsewhere a line for each applied change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from awsbase import busy
from awsbase.engine.changes import Change, Mode
from awsbase.engine.run import Observer
from awsbase.view.changes import DONE
from awsbase.view.stream import escaped, is_terminal, write

DOING: dict[Mode, str] = {"plan": "planning", "reconcile": "reconciling"}


class Progress(Observer, Protocol):
    """An observer that can also show remarks of the program."""

    def say(self, text: str) -> None:
        """Show a remark."""


@contextmanager
def progress(
    stream: TextIO, mode: Mode, total: int | None, *, screen: bool = True, quiet: bool = False, doing: str = ""
) -> Iterator[Progress]:
    """Show the progress of a run; `screen` allows a live display on a terminal, and `quiet` wants failures alone.

    `doing` says what the run does, where its mode does not. `total` is None where nobody knows yet how much there is.
    """
    dumb = is_terminal(stream) and os.environ.get("TERM") == "dumb"
    if quiet or dumb or not (screen and is_terminal(stream)):
        # A person at a terminal gets the changes in the result; a log wants them in case that the run is killed.
        yield Lines(stream, mode, changes=not quiet and not dumb, waits=not quiet)
        return
    from rich.console import Console
    from rich.live import Live

    from awsbase.view.screen import Screen

    view = Screen(stream, doing or DOING[mode], total)
    busy.clear()
    # stdout is the result, and can be redirected.
    with Live(
        get_renderable=view.frame,
        console=Console(file=stream, highlight=False, markup=False, emoji=False),
        refresh_per_second=8,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield view


class Lines:
    """Write each applied change as one line; a plan's changes are its result, not progress."""

    def __init__(self, stream: TextIO, mode: Mode, *, changes: bool = True, waits: bool = True) -> None:
        self._stream = stream
        self._changes = changes and mode == "reconcile"
        self._waits = waits
        self._waited: set[tuple[str, str, str]] = set()

    def started(self, address: str) -> None: ...

    def wrote(self, address: str, change: Change) -> None:
        """Write an applied change."""
        if self._changes:
            self.say(f"{DONE[change.action]} {address} {change.what}")

    def waiting(self, address: str, what: str, why: str, seconds: float) -> None:
        """Write each wait once."""
        reason = (address, what, why)
        if self._waits and reason not in self._waited:
            self._waited.add(reason)
            self.say(f"waiting {address} {what}: {why}, {seconds:.0f} s at most")

    def finished(self, address: str, status: str) -> None:
        """Write a failed resource."""
        if status == "failed":
            self.say(f"failed {address}")

    def say(self, text: str) -> None:
        """Write a remark."""
        write(f"{escaped(text)}\n", self._stream)
