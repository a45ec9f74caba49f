"""The clock, passed in as a parameter."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Returns the time and sleeps; tests and the embedded sandbox provide their own."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""

    def sleep(self, seconds: float, stop: threading.Event) -> None:
        """Sleep for `seconds`, or until `stop` is set."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float, stop: threading.Event) -> None:
        """Sleep for `seconds`, or until `stop` is set."""
        stop.wait(seconds)
