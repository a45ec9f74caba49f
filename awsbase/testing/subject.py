"""What faults are injected into: resources, and the account in which they are to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from awsbase.engine.account import Account, check
from awsbase.engine.changes import ManualAction, Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.kind import Kinds
from awsbase.engine.lock import LockGeneration, Process
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risky
from awsbase.ensure import KINDS
from awsbase.samples.connections import connection
from awsbase.sandbox import SERVICES, Call, Request, Rule, Sandbox, Service
from awsbase.testing.sample import ACCOUNT

REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2")


def few_regions(request: Request, said: dict[str, Any]) -> None:
    """Return four regions instead of seventeen: the same recipe runs in each of them."""
    said["Regions"] = [region for region in said["Regions"] if region["RegionName"] in REGIONS]


FEWER = (Rule("ec2:DescribeRegions", after=few_regions),)


@dataclass(frozen=True)
class Subject:
    """Resources, and the account in which they are to be."""

    name: str
    resources: Sequence[Resource]
    before: Callable[[Sandbox], object] = lambda sandbox: None
    kinds: Kinds = field(default_factory=lambda: KINDS)
    services: Sequence[Service] = SERVICES
    fingerprint: str = "a fingerprint"

    def ready(self, of: type[Sandbox] = Sandbox, rules: tuple[Rule, ...] = ()) -> Sandbox:
        """Return the account as it is before the first run."""
        sandbox = of(rules=(*rules, *FEWER), services=self.services)
        self.before(sandbox)
        unfinished(sandbox, self.fingerprint)
        sandbox.calls.clear()
        return sandbox

    def go(self, sandbox: Sandbox, mode: Mode) -> Report:
        """Plan or reconcile as the command does; what is risky is allowed only where a first run needs it."""
        # First, since finding that out connects the same clients to another sandbox.
        allow_risky = self.allow_risky
        account = connected(sandbox)
        return execute(
            mode,
            self.resources,
            self.kinds,
            account,
            fingerprint=self.fingerprint,
            clock=sandbox.clock,
            allow_risky=allow_risky,
        )

    @cached_property
    def allow_risky(self) -> bool:
        """Whether already the plan of the first run, in the account as it was before, is risky."""
        sandbox = self.ready()
        return bool(risky(execute("plan", self.resources, self.kinds, connected(sandbox), clock=sandbox.clock)))

    @cached_property
    def undisturbed(self) -> Undisturbed:
        """Look what a run makes of the account when nothing disturbs it."""
        sandbox = self.ready()
        report = self.go(sandbox, "reconcile")
        assert not report.failed
        return Undisturbed(tuple(sandbox.calls), report.manual_actions, sandbox.snapshot())


def unfinished(sandbox: Sandbox, manifest: str) -> None:
    """Leave the lock as a run of a manifest has it until it comes to its end, killed or not."""
    now = sandbox.clock.now().replace(microsecond=0)  # as AWS dates its answers
    held = LockGeneration(1, "first", "", Process("", "", 0), now, now, True, None, manifest, now, False)
    before = connection("before")
    before.use(sandbox, sandbox.key())
    with before.wire.open():
        before.aws.ssm.put_parameter(Name=held.name, Value=held.text(), Type="String")


@dataclass(frozen=True)
class Undisturbed:
    """The calls of a run, what it asks of people, and the account after it."""

    calls: Sequence[Call]
    manual_actions: Sequence[ManualAction]
    account: dict[str, Any]

    def points(self, on: str) -> int:
        """Count the calls at which a fault can be injected, writes or reads."""
        return sum(call.writes == (on == "write") for call in self.calls)


def connected(sandbox: Sandbox) -> Account:
    """Return the account of a sandbox, reached as the command reaches one."""
    return check(connection("faults", resend=True).to(sandbox, sandbox.key()), ACCOUNT)
