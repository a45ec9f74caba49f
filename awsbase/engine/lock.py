"""The lock that allows one writer at a time, kept in the account as a parameter of Systems Manager.

Each acquisition puts a new generation, `/locks/awsbase/00000007`, without Overwrite, so that of two runs one succeeds.
The last generation stays after its release, with the time of the release. A run that began to read before that time
knows that its reads can be outdated. So a run without changes needs no lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from awsbase.engine.clock import Clock
from awsbase.engine.run import Interrupted
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError
from awsbase.records import record

# AWS reserves parameter names that begin with "aws".
PATH = "/locks/awsbase"
LEASE = timedelta(minutes=15)
RENEW_BELOW = timedelta(minutes=10)  # a lease is renewed when less than this is left
CHECK_INTERVAL = timedelta(seconds=30)  # between two checks that this run still holds the lock
CLOCK_SKEW = timedelta(seconds=5)  # between the clocks of two AWS services, one of which returns whole seconds


class Locked(AwsbaseError):
    """Another run writes to this account now."""


class LockLost(AwsbaseError):
    """This run lost the lock: `awsbase unlock` ended it, or its lease expired."""


@record
class Process:
    """A process that runs awsbase: its host, the space in which its process id is valid, and that id."""

    host: str
    space: str
    pid: int

    def ended(self, here: Process) -> bool:
        """Tell whether this process has certainly ended, as seen from the process `here`."""
        if self.space != here.space or self.pid == here.pid:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # it runs, under another user
            return False
        return False


def this_process() -> Process:
    """Return the calling process."""
    host = socket.gethostname()
    marks = [host, str(uuid.getnode())]
    # Containers of one machine often share a host name, and each numbers its processes from one.
    for mark in (Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")):
        if mark.exists():
            marks.append(os.readlink(mark) if mark.is_symlink() else mark.read_text().strip())
    return Process(host, hashlib.sha256(" ".join(marks).encode()).hexdigest()[:16], os.getpid())


@record
class LockGeneration:
    """One generation of the lock: its holder, since when, and when its lease expires unless it is renewed.

    `changed` is the time of the last write, by AWS's clock; the other times are by the holder's clock.
    """

    generation: int
    run: str
    owner: str
    process: Process
    since: datetime
    until: datetime
    released: bool = False
    changed: datetime | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        return f"{PATH}/{self.generation:08}"

    def __str__(self) -> str:
        return f"{self.owner} on {self.process.host} since {self.since:%Y-%m-%d %H:%M:%S} UTC"

    def free(self, now: datetime, here: Process) -> bool:
        """Tell whether another run can take the next generation."""
        return self.released or now >= self.until or self.process.ended(here)

    def released_before(self, moment: datetime) -> bool:
        """Tell whether its holder released it before `moment`, by AWS's clock."""
        return self.released and self.changed is not None and self.changed < moment - CLOCK_SKEW

    def text(self) -> str:
        """Return the value of the parameter, as JSON."""
        fields = asdict(self) | {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return json.dumps({name: value for name, value in fields.items() if name != "changed"})


def parse_generation(parameter: Any) -> LockGeneration:
    """Return the generation that a parameter holds; raises AwsbaseError when awsbase did not write it."""
    try:
        fields = json.loads(parameter["Value"])
        times = {name: datetime.fromisoformat(fields[name]) for name in ("since", "until")}
        changed = parameter.get("LastModifiedDate")
        return LockGeneration(**{**fields, **times, "process": Process(**fields["process"]), "changed": changed})
    except (ValueError, TypeError, KeyError, AttributeError):
        raise AwsbaseError(
            f"the parameter {parameter.get('Name')} is not a lock that awsbase wrote", hint="inspect it, then delete it"
        ) from None


@dataclass
class Lock:
    """The lock of one account, as one run sees it."""

    ssm: Any
    wire: Wire
    caller: str
    clock: Clock
    process: Process = field(default_factory=this_process)
    _mine: LockGeneration | None = None
    _looked: datetime | None = None
    _older: Sequence[LockGeneration] = ()
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> LockGeneration | None:
        """Return the newest generation; None when the lock was never taken."""
        generations = self._generations()
        return generations[-1] if generations else None

    @contextmanager
    def held(
        self,
        since: datetime | None,
        *,
        patience: timedelta = timedelta(0),
        stop: threading.Event | None = None,
        say: Callable[[str], object] = lambda text: None,
    ) -> Iterator[bool]:
        """Hold the lock; yield whether certainly no other run has held it since a time of AWS's clock.

        Waits up to `patience` while another run holds it. Raises Locked after that, or Interrupted once `stop` is set.
        """
        try:
            yield self._take(since, patience, stop or threading.Event(), say)
        finally:
            self._release(say)

    def check_and_renew(self) -> None:
        """Check before a write that this run still holds the lock, and renew its lease; raises LockLost if not."""
        with self._guard:
            mine, now = self._mine, self.clock.now()
            if mine is None:
                raise LockLost("this run no longer holds the lock of this account", hint="run again")
            if self._looked and now - self._looked < CHECK_INTERVAL:
                return
            newest = self.look()
            if newest is None or newest.run != mine.run:
                self._mine = None
                who = newest or "nobody: it was deleted"
                raise LockLost(f"the lock of this account was taken over by {who}", hint="run again")
            self._looked = now
            if mine.until - now < RENEW_BELOW:
                self._mine = replace(mine, until=now + LEASE)
                self._put(self._mine, overwrite=True)

    def force_release(self, held: LockGeneration) -> bool:
        """End a generation of the lock; return False when it has changed or ended meanwhile."""
        opened = replace(self._next(held), released=True)
        if self.look() != held or not self._put(opened):
            return False
        self._forget([held])
        return True

    def _take(
        self, since: datetime | None, patience: timedelta, stop: threading.Event, say: Callable[[str], object]
    ) -> bool:
        pause, started = 1.0, self.clock.now()
        while True:
            last = self.look()
            if last is None or last.free(self.clock.now(), self.process):
                if self._put_next(last):
                    return last is None or (since is not None and last.released_before(since))
            else:
                left = patience - (self.clock.now() - started)
                if left <= timedelta(0):
                    raise Locked(
                        f"the account is locked by {last}",
                        hint="let it finish (--lock-timeout 10m waits for it); `awsbase unlock` if that run has ended",
                    )
                if pause == 1.0:
                    say(f"waiting: the account is locked by {last}")
                self.clock.sleep(min(pause, left.total_seconds()), stop)
                if stop.is_set():
                    raise Interrupted
                pause = min(pause * 2, 10)

    def _put_next(self, last: LockGeneration | None) -> bool:
        mine = self._next(last)
        if not self._put(mine):
            return False
        self._mine, self._looked = mine, self.clock.now()
        # The number of a deleted generation can be put again; only the newest one counts.
        *self._older, newest = self._generations()
        if newest.run == mine.run:
            return True
        self._mine = None
        return False

    def _next(self, last: LockGeneration | None) -> LockGeneration:
        now = self.clock.now()
        generation = (last.generation if last else 0) + 1
        return LockGeneration(generation, uuid.uuid4().hex, self.caller, self.process, now, now + LEASE)

    def _release(self, say: Callable[[str], object]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        mine, self._mine = self._mine, None
        if mine is None:
            return
        try:
            self._put(replace(mine, released=True), overwrite=True)
            self._forget(self._older)
        except (BotoCoreError, ClientError) as error:
            say(f"the lock could not be released; it expires at {mine.until:%H:%M:%S} UTC: {error}")

    def _generations(self) -> list[LockGeneration]:
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=PATH)
        found = [parse_generation(parameter) for page in pages for parameter in page["Parameters"]]
        return sorted(found, key=lambda each: each.generation)

    def _put(self, generation: LockGeneration, *, overwrite: bool = False) -> bool:
        """Write a generation; return False when another run was faster."""
        from botocore.exceptions import ClientError

        try:
            with self.wire.open():
                self.ssm.put_parameter(
                    Name=generation.name, Value=generation.text(), Type="String", Overwrite=overwrite
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterAlreadyExists":
                raise
            # botocore resends a request whose answer was lost, and then our own generation exists already.
            return any(other.run == generation.run for other in self._generations())
        return True

    def _forget(self, generations: Iterable[LockGeneration]) -> None:
        for one in generations:
            with self.wire.open():
                self.ssm.delete_parameter(Name=one.name)
