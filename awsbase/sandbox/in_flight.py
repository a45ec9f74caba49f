"""Which writes overlap: some services of AWS refuse a write that arrives while another one is still at work."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Condition, local


@dataclass
class InFlight:
    """Count the writes that arrive and that take effect, by service.

    The sandbox carries requests out one after the other. So two writes overlap when one of them arrives before the
    other one is done: whoever waits for each answer is never refused.
    """

    arrived: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    changed: Condition = field(default_factory=Condition, repr=False)
    _request: local = field(default_factory=local, repr=False)

    def arrive(self, service: str) -> None:
        """Note that a write of this thread has arrived."""
        with self.changed:
            self.arrived[service] += 1
            self._request.done = self.done[service]
            self.changed.notify_all()

    def overlaps(self, service: str) -> bool:
        """Return whether another write took effect since this thread's one arrived."""
        with self.changed:
            return bool(self.done[service] != self._request.done)

    def finish(self, service: str) -> None:
        """Note that a write took effect."""
        with self.changed:
            self.done[service] += 1

    def wait_for(self, service: str, arrived: int, seconds: float) -> bool:
        """Wait until so many writes have arrived; return whether they have."""
        with self.changed:
            return self.changed.wait_for(lambda: self.arrived[service] >= arrived, seconds)
