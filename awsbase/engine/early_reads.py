"""Reads that begin while AWS is asked who the caller is: their connections are opened, and nothing is sent.

A run would wait for that answer, and then for the handshakes of all that it reads. Later it connects for its lock and
its first writes in the same way.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from awsbase.aws import Aws
from awsbase.engine.facts import WORKERS, Facts, Read, ReadCache

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel


class NotSent(Exception):
    """A call was not sent: the account or its caller is not the right one."""


class EarlyReads:
    """The reads of a run that begin before its account is known, and the threads that make them."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._cache = ReadCache()
        self._readers = self._cache.begun = ThreadPoolExecutor(workers, "fact")
        # Whether AWS is asked who the caller is, or never will be; whether that is known, or never will be.
        self._asked, self._known = threading.Event(), threading.Event()
        self._allowed, self._deciding = False, threading.Lock()
        self._connecting: defaultdict[str, deque[threading.Thread]] = defaultdict(deque)

    def attach(self, client: BaseClient) -> None:
        """Hold the calls of a client until the account is known."""
        service = client.meta.service_model.service_id.hyphenize()
        # Last, when the address is final and the guard has let it pass; the call is signed after that.
        client.meta.events.register_last(f"before-call.{service}", partial(self._hold, client))

    def connect(self, client: BaseClient, calls: int = 1) -> None:
        """Open the connections that are missing for so many calls of a client at once, in threads."""
        from awsbase.connections import connect, missing

        url = client.meta.endpoint_url
        under_way = sum(opening.is_alive() for opening in list(self._connecting[url]))
        for _ in range(missing(client, url, calls - under_way)):
            opening = threading.Thread(target=connect, args=(client, url), name="connect", daemon=True)
            opening.start()
            self._connecting[url].append(opening)

    def begin(self, aws: Aws, reads: Iterable[Read], *others: Callable[[], Any]) -> None:
        """Begin reads in threads; what else has to be done begins when AWS is asked who the caller is."""
        self._readers.submit(self.facts(aws).prefetch, reads)
        for work in others:
            self._readers.submit(self._once_asked, work)

    def allow(self) -> None:
        """Let calls be sent: the account and its caller are the right ones. Not if the run has ended meanwhile."""
        with self._deciding:
            self._allowed = self._allowed or not self._known.is_set()
            self._known.set()

    def facts(self, aws: Aws) -> Facts:
        """Return what reads for the run, and remembers the answers."""
        return Facts(aws, self._readers, self._cache)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Send nothing before the block has ended, unless `allow` was called; and nothing more if the block raises."""
        try:
            yield
        except BaseException:
            self._decide(allowed=False)
            self.end()
            raise
        self._decide(allowed=True)

    def taken(self) -> ReadCache:
        """Return the reads to the run that goes on with them, and keep nothing: they are as large as the account."""
        cache, self._cache = self._cache, ReadCache()
        return cache

    def end(self) -> None:
        """Begin no further read; a run that has come to its end has begun all of them."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _decide(self, *, allowed: bool) -> None:
        with self._deciding:
            self._allowed = allowed
            self._asked.set()
            self._known.set()

    def _once_asked(self, work: Callable[[], Any]) -> None:
        # Before that it would only delay the question: of the threads of Python, one computes at a time.
        self._asked.wait()
        work()

    def _hold(self, client: BaseClient, model: OperationModel, params: dict[str, Any], **_: Any) -> None:
        connecting = None
        with suppress(IndexError):
            connecting = self._connecting[client.meta.endpoint_url].popleft()
            connecting.join()
        if model.name == "GetCallerIdentity":
            self._asked.set()
            return
        if not self._known.is_set():
            from awsbase.connections import connect

            if not connecting:
                connect(client, params["url"])
            self._known.wait()
        if not self._allowed:
            raise NotSent(model.name)
