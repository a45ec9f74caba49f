"""The live display of a run on a terminal: what runs, for how long, and what it waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal, TextIO

from rich.console import Group
from rich.text import Text

from awsbase.engine.changes import Change
from awsbase.records import record
from awsbase.view.stream import encodable, escaped, supports_unicode

ROWS = 8
SPINNER, ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"


@record
class Wait:
    """A wait for propagation: its reason, its start, and its latest end, in seconds of the monotonic clock."""

    what: str
    why: str
    since: float
    until: float

    def described(self, now: float) -> str:
        """Return the wait as text."""
        return f"{self.what}: {self.why}, waited {now - self.since:.0f} s of {self.until - self.since:.0f} s"


class Screen:
    """An observer that records what runs and waits, and draws it on request; `total` is None where nobody knows it."""

    def __init__(
        self, stream: TextIO, doing: str, total: int | None, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._verb = doing
        self._total = total
        self._done = 0
        self._now = now
        self._running: dict[str, float] = {}
        self._doing: dict[str, str] = {}
        self._waits: dict[str, Wait] = {}
        self._remark = ""
        self._lock = threading.Lock()

    def started(self, address: str) -> None:
        """Record a running resource."""
        with self._lock:
            self._running[address] = self._now()

    def wrote(self, address: str, change: Change) -> None:
        """Record the latest change of a resource."""
        with self._lock:
            self._doing[address] = change.what
            self._waits.pop(address, None)

    def waiting(self, address: str, what: str, why: str, seconds: float) -> None:
        """Record a wait."""
        now = self._now()
        with self._lock:
            earlier = self._waits.get(address)
            since = earlier.since if earlier and earlier.what == what else now
            self._waits[address] = Wait(what, why, since, now + seconds)

    def finished(self, address: str, status: str) -> None:
        """Remove a finished resource."""
        with self._lock:
            self._done += 1
            self._running.pop(address, None)
            self._doing.pop(address, None)
            self._waits.pop(address, None)

    def say(self, text: str) -> None:
        """Show a remark below the resources."""
        # A signal handler calls this, so it must not take the lock.
        self._remark = text

    def frame(self) -> Group:
        """Return the current display."""
        now = self._now()
        with self._lock:
            running = list(self._running.items())
            waits, doing, done = dict(self._waits), dict(self._doing), self._done
        # Waiting resources take longest, so they come first.
        running.sort(key=lambda each: each[0] not in waits)
        spinner = SPINNER if supports_unicode(self._stream) else ASCII_SPINNER
        turn = spinner[int(now * 8) % len(spinner)]
        of = "" if self._total is None else f" of {self._total}"
        rows = [self._row(f"{turn} {self._verb}: {done}{of} done")]
        for address, since in running[:ROWS]:
            activity = waits[address].described(now) if address in waits else doing.get(address, "")
            rows.append(self._row(f"  {address}  {now - since:.0f} s  {activity}".rstrip()))
        if len(running) > ROWS:
            rows.append(self._row(f"  … and {len(running) - ROWS} more"))
        if self._remark:
            rows.append(self._row(self._remark))
        return Group(*rows)

    def _row(self, text: str) -> Text:
        overflow: Literal["ellipsis", "crop"] = "ellipsis" if supports_unicode(self._stream) else "crop"
        return Text(encodable(escaped(text), self._stream), no_wrap=True, overflow=overflow)
