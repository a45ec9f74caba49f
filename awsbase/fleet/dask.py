"""A fleet on Dask: workers on many machines of one's own, which take accounts from a scheduler over TLS.

Dask sends Python objects that the receiver runs: whoever reaches a scheduler or a worker can do all that it can. So
both sides show certificates of one authority, and nothing is said over plain TCP.
https://distributed.dask.org/en/stable/tls.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice, takewhile
from threading import Event
from typing import Any

from awsbase.errors import AwsbaseError, UsageError
from awsbase.fleet.item import Item
from awsbase.fleet.results import Result, failure, read_result
from awsbase.fleet.worker import CarryOut, begin
from awsbase.packages import install_command

TLS = "tls://"
# What is on its way to a worker: enough that none waits, and few enough that a stopped run leaves little behind.
AT_ONCE = 100


def carry_out(item: str) -> str:
    """Carry out an item in a worker and return its result, both as JSON."""
    return begun()(item)


@cache
def begun() -> CarryOut:
    """Return the work of this process: what all its accounts begin with is opened once."""
    return begin()


def scheduled(address: str) -> Callable[[Iterable[Item], Event], Iterator[Result]]:
    """Return what carries items out by a scheduler: once its event is set, no more are begun."""

    def results(items: Iterable[Item], stop: Event) -> Iterator[Result]:
        with connected(address) as client:
            yield from carried_out(takewhile(lambda item: not stop.is_set(), items), client)

    return results


@contextmanager
def connected(address: str, security: Any = None) -> Iterator[Any]:
    """Connect to a scheduler, with the certificates of Dask's own configuration unless others are given.

    Raises UsageError for an address without TLS, when Dask is not installed or has no certificates, and AwsbaseError
    when the scheduler cannot be reached.
    """
    if not address.startswith(TLS):
        raise UsageError(
            f"{address} is no address with TLS, and Dask runs what anybody sends to it",
            hint=f"start the scheduler with certificates, and write {TLS}HOST:8786",
        )
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the engine needs the package {error.name}",
            hint=f"install it with `{install_command('dask', 'distributed')}`",
        ) from error
    # Dask has no types of its own.
    dask: Any = distributed
    security = security or dask.Security(require_encryption=True)
    if not (security.tls_ca_file and security.tls_client_cert and security.tls_client_key):
        raise UsageError(
            "Dask has no certificates to show the scheduler",
            hint="set distributed.comm.tls in ~/.config/dask/: ca-file, and cert and key of the client",
        )
    try:
        client = dask.Client(address, security=security, set_as_default=False, timeout=10)
    except (OSError, ValueError) as error:
        raise AwsbaseError(
            f"cannot reach the scheduler at {address}: {error}",
            hint="check that it runs, and who signed for it",
        ) from error
    with client:
        yield client


def carried_out(
    items: Iterable[Item], client: Any, carries: CarryOut = carry_out, at_once: int = AT_ONCE
) -> Iterator[Result]:
    """Yield the results of items as they come.

    What a worker held that has died is given to another one: that does no harm, since an item can be carried out twice.
    """
    import distributed

    dask: Any = distributed
    waiting, running = iter(items), dask.as_completed(loop=client.loop)
    given: dict[str, Item] = {}

    def give(count: int) -> None:
        for item in islice(waiting, count):
            key = f"{item.run}-{item.mode}-{item.id}"
            given[key] = item
            running.add(client.submit(carries, json.dumps(item.document()), key=key, pure=False))

    give(at_once)
    for future in running:
        yield ended(given.pop(future.key), future)
        give(1)


def ended(item: Item, future: Any) -> Result:
    """Return the result of an item that is over; one that workers died of has failed."""
    if error := future.exception():
        return failure(
            item, "failed", f"{type(error).__name__}: {error}", f"look at the log of the worker that had {item.account}"
        )
    return read_result(json.loads(future.result()))
