"""The pace of calls: as many as there are to make, until a service throttles; from then on as fast as it takes them.

botocore's own `adaptive` mode paces too, but gives a call up after its attempts, and knows no clock but the machine's.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from awsbase.engine.clock import Clock

if TYPE_CHECKING:
    from botocore.client import BaseClient

# Of what was taken in the last second, and calls a second more with each call that is taken.
SLOWER, FASTER = 0.85, 0.02
TRIES = 20
# LimitExceededException is not one of them: nearly everywhere it is a quota, and no waiting changes that.
TOO_FAST = frozenset(
    {
        "EC2ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class Pace:
    """How fast one service in one region takes calls, as far as it has let us know."""

    def __init__(self) -> None:
        self._rate = math.inf
        self._next = self._slowed = -math.inf
        self._taken: deque[float] = deque(maxlen=1000)
        self._lock = threading.Lock()

    def turn(self, now: float) -> float:
        """Take the next turn; return how many seconds away it is."""
        with self._lock:
            at = max(now, self._next)
            self._next = at + 1 / self._rate
            return at - now

    def taken(self, now: float) -> None:
        """Note a call that was not throttled."""
        with self._lock:
            self._taken.append(now)
            self._rate += FASTER

    def throttled(self, now: float) -> None:
        """Note a call that was, and slow down."""
        with self._lock:
            # What else is refused within this second was on its way already.
            if now - self._slowed < 1:
                return
            lately = sum(now - at < 1 for at in self._taken)
            self._rate = SLOWER * min(max(lately, 0.5), self._rate)
            self._slowed = now
            self._next = max(self._next, now + 1 / self._rate)


class RateLimiter:
    """Gives every client that it is attached to a pace of its own, and sends again what was throttled."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._never = threading.Event()

    def attach(self, client: BaseClient) -> None:
        """Pace a client from now on."""
        pace = Pace()
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"before-call.{service}", partial(self._wait, pace))
        # botocore's stubs say that a handler returns nothing; this event takes the seconds until it is sent again.
        heard: Any = partial(self._heard, pace)
        client.meta.events.register_first(f"needs-retry.{service}", heard)

    def _wait(self, pace: Pace, **_: Any) -> None:
        if seconds := pace.turn(self._now()):
            self._clock.sleep(seconds, self._never)

    def _heard(self, pace: Pace, response: Any, attempts: int, **_: Any) -> int | None:
        """Return in how many seconds botocore shall send again; nothing leaves that to botocore."""
        if response is None:
            return None
        if response[1].get("Error", {}).get("Code") not in TOO_FAST:
            pace.taken(self._now())
            return None
        pace.throttled(self._now())
        if attempts >= TRIES:
            return None
        self._wait(pace)
        return 0

    def _now(self) -> float:
        return self._clock.now().timestamp()
