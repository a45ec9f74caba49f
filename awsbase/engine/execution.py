"""Plan and reconcile: both execute the same recipes, in the order of their dependencies.

A resource starts as soon as all its dependencies are done; ready resources start in manifest order. A failure blocks
its dependents and nothing else. Planning differs only in the verbs of `Run`, and the guard on the wire enforces that.

A removal executes the recipes that take things away, in the opposite order: a resource starts once all its dependents
are done, and a failure blocks what it depends on. `removal.turns` says what goes first and last beyond that.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from graphlib import TopologicalSorter
from queue import SimpleQueue
from typing import Any

from awsbase.engine.account import Account
from awsbase.engine.changes import Change, Failure, ManualAction, Mode, Outcome, Refusal, Report, Status
from awsbase.engine.clock import Clock, SystemClock
from awsbase.engine.dependencies import dependencies
from awsbase.engine.facts import WORKERS, Facts, Read, ReadCache
from awsbase.engine.failures import failure
from awsbase.engine.kind import Kinds, early_reads, kind_of
from awsbase.engine.removal import KEPT, USED, Graph, Removal, absent_of, dependents, turns, users
from awsbase.engine.resource import Resource
from awsbase.engine.run import (
    Approved,
    ChangeFailed,
    Interrupted,
    Observer,
    Run,
    SilentObserver,
    StaleRead,
    none,
)
from awsbase.engine.run_context import RunContext
from awsbase.errors import AwsbaseError, Refused

AHEAD = 4 * WORKERS  # resources that wait in the pool
LIST_DELAYS: tuple[float, ...] = (
    2.0,
    3.0,
    5.0,
)  # seconds until AWS's reads show a new resource
log = logging.getLogger("awsbase")


class NotMade(AwsbaseError):
    """A resource depends on one that this account does not need."""


def execute(
    mode: Mode,
    resources: Sequence[Resource],
    kinds: Kinds,
    account: Account,
    *,
    fingerprint: str = "",
    approved: Approved | None = None,
    allow_risky: bool = True,
    clock: Clock | None = None,
    observer: Observer | None = None,
    stop: threading.Event | None = None,
    check: Callable[[Facts], Sequence[Refusal]] = lambda facts: (),
    cache: ReadCache | None = None,
    before_write: Callable[[], None] = lambda: None,
    ways_out: Mapping[str, str] | None = None,
    applies: Callable[[str, Change], bool] = none,
    results: dict[str, Any] | None = None,
    removal: Removal | None = None,
    workers: int = WORKERS,
) -> Report:
    """Plan or reconcile the resources and return a report on each, even when some fail or `stop` is set midway.

    Unless `allow_risky`, a risky change fails its resource and is not applied. `check` is called with the facts before
    the first recipe starts: a plan reports its refusals, and a reconcile raises Refused for the first of them. `cache`
    lends its reads, and gets new ones. `before_write` is called before each write, and stops it by raising. `ways_out`
    says how the manifest does without a region, where an organization closes it. `applies` chooses the changes that a
    plan applies nevertheless. `results` gets what recipes return. A `removal` takes away what it does not say stays.
    """
    started, stop, cache = time.monotonic(), stop or threading.Event(), cache or ReadCache()
    needed = dependencies(resources, known_only=removal is not None)
    with ThreadPoolExecutor(workers, "recipe") as recipes, cache.readers(workers) as readers:
        observer, clock = observer or SilentObserver(), clock or SystemClock()
        context = RunContext(mode, account.wire, clock, observer, stop, approved, allow_risky, before_write)
        context.resources, context.manifest, context.applies, context.pool = resources, fingerprint, applies, recipes
        context.results, context.removing = {} if results is None else results, removal is not None
        common = (resources, kinds, account, context, needed, readers, cache, ways_out or {})
        execution = _Removing(*common, removal) if removal else _Execution(*common)
        execution.prefetch()
        refusals = tuple(check(execution.facts))
        if refusals and mode == "reconcile":
            raise Refused(refusals[0].message, hint=refusals[0].hint)
        outcomes = execution.run_all(recipes)
        readers.shutdown(cancel_futures=True)
    return Report(
        mode=mode,
        account=account.id,
        region=account.aws.region,
        fingerprint=fingerprint,
        caller=account.caller,
        outcomes=tuple(outcomes[resource.address] for resource in resources),
        manual_actions=tuple(action for resource in resources for action in execution.manual_actions(resource.address)),
        reads=account.wire.reads,
        writes=account.wire.writes,
        seconds=time.monotonic() - started,
        interrupted=stop.is_set(),
        refusals=refusals,
        goal=removal.goal if removal else "reconcile",
        steps={each: (begun - started, done - started) for each, (begun, done) in execution.steps.items()},
    )


class _Execution:
    """The state of one execution: dependencies, running resources and outcomes."""

    def __init__(
        self,
        resources: Sequence[Resource],
        kinds: Kinds,
        account: Account,
        context: RunContext,
        before: Mapping[str, frozenset[str]],
        readers: ThreadPoolExecutor,
        cache: ReadCache | None,
        ways_out: Mapping[str, str],
    ) -> None:
        self.resources = {resource.address: resource for resource in resources}
        self.kinds = kinds
        self.account = account
        self.context = context
        self.before = before  # of each address, what comes before it, directly or not
        self.readers = readers
        self.ways_out = ways_out
        self.facts = Facts(account.aws, readers, cache)
        self.outcomes: dict[str, Outcome] = {}
        self.by_hand: dict[str, list[ManualAction]] = {}
        self.not_made: dict[str, str] = {}
        self.steps: dict[str, tuple[float, float]] = {}

    def manual_actions(self, address: str) -> list[ManualAction]:
        return self.by_hand.get(address, [])

    def prefetch(self) -> None:
        """Start to read what the recipes will ask for."""
        self.facts.prefetch(self.early_reads())

    def early_reads(self) -> Iterator[Read]:
        """Yield what the recipes will read."""
        return early_reads(self.kinds, self.resources.values())

    def turns(self) -> Sequence[Graph]:
        """Return graphs of what comes before what; all of one comes before the next."""
        return [{address: tuple(resource.needs()) for address, resource in self.resources.items()}]

    def run_all(self, pool: ThreadPoolExecutor) -> dict[str, Outcome]:
        """Run every resource whose dependencies succeeded; once `stop` is set, start no more."""
        position = {address: index for index, address in enumerate(self.resources)}
        for graph in self.turns():
            self._run_turn(pool, graph, position)
        return self.outcomes

    def _run_turn(self, pool: ThreadPoolExecutor, graph: Graph, position: Mapping[str, int]) -> None:
        sorter = TopologicalSorter(graph)
        sorter.prepare()
        ended: SimpleQueue[Future[Outcome]] = SimpleQueue()
        ready: deque[str] = deque()
        under_way = 0
        while sorter.is_active():
            ready.extend(sorted(sorter.get_ready(), key=position.__getitem__))
            # A future takes a kilobyte: thousands of users do not wait in the pool.
            for _ in range(min(len(ready), AHEAD - under_way)):
                pool.submit(self._run_resource, ready.popleft()).add_done_callback(ended.put)
                under_way += 1
            outcome = ended.get().result()
            under_way -= 1
            self.outcomes[outcome.address] = outcome
            sorter.done(outcome.address)

    def _run_resource(self, address: str) -> Outcome:
        resource = self.resources[address]
        region = resource.scope.region
        if self.context.stop.is_set():
            return Outcome(address, region, "skipped")
        if (root := self._root_cause(resource)) is not None:
            self.context.observer.finished(address, "blocked")
            return Outcome(address, region, "blocked", blocked_by=root)
        self.context.observer.started(address)
        begun = time.monotonic()
        outcome = self._apply(resource)
        self.steps[address] = (begun, time.monotonic())
        self.context.observer.finished(address, "skipped" if outcome.was_interrupted else outcome.status)
        return outcome

    def direct(self, resource: Resource) -> Iterable[str]:
        """Return what has to succeed before a resource."""
        return resource.needs()

    def _root_cause(self, resource: Resource) -> str | None:
        for other in self.direct(resource):
            outcome = self.outcomes[other]
            if outcome.status in ("failed", "skipped"):
                return other
            if outcome.status == "blocked":
                return outcome.blocked_by
        return None

    def _apply(self, resource: Resource) -> Outcome:
        address, region = resource.address, resource.scope.region
        run = Run(resource, self.account.aws.at(region), self.facts, self.context, self.before[address])
        error: Failure | None = None
        try:
            self.context.results[address] = self._ensure(run, resource)
        except Interrupted as cut:
            # A planned change is not applied, and half a plan would mislead.
            if not run.changes or self.context.mode == "plan":
                return Outcome(address, region, "skipped")
            error = failure(cut, self.account.caller)
        except Exception as cause:  # the report names any failure of a recipe, and the other resources continue
            log.debug("%s failed", address, exc_info=cause)
            error = failure(cause, self.account.caller, home=self.account.aws.region, ways_out=self.ways_out)
        if run.manual_actions:
            self.by_hand[address] = run.manual_actions
        created = any(change.action == "create" for change in run.changes)
        return Outcome(
            address,
            region,
            self._status(run, error),
            tuple(run.changes),
            error,
            notes=tuple(run.notes),
            price="; ".join(map(str, resource.costs())) or None if created else None,
            since=self.context.touched.get(address) if self.context.mode == "plan" else None,
        )

    def _ensure(self, run: Run, resource: Resource) -> object:
        """Run the recipe of a resource, unless the account does not need it.

        Raises NotMade when it depends on something that the account does not need.
        """
        if resource.unless is not None:
            fact, *arguments = resource.unless
            if why := run.read(fact, *arguments):
                self.not_made[resource.address] = why
                run.note(f"not made: {why}")
                return None
        for need in resource.needs():
            if why := self.not_made.get(need):
                raise NotMade(f"this needs {need}, which is not made here: {why}")
        return self._recipe(run, resource)

    def recipe(self, resource: Resource) -> Callable[[Run, Any], object]:
        """Return the recipe of a resource."""
        return kind_of(self.kinds, resource).ensure

    def _recipe(self, run: Run, resource: Resource) -> object:
        recipe = self.recipe(resource)
        try:
            return recipe(run, resource)
        except StaleRead as first:
            stale, delays = first, LIST_DELAYS
        while True:
            # A lost reply is not followed by a refusal that would show that a read was still late.
            self.context.clock.sleep(sum(delays) if stale.lost else delays[0], self.context.stop)
            # A resource without a name of its own is found by its tag: read again, then decide.
            facts = Facts(self.account.aws, self.readers)
            if stale.lost:
                noted = run.changes
                for change in stale.lost:
                    run.forget(change)
                missing = self._not_applied(stale, resource, facts)
                run.changes = [change for change in noted if not any(map(change.same_step, missing))]
            retried = run.with_facts(facts)
            try:
                return recipe(retried, resource)
            except StaleRead as still:
                delays = delays[1:]
                for change in still.lost:
                    retried.forget(change)
                if still.lost or not delays:
                    raise ChangeFailed(still.change) from still.__cause__
                stale = still
            finally:
                run.changes, run.manual_actions, run.notes = retried.changes, retried.manual_actions, retried.notes

    def _not_applied(self, stale: StaleRead, resource: Resource, facts: Facts) -> list[Change]:
        """Return the changes whose replies were lost that were not applied: a new plan contains them."""
        plan = self._plan(resource, facts)
        try:
            self.recipe(resource)(plan, resource)
        except Exception as error:  # a plan that fails leaves the question open
            log.debug("%s could not be planned again", resource.address, exc_info=error)
            raise ChangeFailed(stale.change) from stale.__cause__
        return [lost for lost in stale.lost if any(planned.same_step(lost) for planned in plan.changes)]

    def _plan(self, resource: Resource, facts: Facts) -> Run:
        """Return a run of a resource that only plans, and tells nobody."""
        context = replace(self.context, mode="plan", approved=None, observer=SilentObserver(), applies=none)
        address, region = resource.address, resource.scope.region
        return Run(resource, self.account.aws.at(region), facts, context, self.before[address])

    def _status(self, run: Run, error: Failure | None) -> Status:
        if error is not None:
            return "failed"
        if not run.changes:
            return "unchanged"
        return "planned" if self.context.mode == "plan" else "changed"


class _Removing(_Execution):
    """The state of a removal: dependents go first, and what stays keeps what it uses."""

    def __init__(
        self,
        resources: Sequence[Resource],
        kinds: Kinds,
        account: Account,
        context: RunContext,
        needed: Mapping[str, frozenset[str]],
        readers: ThreadPoolExecutor,
        cache: ReadCache | None,
        ways_out: Mapping[str, str],
        removal: Removal,
    ) -> None:
        before = {
            address: frozenset(other for other, needs in needed.items() if address in needs) for address in needed
        }
        super().__init__(resources, kinds, account, context, before, readers, cache, ways_out)
        # Recipes look there for what else goes.
        context.resources = [each for each in resources if each.address not in removal.stays]
        self.removal = removal
        self.dependents = dependents(resources)
        self.users = users(resources)

    def early_reads(self) -> Iterator[Read]:
        for resource in self.resources.values():
            if absent_of(self.kinds, resource).remove:
                yield from kind_of(self.kinds, resource).reads(resource)

    def turns(self) -> Sequence[Graph]:
        return turns(list(reversed(self.resources.values())), self.kinds)

    def direct(self, resource: Resource) -> Iterable[str]:
        """Return what has to be gone before a resource: before the trail, all that it records."""
        recorder = absent_of(self.kinds, resource).turn == "last"
        return list(self.outcomes) if recorder else self.dependents[resource.address]

    def recipe(self, resource: Resource) -> Callable[[Run, Any], object]:
        return self.removal.instead.get(resource.address) or absent_of(self.kinds, resource).remove or do_nothing

    def _apply(self, resource: Resource) -> Outcome:
        outcome = super()._apply(resource)
        stays = absent_of(self.kinds, resource).remove is None or any(note.startswith(KEPT) for note in outcome.notes)
        if outcome.status in ("unchanged", "planned", "changed") and not stays:
            self.context.gone.add(resource.address)
        return replace(outcome, stays=stays)

    def _ensure(self, run: Run, resource: Resource) -> object:
        """Take a resource away, unless it stays: for its own sake, or for something that stays and uses it."""
        absent = absent_of(self.kinds, resource)
        if absent.remove is None:
            run.note(absent.why)
        elif why := self.removal.stays.get(resource.address) or self._use(resource):
            if self._is_there(resource):
                run.note(f"{KEPT}: {why}")
        else:
            self._recipe(run, resource)
        return None

    def _use(self, resource: Resource) -> str:
        """Say what stays and uses a resource; nothing if nothing does."""
        using = [other for other in self.users[resource.address] if self.outcomes[other].stays]
        more = f" and {len(using) - 1} more, which stay" if len(using) > 1 else ", which stays"
        return f"{USED} {using[0]}{more}" if using else ""

    def _is_there(self, resource: Resource) -> bool:
        """Tell whether there is something to take away; what cannot be looked at may be there."""
        plan = self._plan(resource, self.facts)
        try:
            self.recipe(resource)(plan, resource)
        except Interrupted:
            raise
        except Exception as error:  # what stays is safe, whatever is wrong with it
            log.debug("%s could not be looked at", resource.address, exc_info=error)
            return True
        return bool(plan.changes) or any(note.startswith(KEPT) for note in plan.notes)


def do_nothing(run: Run, want: Resource) -> None:
    """Take nothing away."""
