"""The contract of what takes things away: nothing is left of what was made, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import ReadCache
from awsbase.engine.failures import DENIED
from awsbase.engine.kind import Kinds
from awsbase.engine.removal import Removal, absent_of, users
from awsbase.engine.resource import Resource
from awsbase.engine.run import Approved
from awsbase.ensure import KINDS
from awsbase.facts.ownership import takes_tags
from awsbase.permissions import least
from awsbase.sandbox import SERVICES, Rule, Sandbox, Service
from awsbase.testing.sample import Sample, account, go, person, problems, said
from awsbase.testing.subject import Subject, connected


def away(
    sandbox: Sandbox,
    mode: Mode,
    resources: Sequence[Resource],
    *,
    caller: str | None = None,
    approved: Approved | None = None,
    stays: Mapping[str, str] | None = None,
    kinds: Kinds = KINDS,
) -> Report:
    """Plan, or plan and take away with what was read, as the command does; on the sandbox's clock."""
    cache, reached = ReadCache(), account(sandbox, caller)
    step = partial(
        execute, kinds=kinds, account=reached, clock=sandbox.clock, cache=cache, removal=Removal("destroy", stays or {})
    )
    report = step("plan", resources, approved=approved)
    if mode == "reconcile":
        cache.forget_failures()
        report = step("reconcile", resources, approved=approved)
    return report


def can_go(sample: Sample, kinds: Kinds = KINDS) -> bool:
    """Tell whether each kind of a sample says how one is taken away."""
    return all(kinds[type(each)].absent for each in sample.resources)


def leaves_nothing(sample: Sample, *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES) -> None:
    """Assert that what was made is taken away as planned, and that the account is then as it was before.

    What was there before belongs to somebody, and the sample may have changed it: of such a sample only the rest holds.
    """
    sandbox, before = made(sample, kinds, services), expected(sample, kinds, services)

    planned = away(sandbox, "plan", sample.resources, kinds=kinds)
    assert problems(planned) == []
    assert written(sandbox) == []
    done = away(sandbox, "reconcile", sample.resources, kinds=kinds)
    assert problems(done) == []
    assert sorted(said(done)) == sorted(said(planned))
    assert [each.address for each in done.outcomes if each.stays and not any(each.notes)] == []
    if before is not None:
        assert shown(sandbox.snapshot(), sample.resources, kinds) == before

    sandbox.calls.clear()
    again = away(sandbox, "reconcile", sample.resources, kinds=kinds)
    assert (said(again), problems(again), written(sandbox)) == ([], [], [])


def keeps_what_was_there(sample: Sample, *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES) -> None:
    """Assert that nothing is taken away which does not carry this manifest's tag of origin.

    What takes no tag and is exempt goes only when somebody names it, and here nobody does.
    """
    if made_before(sample, kinds, services):
        return
    nameless = [replace(each, scope=replace(each.scope, name="")) for each in sample.resources]
    sandbox = Sandbox(pages=2, services=services)
    sample.before(sandbox)
    go(sandbox, "reconcile", nameless, kinds=kinds)
    adopted = sandbox.snapshot()
    sandbox.calls.clear()
    # Whose something is that takes no tag, a person says who names it.
    unnamed = [each for each in sample.resources if absent_of(kinds, each).exempt and not takes_tags(each)]
    stays = {each.address: absent_of(kinds, each).exempt for each in unnamed}
    done = away(sandbox, "reconcile", sample.resources, stays=stays, kinds=kinds)
    assert (problems(done), said(done), written(sandbox)) == ([], [], [])
    assert sandbox.snapshot() == adopted


def made_before(sample: Sample, kinds: Kinds, services: Sequence[Service]) -> bool:
    """Tell whether what is there before the first run is this manifest's, from an earlier one."""
    sandbox = Sandbox(pages=2, services=services)
    sample.before(sandbox)
    return sample.was_there and bool(away(sandbox, "plan", sample.resources, kinds=kinds).changes)


def needs_no_more_to_go(sample: Sample, *, kinds: Kinds = KINDS, services: Sequence[Service] = SERVICES) -> None:
    """Assert that exactly the policies of `awsbase permissions --destroy` are enough to take a sample away."""
    sandbox = Sandbox(enforce=True, pages=2, services=services)
    sample.before(sandbox)
    go(sandbox, "reconcile", sample.resources, kinds=kinds)
    worker = person(sandbox, *least(sample.resources, destroy=True, kinds=kinds).documents)
    sandbox.calls.clear()
    done = away(sandbox, "reconcile", sample.resources, caller=worker, kinds=kinds)
    assert problems(done) == []
    assert [call.name for call in sandbox.calls if call.error in DENIED] == []


def made(sample: Sample, kinds: Kinds, services: Sequence[Service]) -> Sandbox:
    """Return an account with what a sample makes."""
    sandbox = Sandbox(pages=2, services=services)
    sample.before(sandbox)
    assert problems(go(sandbox, "reconcile", sample.resources, kinds=kinds)) == []
    sandbox.calls.clear()
    return sandbox


def expected(sample: Sample, kinds: Kinds, services: Sequence[Service]) -> Any:
    """Return the account as it has to be: with nothing but what is never reverted, and what that uses."""
    if sample.was_there:
        return None
    sandbox = Sandbox(pages=2, services=services)
    done = go(sandbox, "reconcile", [*remaining(sample.resources, kinds)], kinds=kinds)
    assert problems(done) == []
    return shown(sandbox.snapshot(), sample.resources, kinds)


def remaining(resources: Sequence[Resource], kinds: Kinds) -> list[Resource]:
    """Return what no recipe takes away, and what it uses; but not what also names something that goes."""
    by_address, using = {each.address: each for each in resources}, users(resources)
    stays = {each.address for each in resources if absent_of(kinds, each).remove is None}
    while more := {address for address, others in using.items() if stays.intersection(others)} - stays:
        stays |= more
    return [each for each in resources if each.address in stays and stays.issuperset(by_address[each.address].needs())]


def shown(snapshot: Mapping[str, Any], resources: Iterable[Resource], kinds: Kinds) -> Any:
    """Return a snapshot without what AWS keeps of these resources, as their kinds declare."""
    leaves = {service for each in resources for service in absent_of(kinds, each).leaves}
    return without_empty({name: without_pending(held) if name in leaves else held for name, held in snapshot.items()})


def without_pending(value: Any) -> Any:
    """Return what a service has without what waits for its deletion."""
    if isinstance(value, Mapping):
        return {key: without_pending(each) for key, each in value.items() if not pending(each)}
    if isinstance(value, list):
        return [without_pending(each) for each in value if not pending(each)]
    return value


def pending(value: Any) -> bool:
    """Tell whether something waits for its deletion."""
    return isinstance(value, Mapping) and (value.get("state") == "PendingDeletion" or value.get("deleted") is True)


def without_empty(value: Any) -> Any:
    """Return a value without what holds nothing."""
    if isinstance(value, Mapping):
        inner = {key: without_empty(each) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each not in ({}, [])}
    return value


def written(sandbox: Sandbox) -> list[str]:
    """List the writes that were sent, by their names."""
    return [call.name for call in sandbox.calls if call.writes]


@dataclass(frozen=True)
class Leaving(Subject):
    """Resources that are there and have to go; `stays` is what is left of them."""

    stays: Mapping[str, str] = field(default_factory=dict)

    def ready(self, of: type[Sandbox] = Sandbox, rules: tuple[Rule, ...] = ()) -> Sandbox:
        """Return the account with what is there."""
        sandbox = super().ready(of, rules)
        made = execute("reconcile", self.resources, self.kinds, connected(sandbox), clock=sandbox.clock)
        assert not made.failed
        sandbox.calls.clear()
        return sandbox

    def go(self, sandbox: Sandbox, mode: Mode) -> Report:
        """Plan to take it away, or take it away, as the command does."""
        return execute(
            mode,
            self.resources,
            self.kinds,
            connected(sandbox),
            fingerprint=self.fingerprint,
            clock=sandbox.clock,
            removal=Removal("destroy", self.stays),
        )
