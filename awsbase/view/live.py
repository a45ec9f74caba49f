"""Progress on stderr: on a terminal what runs now and for how long, elsewhere a line for each change made."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from awsbase.engine.changes import Change, Mode
from awsbase.engine.run import Watch
from awsbase.view.stream import fitting, harmless, is_terminal, spells, write
from awsbase.view.tree import DONE

ROWS = 8
SPINNER, ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"


class Progress(Watch, Protocol):
    """A watch that can also pass on what the program itself has to say meanwhile."""

    def say(self, text: str) -> None:
        """Show a remark."""


@contextmanager
def progress(stream: TextIO, mode: Mode, total: int, *, screen: bool = True) -> Iterator[Progress]:
    """Show how a run goes on until the block ends; `screen` says whether a terminal may be drawn on."""
    if not (screen and is_terminal(stream)) or os.environ.get("TERM") == "dumb":
        yield Lines(stream, mode)
        return
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

    def waiting(self, address: str, change: Change, code: str) -> None:
        reason = (address, change.what, code)
        if reason not in self._waited:
            self._waited.add(reason)
            self.say(f"waiting {address} {change.what}: AWS answers {code}")

    def finished(self, address: str, status: str) -> None:
        if status == "failed":
            self.say(f"failed {address}")

    def say(self, text: str) -> None:
        write(f"{harmless(text)}\n", self._stream)


class Screen:
    """Keep what runs now, since when, and what it waits for; draw it when asked."""

    def __init__(self, stream: TextIO, mode: Mode, total: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._verb = "planning" if mode == "plan" else "reconciling"
        self._total = total
        self._done = 0
        self._now = now
        self._running: dict[str, float] = {}
        self._doing: dict[str, str] = {}
        self._remark = ""
        self._lock = threading.Lock()

    def started(self, address: str) -> None:
        with self._lock:
            self._running[address] = self._now()

    def wrote(self, address: str, change: Change) -> None:
        with self._lock:
            self._doing[address] = change.what

    def waiting(self, address: str, change: Change, code: str) -> None:
        with self._lock:
            self._doing[address] = f"{change.what}: waiting, AWS answers {code}"

    def finished(self, address: str, status: str) -> None:
        with self._lock:
            self._done += 1
            self._running.pop(address, None)
            self._doing.pop(address, None)

    def say(self, text: str) -> None:
        # A signal's handler says this, whoever holds the lock.
        self._remark = text

    def frame(self) -> Group:
        """Return what is to be seen at this moment."""
        now = self._now()
        with self._lock:
            running = [(address, since, self._doing.get(address, "")) for address, since in self._running.items()]
            done = self._done
        spinner = SPINNER if spells(self._stream) else ASCII_SPINNER
        turn = spinner[int(now * 8) % len(spinner)]
        rows = [self._row(f"{turn} {self._verb}: {done} of {self._total} done")]
        for address, since, doing in running[:ROWS]:
            rows.append(self._row(f"  {address}  {now - since:.0f} s  {doing}".rstrip()))
        if len(running) > ROWS:
            rows.append(self._row(f"  … and {len(running) - ROWS} more"))
        if self._remark:
            rows.append(self._row(self._remark))
        return Group(*rows)

    def _row(self, text: str) -> Text:
        overflow: Literal["ellipsis", "crop"] = "ellipsis" if spells(self._stream) else "crop"
        return Text(fitting(harmless(text), self._stream), no_wrap=True, overflow=overflow)
