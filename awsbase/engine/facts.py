"""Facts: what is read from the account, each once per run."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from awsbase.aws import Aws
from awsbase.errors import MalformedResponse

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

P = ParamSpec("P")
T = TypeVar("T")
Read = tuple[Any, ...]  # a fact and its arguments: (bucket, "acme-state")

WORKERS = 32


class ReadCache:
    """The reads of a run and their answers; an execution that follows immediately can reuse them."""

    def __init__(self) -> None:
        self.answers: dict[Read, Future[Any]] = {}
        self.lock = threading.Lock()
        self.begun: ThreadPoolExecutor | None = None

    def readers(self, workers: int) -> ThreadPoolExecutor:
        """Return the threads that fill the cache: once those that have begun, which the execution ends."""
        from concurrent.futures import ThreadPoolExecutor

        begun, self.begun = self.begun, None
        return begun or ThreadPoolExecutor(workers, "fact")

    def forget_failures(self) -> None:
        """Keep only successful reads, so that failed ones are tried again."""
        self.answers = {
            read: answer for read, answer in self.answers.items() if answer.done() and answer.exception() is None
        }


def future() -> Future[Any]:
    """Return what an answer is put in; its module is imported for reads alone, since it imports `logging`."""
    from concurrent.futures import Future

    return Future()


class Facts:
    """Reads facts, which are functions `fact(facts, *args)`, and remembers each answer for this run.

    The first caller computes the fact in its own thread, and all other callers wait for that answer. So a fact can be
    built on other facts, and a full pool can delay a prefetch but never block a read.
    """

    def __init__(self, aws: Aws, pool: ThreadPoolExecutor, cache: ReadCache | None = None) -> None:
        self.aws = aws
        self._pool = pool
        self._cache = cache or ReadCache()

    def read(self, fact: Callable[Concatenate[Facts, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the answer of `fact`; raises what it raised, to every caller."""
        key = (fact, *args, *sorted(kwargs.items()))
        answer = future()
        with self._cache.lock:
            first = key not in self._cache.answers
            answer = self._cache.answers.setdefault(key, answer)
        if first:
            try:
                answer.set_result(self._checked(fact, *args, **kwargs))
            except BaseException as error:
                answer.set_exception(error)
                raise
        result: T = answer.result()
        return result

    def learn(self, answer: object, fact: Callable[..., Any], *args: Any) -> None:
        """Remember what a list has answered for many, unless it was asked for one by one."""
        known = future()
        known.set_result(answer)
        with self._cache.lock:
            self._cache.answers.setdefault((fact, *args), known)

    def prefetch(self, reads: Iterable[Read]) -> None:
        """Start reading facts in the background."""
        for fact, *args in dict.fromkeys(reads):
            self._pool.submit(self._try, fact, args)

    def read_all(self, *reads: Read) -> list[Any]:
        """Read several facts in parallel and return their answers in order."""
        self.prefetch(reads[1:])
        return [self.read(fact, *args) for fact, *args in reads]

    def uncached(self) -> Facts:
        """Return facts with an empty cache."""
        return Facts(self.aws, self._pool)

    def elsewhere(self, aws: Aws) -> Facts:
        """Return facts about another account, by its clients, with a cache of their own."""
        return Facts(aws, self._pool)

    def _checked(self, fact: Callable[Concatenate[Facts, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return fact(self, *args, **kwargs)
        except (AttributeError, LookupError, StopIteration, TypeError, ValueError) as error:
            # A fact only converts a response of AWS: an error in it means an unexpected response.
            raise MalformedResponse(
                f"AWS's response about {fact.__name__} is malformed: {type(error).__name__}: {error}",
                hint="run again; if it happens again, rerun with --debug, and report the output",
            ) from error

    def _try(self, fact: Callable[..., Any], args: list[Any]) -> None:
        if (fact, *args) in self._cache.answers:
            return  # another thread reads it already: this one is free for the next
        with contextlib.suppress(Exception):  # the cached answer raises it to every caller
            self.read(fact, *args)
