"""Clients, calls side by side, and whether an answer holds what is expected."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

AT_ONCE = 64
Later = Future[Any]
Client = Callable[[str], Any]
"""Makes the client of a service. One at a time: while it makes the next, those before are at work."""


def clients() -> Client:
    """Return what makes clients as boto3 does, with a connection for each thread."""
    session, config = boto3.Session(region_name="us-east-1"), Config(max_pool_connections=AT_ONCE)
    return lambda service: session.client(service, config=config)  # type: ignore[call-overload]


def pool() -> ThreadPoolExecutor:
    """Return threads for more chains of calls than there are, so that one may wait for another."""
    return ThreadPoolExecutor(AT_ONCE)


def finish(started: Sequence[Later]) -> None:
    """Wait until all is done; raise what went wrong."""
    for each in started:
        each.result()


def pages(call: Callable[..., Any], **wanted: Any) -> list[Any]:
    """Return the pages of an IAM list."""
    answers = [call(**wanted)]
    while answers[-1]["IsTruncated"]:
        answers.append(call(**wanted, Marker=answers[-1]["Marker"]))
    return answers


def expect(have: Any, want: Any) -> None:
    """Raise AssertionError where an answer lacks what is expected."""
    assert holds(have, want), f"expected {want}\nbut it is {have}"


def holds(have: Any, want: Any) -> bool:
    """Say whether an answer holds what is expected; a dictionary may hold more, and a document may be a string."""
    if isinstance(want, dict):
        have = json.loads(have) if isinstance(have, str) else have
        return isinstance(have, dict) and all(key in have and holds(have[key], value) for key, value in want.items())
    if isinstance(want, list):
        return len(have) == len(want) and all(map(holds, have, want))
    return bool(have == want)
