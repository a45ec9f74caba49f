"""Progress on stderr: on a terminal what runs now and for how long, elsewhere a line for each change made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from awsbase.engine.changes import Change, Mode
from awsbase.engine.run import Observer
from awsbase.view.stream import harmless, is_terminal, write
from awsbase.view.tree import DONE


class Progress(Observer, Protocol):
    """A watch that can also pass on what the program itself has to say meanwhile."""

    def say(self, text: str) -> None:
        """Show a remark."""


@contextmanager
def progress(stream: TextIO, mode: Mode, total: int, *, screen: bool = True) -> Iterator[Progress]:
    """Show how a run goes on until the block ends; `screen` says whether a terminal may be drawn on."""
    if not (screen and is_terminal(stream)) or os.environ.get("TERM") == "dumb":
        yield Lines(stream, mode)
        return
    from rich.console import Console
    from rich.live import Live

    from awsbase.view.screen import Screen

    view = Screen(stream, mode, total)
    # stdout is the result and may be somewhere else altogether.
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
    """Tell each change as one line when it is made; a plan's changes are its result, not its progress."""

    def __init__(self, stream: TextIO, mode: Mode) -> None:
        self._stream = stream
        self._mode = mode
        self._waited: set[tuple[str, str, str]] = set()

    def started(self, address: str) -> None: ...

    def wrote(self, address: str, change: Change) -> None:
        if self._mode == "reconcile":
            self.say(f"{DONE[change.action]} {address} {change.what}")

    def waiting(self, address: str, what: str, why: str, seconds: float) -> None:
        reason = (address, what, why)
        if reason not in self._waited:
            self._waited.add(reason)
            self.say(f"waiting {address} {what}: {why}, {seconds:.0f} s at most")

    def finished(self, address: str, status: str) -> None:
        if status == "failed":
            self.say(f"failed {address}")

    def say(self, text: str) -> None:
        write(f"{harmless(text)}\n", self._stream)
