"""The lock that allows one writer at a time, kept in the account as a parameter of Systems Manager.

Each acquisition puts a new generation, `/locks/awsbase/00000007`, without Overwrite, so that of two runs one succeeds.
The last generation stays after its release, with the time of the release. A run that began to read before that time
knows that its reads can be outdated. So a run without changes needs no lock.

AWS's reads lag behind its writes by seconds, those of Systems Manager, too. A put without Overwrite that succeeded is
ours, also while AWS does not show it. A run that follows another one waits until reads show what that one wrote.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from awsbase.aws import response_time
from awsbase.engine.clock import Clock
from awsbase.engine.facts import Facts
from awsbase.engine.propagation import Interrupted
from awsbase.engine.refusals import is_refusal
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError
from awsbase.records import record

# AWS reserves parameter names that begin with "aws".
PATH = "/locks/awsbase"
LEASE = timedelta(minutes=15)
RENEW_BELOW = timedelta(minutes=10)  # a lease is renewed when less than this is left
CHECK_INTERVAL = timedelta(seconds=30)  # between two checks that this run still holds the lock
CLOCK_SKEW = timedelta(seconds=5)  # between the clocks of two AWS services, one of which returns whole seconds
READ_LAG = timedelta(seconds=10)  # after which AWS's reads show what was written
SHOWN_WITHIN = timedelta(minutes=1)  # the longest wait for a parameter that AWS accepted or says is there


class Locked(AwsbaseError):
    """Another run writes to this account now."""


class LockNotShown(AwsbaseError):
    """AWS has accepted this run's lock, or refused it for another one, and does not show it."""


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
    import socket

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

    `changed` is the time of the last write, by AWS's clock; `since` and `until` are by the holder's clock. `manifest`
    is the fingerprint of what the run reconciles, and `finished` tells whether it came to its end. `began` is since
    when, by AWS's clock, runs of this manifest have not: what was made since may be half made.
    """

    generation: int
    run: str
    owner: str
    process: Process
    since: datetime
    until: datetime
    released: bool = False
    changed: datetime | None = field(default=None, compare=False)
    manifest: str = ""
    began: datetime | None = None
    finished: bool = True

    @property
    def name(self) -> str:
        return f"{PATH}/{self.generation:08}"

    def __str__(self) -> str:
        return f"{self.owner} on {self.process.host} since {self.since:%Y-%m-%d %H:%M:%S} UTC"

    def free(self, now: datetime, here: Process) -> bool:
        """Tell whether another run can take the next generation; `now` is by AWS's clock."""
        return self.released or now >= self.expires or self.process.ended(here)

    @property
    def expires(self) -> datetime:
        """When its lease expires: AWS says when it was written last, and the holder's clock can be wrong."""
        return self.changed + LEASE if self.changed else self.until

    def released_before(self, moment: datetime) -> bool:
        """Tell whether its holder released it so long before `moment`, by AWS's clock, that reads then showed all."""
        return self.released and self.changed is not None and self.changed < moment - CLOCK_SKEW - READ_LAG

    def text(self) -> str:
        """Return the value of the parameter, as JSON."""
        times = {"since": self.since, "until": self.until, "began": self.began}
        fields = asdict(self) | {name: time and time.isoformat() for name, time in times.items()}
        return json.dumps({name: value for name, value in fields.items() if name != "changed"})


def parse_generation(parameter: Any) -> LockGeneration:
    """Return the generation that a parameter holds; raises AwsbaseError when awsbase did not write it."""
    name = str(parameter.get("Name"))
    try:
        read = understood(json.loads(parameter["Value"]), parameter.get("LastModifiedDate"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        read = None
    if read is None or read.name != name:
        raise AwsbaseError(
            f"the parameter {name} is not a lock that awsbase wrote, so nobody can tell whether a run holds it",
            hint=f"make sure that no run is under way, then: aws ssm delete-parameter --name {shlex.quote(name)}",
        )
    return read


def understood(fields: Mapping[str, Any], changed: datetime | None) -> LockGeneration:
    """Return the generation that the fields of a parameter describe.

    Fields of a newer version are left out. Raises ValueError, TypeError, KeyError or AttributeError when there is none.
    """
    kinds = {"generation": int, "run": str, "owner": str, "released": bool, "manifest": str, "finished": bool}
    known = {name: fields[name] for name in kinds if name in fields}
    times: dict[str, Any] = {
        name: datetime.fromisoformat(fields[name]) for name in ("since", "until", "began") if fields.get(name)
    }
    process = Process(*(fields["process"][name] for name in ("host", "space", "pid")))
    if any(type(value) is not kinds[name] for name, value in known.items()) or any(
        time.utcoffset() is None for time in times.values()
    ):
        raise TypeError("a field of another type")
    if (type(process.host), type(process.space), type(process.pid)) != (str, str, int):
        raise TypeError("a process of another type")
    return LockGeneration(**known, **times, process=process, changed=changed)


def generations(ssm: Any) -> tuple[list[LockGeneration], datetime | None]:
    """Return the generations of the lock, the newest last, and when AWS answered, by its own clock."""
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path=PATH))
    found = [parse_generation(parameter) for page in pages for parameter in page["Parameters"]]
    return sorted(found, key=lambda each: each.generation), response_time(pages[-1])


def unfinished(facts: Facts, manifest: str) -> datetime | None:
    """Return since when runs of a manifest have not come to their end; None when that is not known to be so."""
    from botocore.exceptions import ClientError

    try:
        known, _ = generations(facts.aws.ssm)
    except ClientError as error:
        if not is_refusal(error):
            raise
        return None
    except AwsbaseError:
        return None
    return known[-1].began if known and not known[-1].finished and known[-1].manifest == manifest else None


@dataclass
class Lock:
    """The lock of one account, as one run sees it."""

    ssm: Any
    wire: Wire
    caller: str
    clock: Clock
    process: Process = field(default_factory=this_process)
    manifest: str = ""
    _finished: bool = False
    _goes_on: bool = False
    _reached: datetime | None = None
    _mine: LockGeneration | None = None
    _looked: datetime | None = None
    _seen: datetime | None = None
    _renewed: datetime | None = None
    _older: Sequence[LockGeneration] = ()
    _stop: threading.Event = field(default_factory=threading.Event)
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
        """Hold the lock; yield whether reads since a time of AWS's clock certainly show all that others wrote.

        Waits up to `patience` while another run holds it. Raises Locked after that, or Interrupted once `stop` is set.
        If the answer is no, it has waited until reads show what the last holder wrote.
        """
        self._stop = stop or self._stop
        try:
            last = self._take(patience, say)
            yield last is None or self._settled(last, since, say)
        finally:
            self._release(say)

    def check_and_renew(self) -> None:
        """Check before a write that this run still holds the lock, and renew its lease; raises LockLost if not."""
        with self._guard:
            mine, now = self._mine, self.clock.now()
            if mine is None:
                raise LockLost("this run no longer holds the lock of this account", hint="run again")
            if not self._passed(CHECK_INTERVAL, since=self._looked, seen=self._seen):
                return
            try:
                # AWS has shown it before: reads that lag behind its deletion, or its renewal, catch up soon.
                newest = self._shown(mine, within=READ_LAG)[-1]
            except LockNotShown:
                self._mine = None
                raise LockLost("the lock of this account was deleted", hint="run again") from None
            if newest.run != mine.run:
                self._mine = None
                raise LockLost(f"the lock of this account was taken over by {newest}", hint="run again")
            self._looked, self._seen = now, self.wire.reached
            if self._passed(LEASE - RENEW_BELOW, since=mine.until - LEASE, seen=self._renewed):
                self._mine = replace(mine, until=now + LEASE)
                self._put(self._mine, overwrite=True)

    def _passed(self, time: timedelta, *, since: datetime | None, seen: datetime | None) -> bool:
        """Tell whether a time has passed, by the clock of this machine or of AWS, whose last answer may tell of more.

        A machine that was suspended can wake up with the time at which it fell asleep.
        """
        reached = self.wire.reached
        by_aws = reached is not None and seen is not None and reached - seen >= time
        return since is None or self.clock.now() - since >= time or by_aws

    def finish(self, *, whole: bool) -> None:
        """Record, when the lock is released, that this run has come to its end.

        A run of a part of the manifest does not end what an interrupted one has begun.
        """
        self._finished = whole or not self._goes_on

    def force_release(self, held: LockGeneration) -> bool:
        """End a generation of the lock; return False when it has changed or ended meanwhile."""
        opened = replace(
            self._next(held), released=True, manifest=held.manifest, began=held.began, finished=held.finished
        )
        if self.look() != held or not self._put(opened):
            return False
        self._forget([held])
        return True

    @property
    def _now(self) -> datetime:
        """When AWS listed the generations last, by its own clock."""
        return self._reached or self.clock.now()

    def _take(self, patience: timedelta, say: Callable[[str], object]) -> LockGeneration | None:
        """Take the lock and return the generation before this one; raises Locked or Interrupted."""
        pause, started, last = 1.0, self.clock.now(), self.look()
        if last and not last.free(self._now, self.process):
            # AWS can still show a lock that was released a moment ago.
            self._pause(READ_LAG.total_seconds() / 5)
            last = self.look()
        while True:
            if last is None or last.free(self._now, self.process):
                if self._put_next(last):
                    return last
            else:
                left = patience - (self.clock.now() - started)
                if left <= timedelta(0):
                    raise Locked(
                        f"the account is locked by {last}",
                        hint="let it finish (--lock-timeout 10m waits for it); if that run has ended, "
                        "`awsbase unlock MANIFEST`",
                    )
                if pause == 1.0:
                    say(f"waiting: the account is locked by {last}")
                self._pause(min(pause, left.total_seconds()))
                pause = min(pause * 2, 10)
            last = self.look()

    def _settled(self, last: LockGeneration, since: datetime | None, say: Callable[[str], object]) -> bool:
        """Tell whether reads since a time of AWS's clock show what the last holder wrote; if not, wait until they do.

        A holder that did not release the lock can have written until now.
        """
        if since is not None and last.released_before(since):
            return True
        age = since - last.changed if since and last.released and last.changed else timedelta(0)
        if (left := (READ_LAG - max(age, timedelta(0))).total_seconds()) > 0:
            say(f"waiting {left:.0f} seconds: another run wrote to this account a moment ago")
            self._pause(left)
        return False

    def _pause(self, seconds: float) -> None:
        self.clock.sleep(seconds, self._stop)
        if self._stop.is_set():
            raise Interrupted

    def _put_next(self, last: LockGeneration | None) -> bool:
        mine = self._next(last)
        if not self._put(mine):
            return False
        self._mine, self._looked, self._seen = mine, self.clock.now(), self.wire.reached
        # The number of a deleted generation can be put again; only the newest one counts.
        *self._older, newest = self._shown(mine)
        if newest.run == mine.run:
            return True
        self._mine = None
        return False

    def _shown(
        self, one: LockGeneration, *, anybodys: bool = False, within: timedelta = SHOWN_WITHIN
    ) -> list[LockGeneration]:
        """List the generations once AWS shows this one (or its number, if it may be `anybodys`) or a later one.

        Raises LockNotShown when it does not within that time.
        """
        started, pause = self.clock.now(), 0.5
        number = one.generation - 1 if anybodys else one.generation
        while True:
            listed = self._generations()
            if any(other.run == one.run or other.generation > number for other in listed):
                return listed
            if self.clock.now() - started > within:
                raise LockNotShown(f"AWS has the lock {one.name} and does not show it", hint="run again in a while")
            self._pause(pause)
            pause = min(pause * 2, 10)

    def _next(self, last: LockGeneration | None) -> LockGeneration:
        now = self.clock.now()
        generation = (last.generation if last else 0) + 1
        self._goes_on = last is not None and not last.finished and last.manifest == self.manifest
        return LockGeneration(
            generation,
            uuid.uuid4().hex,
            self.caller,
            self.process,
            now,
            now + LEASE,
            manifest=self.manifest,
            began=last.began if last and self._goes_on else self._reached,
            finished=False,
        )

    def _release(self, say: Callable[[str], object]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        mine, self._mine = self._mine, None
        if mine is None:
            return
        try:
            self._put(replace(mine, released=True, finished=self._finished), overwrite=True)
            self._forget(self._older)
        except (BotoCoreError, ClientError) as error:
            say(f"the lock could not be released; it expires at {mine.until:%H:%M:%S} UTC: {error}")

    def _generations(self) -> list[LockGeneration]:
        found, self._reached = generations(self.ssm)
        return found

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
            return any(other.run == generation.run for other in self._shown(generation, anybodys=True))
        self._renewed = self.wire.reached
        return True

    def _forget(self, generations: Iterable[LockGeneration]) -> None:
        from botocore.exceptions import ClientError

        for one in generations:
            try:
                with self.wire.open():
                    self.ssm.delete_parameter(Name=one.name)
            except ClientError as error:
                # The list can still have shown one that another run has deleted.
                if error.response["Error"]["Code"] != "ParameterNotFound":
                    raise
