"""What goes wrong on the way to AWS and back, on demand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Lock
from typing import Literal

from awsbase.sandbox.call_log import writes
from awsbase.sandbox.service import Codes
from awsbase.sandbox.wire import Refusal

Kind = Literal[
    "throttle",
    "500",
    "access denied",
    "slow",
    "stale",
    "reset before",
    "reset after",
    "killed before",
    "killed after",
]


class LostReply(Exception):
    """The connection broke: the caller cannot know whether the call took effect."""


class TooSlow(LostReply):
    """The reply came, after the caller had stopped waiting for it."""


class Killed(BaseException):
    """The calling process ends here, as `kill -9` would end it."""


@dataclass(frozen=True)
class Fault:
    """Meet the n-th call that matches: `write`, `read`, `call`, or a name such as `iam:CreateRole` or `kms:*`.

    *before* means that AWS never saw the call, *after* that it took effect and the reply was lost. A `slow` call took
    effect too, but nobody waited for its reply. After a `stale` write, reads are late: see `late_reads`.
    """

    kind: Kind
    at: int = 1
    on: str = "write"
    times: int = 1

    def matches(self, name: str) -> bool:
        """Return whether the fault counts this call."""
        _, _, operation = name.partition(":")
        if self.on in ("write", "read"):
            return writes(operation) == (self.on == "write")
        return self.on == "call" or fnmatchcase(name, self.on)


@dataclass
class Faults:
    """Count the calls, and say which faults each of them meets."""

    _counts: list[tuple[Fault, list[int]]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, fault: Fault) -> None:
        """Plan a fault; its calls count from now on."""
        with self._lock:
            self._counts.append((fault, [0]))

    def clear(self) -> None:
        """Plan no fault any more."""
        with self._lock:
            self._counts.clear()

    def injected(self, name: str) -> tuple[Kind, ...]:
        """Count a call, and return the faults that it meets."""
        with self._lock:
            return tuple(self._due(name))

    def _due(self, name: str) -> Iterator[Kind]:
        for fault, count in self._counts:
            if fault.matches(name):
                count[0] += 1
                if fault.at <= count[0] < fault.at + fault.times:
                    yield fault.kind


def before(kinds: tuple[Kind, ...], name: str, codes: Codes) -> None:
    """Break a call that AWS is not to see, with the codes of its service; raises Refusal or Killed or LostReply."""
    if "killed before" in kinds:
        raise Killed(name)
    if "reset before" in kinds:
        raise LostReply(name)
    if "throttle" in kinds:
        code, status = codes.throttled
        raise Refusal(code, "Rate exceeded", status)
    if "500" in kinds:
        raise Refusal(codes.failure, "We encountered an internal error.", 500)
    if "access denied" in kinds:
        code, status = codes.denied
        raise Refusal(code, f"not authorized to perform: {name}", status)


def after(kinds: tuple[Kind, ...], name: str) -> None:
    """Lose the reply to a call that took effect; raises TooSlow or Killed or LostReply."""
    if "slow" in kinds:
        raise TooSlow(name)
    if "killed after" in kinds:
        raise Killed(name)
    if "reset after" in kinds:
        raise LostReply(name)
