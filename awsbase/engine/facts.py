"""Facts: what is read from the account, each once per run, whoever asks first."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from awsbase.aws import Aws
from awsbase.errors import MalformedResponse

P = ParamSpec("P")
T = TypeVar("T")
Read = tuple[Any, ...]  # a fact and its arguments: (bucket, "acme-state")


class ReadCache:
    """What was read, and the answers; a walk that follows at once may believe what the one before it saw."""

    def __init__(self) -> None:
        self.answers: dict[Read, Future[Any]] = {}
        self.lock = threading.Lock()

    def forget_failures(self) -> None:
        """Keep only what AWS has answered: what failed once is worth another try."""
        self.answers = {
            read: answer for read, answer in self.answers.items() if answer.done() and answer.exception() is None
        }


class Facts:
    """Reads facts, which are functions `fact(facts, *args)`, and remembers each answer for this run.

    Whoever asks first computes the fact in his own thread and everybody else waits for that one answer. So a fact may
    be built on other facts, and a pool that is full can delay a read that was asked for early, but never block one.
    """

    def __init__(self, aws: Aws, pool: ThreadPoolExecutor, cache: ReadCache | None = None) -> None:
        self.aws = aws
        self._pool = pool
        self._cache = cache or ReadCache()

    def read(self, fact: Callable[Concatenate[Facts, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `fact` says; raises what it raised, to everyone who asks."""
        key = (fact, *args, *sorted(kwargs.items()))
        with self._cache.lock:
            mine = key not in self._cache.answers
            answer = self._cache.answers.setdefault(key, Future())
        if mine:
            try:
                answer.set_result(self._understood(fact, *args, **kwargs))
            except BaseException as error:
                answer.set_exception(error)
                raise
        result: T = answer.result()
        return result

    def prefetch(self, reads: Iterable[Read]) -> None:
        """Start reading in the background what will be asked for soon."""
        for fact, *args in dict.fromkeys(reads):
            self._pool.submit(self._try, fact, args)

    def read_all(self, *reads: Read) -> list[Any]:
        """Read several facts side by side and return their answers in order."""
        self.prefetch(reads[1:])
        return [self.read(fact, *args) for fact, *args in reads]

    def uncached(self) -> Facts:
        """Return facts that remember nothing yet."""
        return Facts(self.aws, self._pool)

    def _understood(self, fact: Callable[Concatenate[Facts, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return fact(self, *args, **kwargs)
        except (AttributeError, LookupError, StopIteration, TypeError, ValueError) as error:
            # A fact only puts into our words what AWS says: what it stumbles over is that.
            raise MalformedResponse(
                f"what AWS answered about {fact.__name__} makes no sense: {type(error).__name__}: {error}",
                hint="run again; if it stays so, rerun with --debug, and report what it prints",
            ) from error

    def _try(self, fact: Callable[..., Any], args: list[Any]) -> None:
        with contextlib.suppress(Exception):  # the answer keeps it, and whoever asks gets it raised
            self.read(fact, *args)
