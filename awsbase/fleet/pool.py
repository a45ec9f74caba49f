"""Many items on one machine: a pool of processes, each with one account at a time.

A process that ends, or takes too long, costs the others nothing. Each is replaced after some accounts, so that memory
is bounded by construction.
"""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from awsbase.fleet.item import Item
from awsbase.fleet.results import Result, failure, read_result
from awsbase.fleet.worker import Begin, begin, serve

if TYPE_CHECKING:
    from awsbase.organization.reach import Sessions

DEADLINE = 600.0  # seconds for one account
RECYCLE = 200  # accounts, after which a process is replaced
TRIES = 2  # a second process takes over the account of one that ended
GOING = 5.0  # seconds for a process that has nothing to do any more

Unit = Callable[[Item, threading.Event], Result]
"""Carries out an item, and gives up early once the event is set."""


def unit_of(sessions: Sessions) -> Unit:
    """Return the work on real accounts that these sessions open."""
    from awsbase.fleet.work import work

    return lambda item, stop: work(item, sessions.to, stop=stop)


def one_by_one(
    items: Iterable[Item], unit: Unit, stop: threading.Event, deadline: float = DEADLINE
) -> Iterator[Result]:
    """Yield the results of items that this process carries out itself; once `stop` is set, it begins no more."""
    for item in items:
        if stop.is_set():
            return
        late = threading.Event()
        timer = threading.Timer(deadline, late.set)
        timer.daemon = True
        timer.start()
        try:
            result = unit(item, late)
        finally:
            timer.cancel()
        yield too_late(item, deadline) if late.is_set() and result.failing else result


def too_late(item: Item, deadline: float) -> Result:
    """Return the result of an account that took too long."""
    hint = "the next run finishes it; `--deadline` gives each account more time"
    return replace(failure(item, "failed", f"it was not done within {deadline:.0f} s", hint), seconds=deadline)


@dataclass
class Worker:
    """A process of the pool, and what it does now."""

    process: multiprocessing.process.BaseProcess
    connection: Connection
    item: Item | None = None
    since: float = 0.0
    served: int = 0


@dataclass
class Pool:
    """Processes that carry out items: `jobs` at a time, each for `deadline` seconds at most."""

    jobs: int
    begin: Begin = begin
    deadline: float = DEADLINE
    recycle: int = RECYCLE
    now: Callable[[], float] = time.monotonic
    _workers: list[Worker] = field(default_factory=list)
    _tries: dict[str, int] = field(default_factory=dict)

    def results(self, items: Iterable[Item], stop: threading.Event) -> Iterator[Result]:
        """Yield results as they come. Once `stop` is set no account is begun, and those in flight are finished."""
        left, again = iter(items), deque[Item]()
        try:
            while True:
                while not stop.is_set() and len(self._busy) < self.jobs:
                    item = again.popleft() if again else next(left, None)
                    if item is None:
                        break
                    self._give(item)
                if not self._busy:
                    return
                for worker in self._ready():
                    result = self._taken(worker)
                    if result is not None:
                        yield result
                    elif self._tries[(item := self._ended(worker)).account] < TRIES:
                        again.append(item)
                    else:
                        yield failure(item, "failed", "its process ended, twice", "was it killed for lack of memory?")
                yield from self._expired()
        finally:
            self._close()

    @property
    def _busy(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.item]

    def _give(self, item: Item) -> None:
        """Give an item to a process that has none, or to a new one."""
        worker = next((each for each in self._workers if not each.item), None) or self._start()
        worker.item, worker.since = item, self.now()
        # A process that has ended is found ready, and its account is given to another.
        with suppress(OSError):
            worker.connection.send_bytes(json.dumps(item.document()).encode())

    def _start(self) -> Worker:
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=serve, args=(theirs, self.begin), daemon=True)
        process.start()
        theirs.close()
        worker = Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _ready(self) -> list[Worker]:
        """Wait for processes that have a result or have ended, and for the next deadline at most."""
        busy = {worker.connection: worker for worker in self._busy}
        first = min(worker.since for worker in busy.values()) + self.deadline - self.now()
        return [busy[each] for each in wait(list(busy), timeout=max(first, 0)) if isinstance(each, Connection)]

    def _taken(self, worker: Worker) -> Result | None:
        """Take the result of a process; None when it ended without one."""
        try:
            result = read_result(json.loads(worker.connection.recv_bytes()))
        except (EOFError, OSError):
            return None
        worker.item, worker.served = None, worker.served + 1
        if worker.served >= self.recycle:
            self._drop(worker)
        return result

    def _ended(self, worker: Worker) -> Item:
        """Return the item of a process that ended."""
        item = worker.item
        assert item
        self._tries[item.account] = self._tries.get(item.account, 0) + 1
        self._drop(worker)
        return item

    def _expired(self) -> Iterator[Result]:
        """Kill processes whose account takes too long, and yield its result."""
        for worker in self._busy:
            if worker.item and self.now() - worker.since >= self.deadline:
                item = worker.item
                worker.process.kill()
                self._drop(worker)
                yield too_late(item, self.deadline)

    def _drop(self, worker: Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join(GOING)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()

    def _close(self) -> None:
        for worker in self._busy:
            worker.process.kill()
        for worker in list(self._workers):
            worker.connection.close()
        for worker in list(self._workers):
            self._drop(worker)
