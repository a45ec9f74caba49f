"""What faults are injected into: every kind by its sample, and the manifests that people start from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from awsbase.engine.account import Account, check
from awsbase.engine.changes import ManualAction, Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risky
from awsbase.ensure import KINDS
from awsbase.sandbox import Call, Request, Rule, Sandbox
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from tests.connections import connection
from tests.contract.sample import ACCOUNT
from tests.contract.samples import SAMPLES

MANIFESTS = Path(__file__).parents[2] / "manifests"
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2")


def few_regions(request: Request, said: dict[str, Any]) -> None:
    """Tell of four regions instead of seventeen: the same recipe runs in each of them."""
    said["Regions"] = [region for region in said["Regions"] if region["RegionName"] in REGIONS]


FEWER = (Rule("ec2:DescribeRegions", after=few_regions),)


@dataclass(frozen=True)
class Subject:
    """Resources, and the account in which they are to be."""

    name: str
    resources: Sequence[Resource]
    before: Callable[[Sandbox], object] = lambda sandbox: None

    def ready(self, of: type[Sandbox] = Sandbox) -> Sandbox:
        """Return the account as it is before the first run."""
        sandbox = of(rules=FEWER)
        self.before(sandbox)
        sandbox.calls.clear()
        return sandbox

    def go(self, sandbox: Sandbox, mode: Mode) -> Report:
        """Plan or reconcile as the command does; what is risky is allowed only where a first run needs it."""
        allow_risky = self.allow_risky
        return execute(mode, self.resources, KINDS, connected(sandbox), clock=sandbox.clock, allow_risky=allow_risky)

    @cached_property
    def allow_risky(self) -> bool:
        """Whether already the plan of the first run, in the account as it was before, is risky."""
        sandbox = self.ready()
        return bool(risky(execute("plan", self.resources, KINDS, connected(sandbox), clock=sandbox.clock)))

    @cached_property
    def undisturbed(self) -> Undisturbed:
        """Look what a run makes of the account when nothing disturbs it."""
        sandbox = self.ready()
        report = self.go(sandbox, "reconcile")
        assert not report.failed
        return Undisturbed(tuple(sandbox.calls), report.manual_actions, sandbox.snapshot())


@dataclass(frozen=True)
class Undisturbed:
    """The calls of a run, what it asks of people, and the account after it."""

    calls: Sequence[Call]
    manual_actions: Sequence[ManualAction]
    account: dict[str, Any]

    def points(self, on: str) -> int:
        """Count the calls at which a fault can be injected, writes or reads."""
        return sum(call.writes == (on == "write") for call in self.calls)


@cache
def manifest(name: str) -> Subject:
    """Return a manifest of `manifests/` as a subject."""
    return Subject(f"{name}.yaml", read(MANIFESTS / f"{name}.yaml", Options()).resources)


def connected(sandbox: Sandbox) -> Account:
    """Return the account of a sandbox, reached as the command reaches one."""
    return check(connection("faults", resend=True).to(sandbox, sandbox.key()), ACCOUNT)


KINDS_ALONE = tuple(Subject(sample.name, sample.resources, sample.before) for sample in SAMPLES)
