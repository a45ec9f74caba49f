"""The sandbox's clock: real time, and as much of the future as a test asks for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Lock


@dataclass
class Clock:
    """Return the time; sleeping moves the clock instead of making anybody wait."""

    ahead: timedelta = timedelta()
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __call__(self) -> datetime:
        """Return the sandbox's present moment, in UTC."""
        return datetime.now(UTC) + self.ahead

    def now(self) -> datetime:
        """Return the sandbox's present moment, as a run asks for it."""
        return self()

    def time(self) -> float:
        """Return the sandbox's present moment in seconds since the epoch."""
        return self().timestamp()

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        with self._lock:
            self.ahead += timedelta(seconds=seconds)

    def sleep(self, seconds: float, stop: Event | None = None) -> None:
        """Let time pass at once, for a run that waits."""
        self.advance(seconds)
