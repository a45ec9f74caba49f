"""Progress on stderr: a live display on a terminal, elsewhere a line for each applied change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from awsbase import busy
from awsbase.engine.changes import Change, Mode
from awsbase.engine.run import Observer
from awsbase.view.stream import escaped, is_terminal, write
from awsbase.view.tree import DONE


class Progress(Observer, Protocol):
    """An observer that can also show remarks of the program."""

    def say(self, text: str) -> None:
        """Show a remark."""


@contextmanager
def progress(stream: TextIO, mode: Mode, total: int, *, screen: bool = True) -> Iterator[Progress]:
    """Show the progress of a run; `screen` allows a live display on a terminal."""
    if not (screen and is_terminal(stream)) or os.environ.get("TERM") == "dumb":
        yield Lines(stream, mode)
        return
    from rich.console import Console
    from rich.live import Live

    from awsbase.view.screen import Screen

    view = Screen(stream, mode, total)
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

    def __init__(self, stream: TextIO, mode: Mode) -> None:
        self._stream = stream
        self._mode = mode
        self._waited: set[tuple[str, str, str]] = set()

    def started(self, address: str) -> None: ...

    def wrote(self, address: str, change: Change) -> None:
        """Write an applied change."""
        if self._mode == "reconcile":
            self.say(f"{DONE[change.action]} {address} {change.what}")

    def waiting(self, address: str, what: str, why: str, seconds: float) -> None:
        """Write each wait once."""
        reason = (address, what, why)
        if reason not in self._waited:
            self._waited.add(reason)
            self.say(f"waiting {address} {what}: {why}, {seconds:.0f} s at most")

    def finished(self, address: str, status: str) -> None:
        """Write a failed resource."""
        if status == "failed":
            self.say(f"failed {address}")

    def say(self, text: str) -> None:
        """Write a remark."""
        write(f"{escaped(text)}\n", self._stream)
