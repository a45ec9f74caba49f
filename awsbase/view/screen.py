"""The screen of a run on a terminal: what runs now, for how long, and what it waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal, TextIO

from rich.console import Group
from rich.text import Text

from awsbase.engine.changes import Change, Mode
from awsbase.records import record
from awsbase.view.stream import fitting, harmless, spells

ROWS = 8
SPINNER, ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"


@record
class Wait:
    """What something waits for, since when, and until when at most."""

    what: str
    why: str
    since: float
    until: float

    def spoken(self, now: float) -> str:
        return f"{self.what}: {self.why}, waited {now - self.since:.0f} s of {self.until - self.since:.0f} s"


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
        self._waits: dict[str, Wait] = {}
        self._remark = ""
        self._lock = threading.Lock()

    def started(self, address: str) -> None:
        with self._lock:
            self._running[address] = self._now()

    def wrote(self, address: str, change: Change) -> None:
        with self._lock:
            self._doing[address] = change.what
            self._waits.pop(address, None)

    def waiting(self, address: str, what: str, why: str, seconds: float) -> None:
        now = self._now()
        with self._lock:
            earlier = self._waits.get(address)
            since = earlier.since if earlier and earlier.what == what else now
            self._waits[address] = Wait(what, why, since, now + seconds)

    def finished(self, address: str, status: str) -> None:
        with self._lock:
            self._done += 1
            self._running.pop(address, None)
            self._doing.pop(address, None)
            self._waits.pop(address, None)

    def say(self, text: str) -> None:
        # A signal's handler says this, whoever holds the lock.
        self._remark = text

    def frame(self) -> Group:
        """Return what is to be seen at this moment."""
        now = self._now()
        with self._lock:
            running = list(self._running.items())
            waits, doing, done = dict(self._waits), dict(self._doing), self._done
        # What waits is what takes long: it is named, whatever else runs.
        running.sort(key=lambda each: each[0] not in waits)
        spinner = SPINNER if spells(self._stream) else ASCII_SPINNER
        turn = spinner[int(now * 8) % len(spinner)]
        rows = [self._row(f"{turn} {self._verb}: {done} of {self._total} done")]
        for address, since in running[:ROWS]:
            said = waits[address].spoken(now) if address in waits else doing.get(address, "")
            rows.append(self._row(f"  {address}  {now - since:.0f} s  {said}".rstrip()))
        if len(running) > ROWS:
            rows.append(self._row(f"  … and {len(running) - ROWS} more"))
        if self._remark:
            rows.append(self._row(self._remark))
        return Group(*rows)

    def _row(self, text: str) -> Text:
        overflow: Literal["ellipsis", "crop"] = "ellipsis" if spells(self._stream) else "crop"
        return Text(fitting(harmless(text), self._stream), no_wrap=True, overflow=overflow)
