"""One sample in a real account: made, planned empty, tampered with, repaired, and taken away again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from awsbase.engine.account import Account
from awsbase.engine.changes import Mode, Report
from awsbase.engine.clock import Clock
from awsbase.engine.execution import execute
from awsbase.engine.facts import ReadCache
from awsbase.engine.failures import failure
from awsbase.engine.removal import KEPT, Removal
from awsbase.engine.resource import Resource
from awsbase.engine.run import Interrupted, Observer, SilentObserver
from awsbase.ensure import KINDS
from awsbase.ensure.bucket import Bucket, remove_bucket_and_contents
from awsbase.samples.sample import NotOnAws, Sample, Tampering
from awsbase.selftest.fence import NotOurs
from awsbase.selftest.hands import Hands

# After which AWS's reads show what was written: a plan is wrong only if it is still wrong then.
PAUSES: tuple[float, ...] = (0, 2, 5, 10, 20, 40)
FOUND, REPAIRED = "found", "repaired"
MADE, EMPTY, REMOVED = "made", "planned empty", "removed"


@dataclass
class Result:
    """What came of a sample: what went wrong in each step, and what is left of it, each with the reason."""

    sample: str
    name: str
    steps: dict[str, list[str]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)

    @property
    def failed(self) -> bool:
        """Tell whether something went wrong."""
        return any(self.steps.values())


@dataclass
class Bench:
    """The account in which samples are tried, one after the other."""

    account: Account
    clock: Clock
    stop: Event = field(default_factory=Event)
    observer: Observer = field(default_factory=SilentObserver)
    before_write: Callable[[], None] = lambda: None
    entering: Callable[[str, str, str], object] = lambda sample, step, part: None
    pauses: Sequence[float] = PAUSES

    def execute(self, mode: Mode, resources: Sequence[Resource], cache: ReadCache, **more: Any) -> Report:
        """Plan or reconcile on the account; raises Interrupted once the selftest is stopped."""
        report = execute(
            mode,
            resources,
            KINDS,
            self.account,
            clock=self.clock,
            observer=self.observer,
            stop=self.stop,
            cache=cache,
            before_write=self.before_write,
            **more,
        )
        if report.interrupted:
            raise Interrupted
        return report

    def reconcile(self, resources: Sequence[Resource], cache: ReadCache | None = None, **more: Any) -> Report:
        """Plan and reconcile, with what was read for the plan."""
        cache = cache or ReadCache()
        self.execute("plan", resources, cache, **more)
        cache.forget_failures()
        return self.execute("reconcile", resources, cache, **more)

    def planned(self, resources: Sequence[Resource], wanted: Sequence[str]) -> tuple[list[str], ReadCache]:
        """Plan until the plan is as wanted, or AWS has had the time to show it; return what it says otherwise."""
        wrong, cache = list[str](), ReadCache()
        for pause in self.pauses:
            if pause:
                self.clock.sleep(pause, self.stop)
            cache = ReadCache()
            report = self.execute("plan", resources, cache)
            wrong = [*problems(report), *differences(said(report), wanted)]
            if not wrong:
                break
        return wrong, cache


def tried(bench: Bench, hands: Hands, sample: Sample, result: Result) -> None:
    """Try a sample, and take away what it made, whatever goes wrong; raises Interrupted."""
    named = hands.naming.sample(sample)
    try:
        if made(bench, hands, named, result):
            for name, tampering in named.tamperings.items():
                tampered(bench, hands, named, name, tampering, result)
    finally:
        if not bench.stop.is_set():
            removed(bench, hands, named, result)


def made(bench: Bench, hands: Hands, sample: Sample, result: Result) -> bool:
    """Make a sample, and plan it again; tell whether it is there."""
    with step(bench, result, MADE) as wrong:
        sample.before(hands)
        report = bench.reconcile(sample.resources)
        result.written |= {address for address, _ in report.changes}
        wrong += problems(report)
    if result.steps[MADE]:
        return False
    with step(bench, result, EMPTY) as wrong:
        wrong += bench.planned(sample.resources, ())[0]
    return not result.steps[EMPTY]


def tampered(bench: Bench, hands: Hands, sample: Sample, name: str, tampering: Tampering, result: Result) -> None:
    """Tamper with a sample; the plan must name exactly that, and the next run repair it."""
    if tampering.not_on_aws:
        result.skipped[name] = tampering.not_on_aws
        return
    with step(bench, result, name) as wrong:
        tampering.spoil(hands)
        bench.entering(result.sample, name, FOUND)
        found, cache = bench.planned(sample.resources, tampering.repair)
        wrong += [f"found: {each}" for each in found]
        cache.forget_failures()
        bench.entering(result.sample, name, REPAIRED)
        report = bench.execute("reconcile", sample.resources, cache)
        bench.entering(result.sample, name, EMPTY)
        wrong += [f"repaired: {each}" for each in problems(report)]
        wrong += [f"planned after the repair: {each}" for each in bench.planned(sample.resources, ())[0]]


def removed(bench: Bench, hands: Hands, sample: Sample, result: Result) -> None:
    """Take a sample away; what stays is told with its reason."""
    with step(bench, result, REMOVED) as wrong:
        report = take_away(bench, sample.resources)
        if sample.leaves_something:
            sample.after(hands)
            report = take_away(bench, sample.resources)
        wrong += problems(report)
        result.left += left(report, result.written)


def take_away(bench: Bench, resources: Sequence[Resource]) -> Report:
    """Take resources away, buckets with all that services wrote into them."""
    emptied = {each.address: remove_bucket_and_contents for each in resources if isinstance(each, Bucket)}
    return bench.reconcile(resources, removal=Removal("destroy", instead=emptied))


def left(report: Report, written: Collection[str]) -> list[str]:
    """Return what is left of what was written, and what was there and is kept, each with its reason."""
    return [
        f"{each.address}: {'; '.join(each.notes)}"
        for each in report.outcomes
        if each.stays and (each.address in written or any(note.startswith(KEPT) for note in each.notes))
    ]


@contextmanager
def step(bench: Bench, result: Result, name: str) -> Iterator[list[str]]:
    """Note what goes wrong in a step: what AWS refuses, and what is not as it was foretold."""
    wrong = result.steps.setdefault(name, [])
    bench.entering(result.sample, name, "")
    try:
        yield wrong
    except (Interrupted, KeyboardInterrupt):
        raise
    except (NotOnAws, NotOurs) as error:
        result.skipped[name] = str(error)
    except Exception as error:  # noqa: BLE001, whatever a step fails with is told, and the rest is tried
        told = failure(error, bench.account.caller)
        wrong.append(f"{told.code}: {told.message}")


def said(report: Report) -> list[str]:
    """List a report's changes as a sample foretells them."""
    return [f"{address}: {change.action} {change.what}" for address, change in report.changes]


def problems(report: Report) -> list[str]:
    """List what failed, with the reason."""
    return [
        f"{each.address}: {each.status} {each.error or each.blocked_by}"
        for each in report.outcomes
        if each.status in ("failed", "blocked", "skipped")
    ]


def differences(have: Sequence[str], want: Sequence[str]) -> list[str]:
    """Name the changes that a plan lists and should not, and those that it lacks."""
    more, less = list(have), list(want)
    for each in have:
        if each in less:
            less.remove(each)
            more.remove(each)
    return [*(f"{each}, which was not expected" for each in more), *(f"not {each}" for each in less)]
