"""One writer at a time: a lock that lives in the account, as a parameter of Systems Manager.

Every taking of the lock is a new generation, `/locks/awsbase/00000007`, put without Overwrite: of two who try, one
succeeds. The last generation stays when it is released, and AWS keeps when that was: whoever began to look at the
account before then knows that what he saw may be old. So nobody has to look at the lock who has nothing to write.
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

# Names may not begin with "aws".
PATH = "/locks/awsbase"
LEASE = timedelta(minutes=15)
RENEW_BELOW = timedelta(minutes=10)  # left of the lease when it is renewed
CHECK_INTERVAL = timedelta(seconds=30)  # between two looks whether the lock is still ours
CLOCK_SKEW = timedelta(seconds=5)  # that the clocks of two of AWS's services may be, one of which tells whole seconds


class Locked(AwsbaseError):
    """Somebody else writes to this account at this moment."""


class LockLost(AwsbaseError):
    """The lock was taken from this run: by `awsbase unlock`, or because the run slept through its lease."""


@record
class Process:
    """A process that runs awsbase: on which host, and where its number means something."""

    host: str
    space: str
    pid: int

    def ended(self, here: Process) -> bool:
        """Tell whether this process is known to be over, as seen from the process `here`."""
        if self.space != here.space or self.pid == here.pid:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # it is there, and somebody else's
            return False
        return False


def this_process() -> Process:
    """Describe the process that calls."""
    host = socket.gethostname()
    marks = [host, str(uuid.getnode())]
    # Containers of one machine often share a host name, and each counts its processes from one.
    for mark in (Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")):
        if mark.exists():
            marks.append(os.readlink(mark) if mark.is_symlink() else mark.read_text().strip())
    return Process(host, hashlib.sha256(" ".join(marks).encode()).hexdigest()[:16], os.getpid())


@record
class LockGeneration:
    """One generation of the lock: who holds or held it, since when, and until when if nothing more is heard of him.

    `changed` is when this was last written, by AWS's clock; the other times are by that of the holder.
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
        """Tell whether the next generation may be taken."""
        return self.released or now >= self.until or self.process.ended(here)

    def released_before(self, moment: datetime) -> bool:
        """Tell whether its holder had written the last before a moment of AWS's clock."""
        return self.released and self.changed is not None and self.changed < moment - CLOCK_SKEW

    def text(self) -> str:
        """Return what the parameter says."""
        said = asdict(self) | {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return json.dumps({name: value for name, value in said.items() if name != "changed"})


def parse_generation(parameter: Any) -> LockGeneration:
    """Read a parameter of the lock; raises AwsbaseError when somebody else wrote it."""
    try:
        said = json.loads(parameter["Value"])
        times = {name: datetime.fromisoformat(said[name]) for name in ("since", "until")}
        changed = parameter.get("LastModifiedDate")
        return LockGeneration(**{**said, **times, "process": Process(**said["process"]), "changed": changed})
    except (ValueError, TypeError, KeyError, AttributeError):
        raise AwsbaseError(
            f"the parameter {parameter.get('Name')} is not a lock that awsbase wrote", hint="look at it, and delete it"
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
        """Return the newest generation, or nothing if the lock was never taken."""
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
        """Hold the lock meanwhile; yields whether certainly nobody else has since a moment of AWS's clock.

        Waits as long as `patience` says while somebody else holds it, then raises Locked; Interrupted once `stop` is
        set.
        """
        try:
            yield self._take(since, patience, stop or threading.Event(), say)
        finally:
            self._release(say)

    def check_and_renew(self) -> None:
        """Make sure, before a write, that the lock is still ours; renew its lease in time. Raises LockLost."""
        with self._guard:
            mine, now = self._mine, self.clock.now()
            if mine is None:
                raise LockLost("the lock of this account is somebody else's by now", hint="run again")
            if self._looked and now - self._looked < CHECK_INTERVAL:
                return
            newest = self.look()
            if newest is None or newest.run != mine.run:
                self._mine = None
                raise LockLost(f"the lock of this account was taken over by {newest or 'nobody'}", hint="run again")
            self._looked = now
            if mine.until - now < RENEW_BELOW:
                self._mine = replace(mine, until=now + LEASE)
                self._put(self._mine, overwrite=True)

    def force_release(self, held: LockGeneration) -> bool:
        """End a generation of the lock, unless it has ended by now."""
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
                        hint="let it finish (--lock-timeout 10m waits for it); `awsbase unlock` if that run is no more",
                    )
                if pause == 1.0:
                    say(f"waiting for {last}, who has locked the account")
                self.clock.sleep(min(pause, left.total_seconds()), stop)
                if stop.is_set():
                    raise Interrupted
                pause = min(pause * 2, 10)

    def _put_next(self, last: LockGeneration | None) -> bool:
        mine = self._next(last)
        if not self._put(mine):
            return False
        self._mine, self._looked = mine, self.clock.now()
        # The number of a generation that was deleted can be put again; only the newest one counts.
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
            say(f"the lock could not be released, and ends at {mine.until:%H:%M:%S} UTC by itself: {error}")

    def _generations(self) -> list[LockGeneration]:
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=PATH)
        found = [parse_generation(parameter) for page in pages for parameter in page["Parameters"]]
        return sorted(found, key=lambda each: each.generation)

    def _put(self, holding: LockGeneration, *, overwrite: bool = False) -> bool:
        """Write a generation; returns False when somebody else was faster."""
        from botocore.exceptions import ClientError

        try:
            with self.wire.open():
                self.ssm.put_parameter(Name=holding.name, Value=holding.text(), Type="String", Overwrite=overwrite)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterAlreadyExists":
                raise
            # botocore sends again what got no answer, and then it is ours that exists already.
            return any(other.run == holding.run for other in self._generations())
        return True

    def _forget(self, generations: Iterable[LockGeneration]) -> None:
        for one in generations:
            with self.wire.open():
                self.ssm.delete_parameter(Name=one.name)
