"""The root section: what root has, and who else may open support cases."""

from __future__ import annotations

from collections.abc import Iterable

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.engine.changes import CLOSED
from awsbase.engine.refusals import DENIED
from awsbase.engine.resource import Resource
from awsbase.ensure.billing_alerts import BillingAlerts
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.root import Root
from awsbase.manifest.root import RootUser
from awsbase.policies.document import same

KINDS = (Root, BillingAlerts, Group, Policy, Role)
OFF = "billing alerts are off, and the section would switch them on"
UNKNOWN = "whether billing alerts are on could not be read, and the section would switch them on"


def draft(seen: Seen, section: Draft) -> None:
    """Write what the section looks at; the role for support where it is as the section makes it."""
    alerts = BillingAlerts(scope=seen.base.scope).address
    for each in seen.of(Root):
        if alerts in seen.refuted:
            section.cannot(each.address, UNKNOWN if is_unread(seen.refuted[alerts]) else OFF)
            return
        section.put(value={})
        if each.hardware:
            section.put("mfa", value="hardware")
        support(seen, section)


def is_unread(fields: Iterable[str]) -> bool:
    """Tell whether a plan could not read something, by what it has against it."""
    return any(each.partition(":")[0] in (*DENIED, CLOSED) for each in fields)


def support(seen: Seen, section: Draft) -> None:
    """Write the groups that may assume the role for support, if that is just as the section makes it."""
    role, policy = RootUser().role(seen.base), RootUser().policy(seen.base)
    groups = sorted(each.name for each in seen.of(Group) if policy.arn in each.policies)
    there = {each.address: each for each in (*seen.of(Role), *seen.of(Policy))}
    if groups and is_role(there.get(role.address), role) and is_policy(there.get(policy.address), policy):
        section.put("support", value=groups, of=role.address)


def is_role(have: Resource | None, role: Role) -> bool:
    """Tell whether something is the role for support, with nothing more."""
    if not isinstance(have, Role) or have.inline:
        return False
    return have.policies == role.policies and have.path == role.path and same(have.trust, role.trust)


def is_policy(have: Resource | None, policy: Policy) -> bool:
    """Tell whether something is the policy that lets somebody assume that role."""
    return isinstance(have, Policy) and have.path == policy.path and same(have.document, policy.document)
