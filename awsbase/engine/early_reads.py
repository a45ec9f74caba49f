"""Reads that begin while AWS is asked who the caller is: their connections are opened, and nothing is sent.

A run would wait for that answer, and then for the handshakes of all that it reads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from awsbase.aws import Aws
from awsbase.engine.facts import Facts, Read, ReadCache

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel


class NotSent(Exception):
    """A call was not sent: the account or its caller is not the right one."""


class EarlyReads:
    """The reads of a run that begin before its account is known, and the threads that make them."""

    def __init__(self) -> None:
        self._cache = ReadCache()
        self._known = threading.Event()
        self._allowed = False
        self._readers: ThreadPoolExecutor | None = None
        self._connecting: dict[str, threading.Thread] = {}

    def attach(self, client: BaseClient) -> None:
        """Hold the calls of a client until the account is known."""
        service = client.meta.service_model.service_id.hyphenize()
        # Last, when the address is final and the guard has let it pass; the call is signed after that.
        client.meta.events.register_last(f"before-call.{service}", partial(self._hold, client))

    def connect(self, client: BaseClient) -> None:
        """Open a connection for the first call of a client, in a thread."""
        from awsbase.connections import connect

        url = client.meta.endpoint_url
        self._connecting[url] = threading.Thread(target=connect, args=(client, url), name="connect", daemon=True)
        self._connecting[url].start()

    def begin(self, aws: Aws, reads: Iterable[Read], workers: int, *others: Callable[[], Any]) -> None:
        """Begin reads in threads, and what else has to be done."""
        self._readers = self._cache.begun = ThreadPoolExecutor(workers, "fact")
        facts = Facts(aws, self._readers, self._cache)
        for work in (lambda: facts.prefetch(reads), *others):
            self._readers.submit(work)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Send nothing before the block has ended, and nothing at all if it raises."""
        try:
            yield
            self._allowed = True
        finally:
            self._known.set()
            if not self._allowed:
                self.end()

    def taken(self) -> ReadCache:
        """Return the reads to the run that goes on with them, and keep nothing: they are as large as the account."""
        cache, self._cache = self._cache, ReadCache()
        return cache

    def end(self) -> None:
        """Begin no further read; a run that has come to its end has begun all of them."""
        if self._readers:
            self._readers.shutdown(wait=False, cancel_futures=True)

    def _hold(self, client: BaseClient, model: OperationModel, params: dict[str, Any], **_: Any) -> None:
        connecting = self._connecting.pop(client.meta.endpoint_url, None)
        if connecting:
            connecting.join()
        if model.name == "GetCallerIdentity":
            return
        if not self._known.is_set():
            from awsbase.connections import connect

            if not connecting:
                connect(client, params["url"])
            self._known.wait()
        if not self._allowed:
            raise NotSent(model.name)
