"""The hub of a fleet: which account has the engine, what its parts are called, and whom it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from awsbase.engine.changes import Mode
from awsbase.engine.scope import Scope
from awsbase.errors import UsageError
from awsbase.fleet.item import Item, item_of
from awsbase.manifest.fleet import Fleet, Names
from awsbase.manifest.fleet import Mode as Engine
from awsbase.manifest.manifest import base
from awsbase.organization.load import Member, Organization
from awsbase.organization.reach import Route
from awsbase.prices import dollars
from awsbase.prices import table as prices
from awsbase.records import record

# Seconds that a converged baseline takes in a function: docs/performance.md, and a cold start.
SECONDS = Decimal(3)
# Steps that AWS counts at most for one account: its child's start, the task, one more try, its end.
STEPS = 4
CENT = Decimal("0.01")


class NoHub(UsageError):
    """No account of the organization file has the engine of a fleet, or several have one."""


@record
class Hub:
    """The account with the engine."""

    member: Member
    fleet: Fleet

    @property
    def scope(self) -> Scope:
        """Its account and home region."""
        return self.member.manifest.account.scope

    def names(self, mode: Mode) -> Names:
        """Return what the engine's parts of a mode are called."""
        return self.fleet.names(base(self.member.manifest), engine(mode))

    def machine(self, mode: Mode) -> str:
        """Return the ARN of the state machine of a mode."""
        return self.scope.arn("states", f"stateMachine:{self.names(mode).machine}")

    def execution(self, mode: Mode, name: str) -> str:
        """Return the ARN of an execution of a mode's state machine."""
        return self.scope.arn("states", f"execution:{self.names(mode).machine}:{name}")


def engine(mode: Mode) -> Engine:
    """Return the part of the engine that carries out a mode."""
    return "plan" if mode == "plan" else "apply"


def hub_of(organization: Organization) -> Hub:
    """Return the hub of an organization file; raises NoHub."""
    found = [each for each in organization.members.values() if each.manifest.fleet]
    if len(found) == 1 and found[0].manifest.fleet:
        return Hub(found[0], found[0].manifest.fleet)
    if found:
        names = ", ".join(each.name for each in found)
        raise NoHub(f"several accounts of {organization.file} have a fleet: {names}", hint="leave it in one of them")
    raise NoHub(
        f"no account of {organization.file} has a fleet",
        hint="write `fleet: {}` into the manifest of the account that is to be the hub, and reconcile it",
    )


def check_access(hub: Hub, members: Sequence[Member]) -> None:
    """Check that all accounts let the hub in; raises UsageError with those that do not, and why."""
    if wrong := [why for each in members for why in obstacles(hub, each)]:
        raise UsageError(
            "\n".join(wrong), hint=f'write fleet_access: {{hub: "{hub.scope.account}", organization: o-ID}} into each'
        )


def obstacles(hub: Hub, member: Member) -> Iterator[str]:
    """Yield what in the manifest of an account keeps the hub out."""
    access = member.manifest.fleet_access
    if access is None:
        yield f"{member.name} has no fleet_access, so the hub cannot get in"
    elif access.hub != hub.scope.account:
        yield f"{member.name} lets in {access.hub}, and the hub is {hub.scope.account}"
    elif access.roles != hub.fleet.roles:
        yield f"{member.name} calls the roles of the fleet otherwise than {hub.member.name}"


def items(
    organization: Organization,
    hub: Hub,
    members: Sequence[Member],
    run: str,
    mode: Mode,
    *,
    approved: Mapping[str, Mapping[str, Any]],
    allow_risky: bool = False,
) -> Iterator[Item]:
    """Yield the work on each account, which the function reaches by the account's role for that mode."""
    role = hub.names(mode).role
    for member in members:
        scope = member.manifest.account.scope
        way = Route(member.name, member.entry.id, scope.home, None, (scope.global_arn("iam", f"role/{role}"),), run)
        item = item_of(organization, member, run, mode, approved=approved.get(member.name), allow_risky=allow_risky)
        yield replace(item, route=way)


@record
class Estimate:
    """What a run is likely to cost, in dollars; None where the region's price is not known."""

    steps: Decimal | None
    function: Decimal | None
    requests: Decimal | None

    def __str__(self) -> str:
        if self.steps is None or self.function is None or self.requests is None:
            return "what AWS charges in this region is not known"
        if (total := self.steps + self.function + self.requests) < CENT:
            return f"less than {cents(CENT)} for Step Functions, Lambda and S3"
        return (
            f"about {cents(total)}: {cents(self.steps)} for Step Functions, {cents(self.function)} for Lambda at "
            f"{SECONDS} s an account, {cents(self.requests)} for S3"
        )

    def document(self) -> dict[str, str | None]:
        """Return it as JSON values."""
        parts = {"step_functions": self.steps, "lambda": self.function, "s3": self.requests}
        return {name: None if usd is None else str(usd) for name, usd in parts.items()}


def cents(usd: Decimal) -> str:
    """Return an amount in whole cents."""
    return dollars(usd.quantize(CENT))


def estimate(hub: Hub, accounts: int) -> Estimate:
    """Return what a run over so many accounts is likely to cost."""
    region, thousand = hub.scope.home, Decimal(1000)
    gigabytes = Decimal(hub.fleet.memory) / 1024
    return Estimate(
        prices.STATE_TRANSITIONS.of(STEPS * accounts / thousand, region),
        prices.LAMBDA_SECONDS.of(SECONDS * gigabytes * accounts / thousand, region),
        prices.S3_WRITES.of(2 * accounts / thousand, region),
    )
