"""Everything that an account has of the kinds that awsbase knows, listed kind by kind and region by region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from awsbase.adopt.strangers import told_apart
from awsbase.engine.account import Account
from awsbase.engine.changes import CLOSED
from awsbase.engine.facts import WORKERS, Facts, ReadCache
from awsbase.engine.failures import failure
from awsbase.engine.kind import Kind
from awsbase.engine.refusals import understood
from awsbase.engine.run import Interrupted, Observer, SilentObserver
from awsbase.engine.scope import Scope
from awsbase.engine.things import Described, LeftAlone, NotExpressible, Thing, Unread
from awsbase.ensure.regions import ServiceClosed, regions
from awsbase.records import record


@record
class Survey:
    """All things of an account, of the kinds that were listed."""

    things: tuple[Thing, ...] = ()

    @property
    def described(self) -> list[Described]:
        return [each for each in self.things if isinstance(each, Described)]

    @property
    def left_alone(self) -> list[LeftAlone]:
        return [each for each in self.things if isinstance(each, LeftAlone)]

    @property
    def not_expressible(self) -> list[NotExpressible]:
        return [each for each in self.things if isinstance(each, NotExpressible)]

    @property
    def unread(self) -> list[Unread]:
        return [each for each in self.things if isinstance(each, Unread)]


def survey(
    account: Account,
    scope: Scope,
    kinds: Iterable[Kind],
    *,
    observer: Observer | None = None,
    stop: Event | None = None,
    cache: ReadCache | None = None,
    workers: int = WORKERS,
) -> Survey:
    """List what an account has of these kinds, side by side; what is refused is a thing that could not be read.

    Raises Interrupted once `stop` is set.
    """
    observer, stop, cache = observer or SilentObserver(), stop or Event(), cache or ReadCache()
    with ThreadPoolExecutor(workers, "fact") as readers, ThreadPoolExecutor(workers, "describe") as lists:
        facts = Facts(account.aws, readers, cache)
        names = regions_of(facts, account, scope)
        where = [name for name in names if isinstance(name, str)]
        jobs = [(kind, at) for kind in kinds if kind.describe for at in places(kind, scope, where)]

        def listed(job: tuple[Kind, Scope]) -> list[Thing]:
            kind, at = job
            if stop.is_set():
                return []
            label = at.address(kind.word, "*")
            observer.started(label)
            found = list(things_of(facts, account, kind, at))
            observer.finished(label, "unchanged")
            return found

        found = [thing for things in lists.map(listed, jobs) for thing in things]
        readers.shutdown(cancel_futures=True)
    if stop.is_set():
        raise Interrupted
    refused = [each for each in names if isinstance(each, Unread)]
    return Survey(tuple(told_once([*refused, *found])))


def regions_of(facts: Facts, account: Account, scope: Scope) -> Sequence[str | Unread]:
    """Return the regions that are on; where they cannot be listed that one of the account, and why."""
    try:
        return facts.read(regions).on
    except Exception as error:  # noqa: BLE001, the report names whatever a list fails with
        return scope.home, unread("regions", error, account, scope)


def places(kind: Kind, scope: Scope, regions: Iterable[str]) -> Iterator[Scope]:
    """Yield where a kind is listed: once for the account, or in each region, at home first."""
    yield scope
    if kind.describe and kind.describe.everywhere:
        yield from (scope.at(region) for region in regions if region != scope.home)


def things_of(facts: Facts, account: Account, kind: Kind, scope: Scope) -> Iterator[Thing]:
    """Yield the things of a kind at one place; those of somebody else are left alone."""
    assert kind.describe is not None
    try:
        yield from (told_apart(thing, scope) for thing in kind.describe.things(facts, scope))
    except Exception as error:  # noqa: BLE001, the other lists go on, and the report names this one
        yield unread(scope.address(kind.word, "*"), error, account, scope)


def unread(name: str, error: Exception, account: Account, scope: Scope) -> Unread:
    """Return what could not be read: the action that is missing, or what went wrong."""
    if isinstance(error, ServiceClosed):
        return Unread(name, "", str(error), closed=True)
    said = failure(error, account.caller, home=scope.home)
    if said.code == CLOSED and said.region:
        return Unread(f"region {said.region}", refused_action(error), said.message, closed=True)
    return Unread(name, refused_action(error), f"{said.code}: {said.message}")


def refused_action(error: Exception) -> str:
    """Return the IAM action that AWS refused; empty for another error."""
    from botocore.exceptions import ClientError

    refusal = understood(error) if isinstance(error, ClientError) else None
    return refusal.action if refusal else ""


def told_once(things: Iterable[Thing]) -> Iterator[Thing]:
    """Yield the things; what could not be read once, since a region that is closed is closed for many kinds."""
    seen: set[str] = set()
    for thing in things:
        if not isinstance(thing, Unread) or thing.name not in seen:
            seen.add(thing.name)
            yield thing
