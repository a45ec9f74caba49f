"""Facts: what is read from the account, each once per run, whoever asks first."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from awsbase.aws import Aws

P = ParamSpec("P")
T = TypeVar("T")
Read = tuple[Any, ...]  # a fact and its arguments: (bucket, "acme-state")


class Facts:
    """Reads facts, which are functions `fact(facts, *args)`, and remembers each answer for this run.

    Whoever asks first computes the fact in his own thread and everybody else waits for that one answer. So a fact may
    be built on other facts, and a pool that is full can delay a read that was asked for early, but never block one.
    """

    def __init__(self, aws: Aws, pool: ThreadPoolExecutor) -> None:
        self.aws = aws
        self._pool = pool
        self._answers: dict[Read, Future[Any]] = {}
        self._lock = threading.Lock()

    def read(self, fact: Callable[Concatenate[Facts, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `fact` says; raises what it raised, to everyone who asks."""
        key = (fact, *args, *sorted(kwargs.items()))
        with self._lock:
            mine = key not in self._answers
            answer = self._answers.setdefault(key, Future())
        if mine:
            try:
                answer.set_result(fact(self, *args, **kwargs))
            except BaseException as error:
                answer.set_exception(error)
                raise
        result: T = answer.result()
        return result

    def early(self, reads: Iterable[Read]) -> None:
        """Start reading in the background what will be asked for soon."""
        for fact, *args in dict.fromkeys(reads):
            self._pool.submit(self._try, fact, args)

    def together(self, *reads: Read) -> list[Any]:
        """Read several facts side by side and return their answers in order."""
        self.early(reads[1:])
        return [self.read(fact, *args) for fact, *args in reads]

    def anew(self) -> Facts:
        """Return facts that remember nothing yet."""
        return Facts(self.aws, self._pool)

    def _try(self, fact: Callable[..., Any], args: list[Any]) -> None:
        with contextlib.suppress(Exception):  # the answer keeps it, and whoever asks gets it raised
            self.read(fact, *args)
