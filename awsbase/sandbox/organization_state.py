"""The organization that an account is in: moto's object for it, and what AWS does there in the background.

moto keeps units, accounts and policies with the management account. What it does not know of, such as an account that
is being created, is a `Progress` beside them, so that a late read finds both as they were.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from awsbase.sandbox.moto_state import partition_of
from awsbase.sandbox.service import AccountState

LOOKS, SECONDS = 2, 60.0
ACCOUNTS = 10
"""The quota of a new organization: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""
CLOSURES, SHARE, MOST_CLOSURES = 250, 0.2, 1000
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
# What is attached everywhere as soon as a type is enabled, by the id of AWS's own policy.
DEFAULTS = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}


@dataclass
class Background:
    """Something that AWS does in the background: done after some looks at it, or after some time."""

    until: float
    looks: int = LOOKS

    def over(self, now: float) -> bool:
        """Return whether it is done."""
        return self.looks <= 0 or now >= self.until

    def look(self, now: float) -> bool:
        """Look at it once; return whether it was done."""
        over = self.over(now)
        self.looks -= 1
        return over


@dataclass
class Creation:
    """A request for an account; the account gets its id at once and is a member when the request succeeds."""

    id: str
    account: str
    params: Mapping[str, Any]
    asked: float
    work: Background
    failure: str = ""
    state: str = "IN_PROGRESS"
    completed: float = 0.0


@dataclass
class Newness:
    """An account in its first minutes: what was refused in it so far, by service."""

    until: float
    refused: Counter[str] = field(default_factory=Counter)


@dataclass
class Progress:
    """What AWS has done, and is doing, in an organization beside what moto keeps."""

    finalizing: Background | None = None
    creations: dict[str, Creation] = field(default_factory=dict)
    new: dict[str, Newness] = field(default_factory=dict)
    policy_types: dict[str, Background] = field(default_factory=dict)
    closures: dict[str, Background] = field(default_factory=dict)
    closed: list[float] = field(default_factory=list)
    emails: set[str] = field(default_factory=set)
    """The addresses that root users elsewhere in AWS have, or had in accounts that left."""
    account_quota: int = ACCOUNTS
    closure_quota: int | None = None


def organization(sandbox: AccountState, region: str = "us-east-1", account: str | None = None) -> Any:
    """Return moto's object for the organization that an account is in, or nothing."""
    if "moto.organizations.models" not in sys.modules:
        # Nobody has asked for Organizations in this process, and to load them takes time.
        return None
    account, state, partition = account or sandbox.account, sandbox.moto_state, partition_of(region)
    with state.open():
        management, _ = state.register("organizations", "master_accounts").get(account, (account, partition))
        held = state.bare("organizations", management).get(partition)
    return held if held and held.org else None


def progress(held: Any) -> Progress:
    """Return what AWS has done and is doing in an organization."""
    found: Progress = vars(held).setdefault("progress", Progress())
    return found


def member(held: Any, account: str) -> Any:
    """Return moto's object for an account of an organization, or nothing."""
    return next((each for each in held.accounts if each.id == account), None)


def is_management(held: Any, account: str) -> bool:
    """Return whether an account is the management account of an organization."""
    return bool(held.org.master_account_id == account)


def delegated(held: Any, account: str, service: str = "") -> bool:
    """Return whether an account is a delegated administrator, of a service or of any."""
    services: Any = next((admin.services for admin in held.admins if admin.account.id == account), {})
    return service in services if service else bool(services)


def trusted(held: Any, service: str) -> bool:
    """Return whether a service has trusted access to an organization."""
    return any(each["ServicePrincipal"] == service for each in held.services)


def has_all_features(held: Any) -> bool:
    """Return whether the organization is more than a shared bill."""
    return bool(held.org.feature_set == "ALL")


def units(held: Any) -> dict[str, Any]:
    """Return the root and the units by their ids."""
    return {each.id: each for each in held.ou}


def target(held: Any, id: str) -> Any:
    """Return what a policy can be attached to: the root, a unit or an account; or nothing."""
    return units(held).get(id) or member(held, id)


def path(held: Any, id: str) -> list[Any]:
    """Return the way from the root to a unit or an account, both included."""
    found, above = [], target(held, id)
    while above is not None:
        found.append(above)
        above = units(held).get(above.parent_id)
    return found[::-1]


def attached(entity: Any, type: str) -> list[Any]:
    """Return the policies of one type that are attached to the root, a unit or an account."""
    return [policy for policy in entity.attached_policies if policy.type == type]


def status(held: Any, type: str) -> str:
    """Return whether a type of policies is enabled or pending; nothing when it is not."""
    return next((each["Status"] for each in held.ou[0].policy_types if each["Type"] == type), "")


def enabled(held: Any, type: str) -> bool:
    """Return whether policies of a type can be attached, and count."""
    return status(held, type) == "ENABLED"


def attach_defaults(held: Any) -> None:
    """Give all that has no policy of an enabled type AWS's own one, and take those of other types away.

    moto attaches those of two types, whether they are enabled or not.
    """
    for type, id in DEFAULTS.items():
        default = next(policy for policy in held.policies if policy.id == id)
        on = status(held, type) in ("ENABLED", "PENDING_DISABLE")
        for entity in (*held.ou, *held.accounts):
            if on and not attached(entity, type):
                attach(default, entity)
            elif not on and default in entity.attached_policies:
                detach(default, entity)


def attach(policy: Any, entity: Any) -> None:
    """Attach a policy."""
    entity.attached_policies.append(policy)
    policy.attachments.append(entity)


def detach(policy: Any, entity: Any) -> None:
    """Detach a policy."""
    entity.attached_policies.remove(policy)
    policy.attachments.remove(entity)


def closures_left(held: Any, now: float) -> int:
    """Return how many accounts can still be closed: within 30 days 250, or a fifth of the members, at most 1,000.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html
    """
    told = progress(held)
    members = len(held.accounts) - 1
    most = min(MOST_CLOSURES, max(CLOSURES, int(members * SHARE))) if told.closure_quota is None else told.closure_quota
    month = timedelta(days=30).total_seconds()
    return most - sum(1 for at in told.closed if now - at < month)
