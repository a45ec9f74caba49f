"""Patience with AWS: what it has just created becomes known to its services one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import TypeVar

from awsbase.engine.clock import Clock

Answer = TypeVar("Answer")

# In seconds: how long AWS may take to accept a new key, or to refuse a deleted one; how long its lists usually lag.
PATIENCE = 120
LIST_LAG = 10
PAUSE = 2.0
# What services answer to an access key that they do not know yet; a new one is known to each at another time.
UNKNOWN_KEYS = ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure")


def pauses(clock: Clock, seconds: float = PATIENCE) -> Iterator[None]:
    """Yield immediately, and then after each pause of 2 s, for so many seconds."""
    started = clock.now()
    yield
    while (clock.now() - started).total_seconds() < seconds:
        clock.sleep(PAUSE, Event())
        yield


def retry_while(
    clock: Clock, call: Callable[[], Answer], *, transient: Sequence[str], seconds: float = PATIENCE
) -> Answer:
    """Repeat a call while AWS answers with one of these error codes; raises the last error after so many seconds."""
    from botocore.exceptions import ClientError

    last: ClientError | None = None
    for _ in pauses(clock, seconds):
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in transient:
                raise
            last = error
    assert last is not None
    raise last


def wait_until(clock: Clock, look: Callable[[], Answer], enough: Callable[[Answer], bool]) -> Answer:
    """Look until what is seen is enough, for as long as AWS's lists usually lag; return what was seen last."""
    for _ in pauses(clock, LIST_LAG):
        seen = look()
        if enough(seen):
            break
    return seen
