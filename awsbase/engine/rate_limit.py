"""The rate limiter: calls are unlimited until a service throttles, then as fast as the service accepts them.

botocore's `adaptive` mode limits rates too, but gives up after its attempts, and uses only the machine's clock.
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

# After a throttled call: this part of the last second's rate. After each accepted call: so many calls a second more.
SLOWER, FASTER = 0.85, 0.02
TRIES = 20
# LimitExceededException is not one of them: nearly everywhere it means a quota, which waiting does not change.
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
    """The rate at which one service in one region accepts calls, as far as known."""

    def __init__(self) -> None:
        self._rate = math.inf
        self._next = self._slowed = -math.inf
        self._accepted: deque[float] = deque(maxlen=1000)
        self._lock = threading.Lock()

    def turn(self, now: float) -> float:
        """Reserve the next call; return the seconds until it."""
        with self._lock:
            at = max(now, self._next)
            self._next = at + 1 / self._rate
            return at - now

    def accepted(self, now: float) -> None:
        """Record a call that was not throttled."""
        with self._lock:
            self._accepted.append(now)
            self._rate += FASTER

    def throttled(self, now: float) -> None:
        """Record a throttled call, and slow down."""
        with self._lock:
            # Other calls throttled within this second were already in flight.
            if now - self._slowed < 1:
                return
            recent = sum(now - at < 1 for at in self._accepted)
            self._rate = SLOWER * min(max(recent, 0.5), self._rate)
            self._slowed = now
            self._next = max(self._next, now + 1 / self._rate)


class RateLimiter:
    """Limits the rate of each attached client, and resends throttled calls."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._never = threading.Event()

    def attach(self, client: BaseClient) -> None:
        """Limit the rate of a client from now on."""
        pace = Pace()
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"before-call.{service}", partial(self._wait, pace))
        # botocore's stubs declare that a handler returns nothing; this event takes the seconds until the resend.
        retry: Any = partial(self._retry_after, pace)
        client.meta.events.register_first(f"needs-retry.{service}", retry)

    def _wait(self, pace: Pace, **_: Any) -> None:
        if seconds := pace.turn(self._now()):
            self._clock.sleep(seconds, self._never)

    def _retry_after(self, pace: Pace, response: Any, attempts: int, **_: Any) -> int | None:
        """Return after how many seconds botocore resends; None leaves the decision to botocore."""
        if response is None:
            return None
        if response[1].get("Error", {}).get("Code") not in TOO_FAST:
            pace.accepted(self._now())
            return None
        pace.throttled(self._now())
        if attempts >= TRIES:
            return None
        self._wait(pace)
        return 0

    def _now(self) -> float:
        return self._clock.now().timestamp()
