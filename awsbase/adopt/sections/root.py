"""The root section: what root has, and who else may open support cases."""

from __future__ import annotations

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.billing_alerts import BillingAlerts
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.root import Root
from awsbase.manifest.root import RootUser
from awsbase.policies.document import same

KINDS = (Root, BillingAlerts, Group, Policy, Role)


def draft(seen: Seen, section: Draft) -> None:
    """Write what the section looks at; the role for support where it is as the section makes it."""
    alerts = BillingAlerts(scope=seen.base.scope).address
    for each in seen.of(Root):
        if alerts in seen.refuted:
            section.cannot(each.address, "billing alerts are off, and the section would switch them on")
            return
        section.put(value={})
        if each.hardware:
            section.put("mfa", value="hardware")
        support(seen, section)


def support(seen: Seen, section: Draft) -> None:
    """Write the groups that may assume the role for support, if that is just as the section makes it."""
    role, policy = RootUser().role(seen.base), RootUser().policy(seen.base)
    groups = sorted(each.name for each in seen.of(Group) if policy.arn in each.policies)
    as_made = any(same(each.document, policy.document) for each in seen.of(Policy) if each.name == policy.name)
    if groups and as_made and any(is_as_made(each, role) for each in seen.of(Role)):
        section.put("support", value=groups, of=role.address)
        section.claims(role.address, policy.address)


def is_as_made(have: Role, role: Role) -> bool:
    """Tell whether a role is the one for support, with nothing more."""
    plain = have.policies == role.policies and not have.inline and have.path == role.path
    return have.name == role.name and plain and same(have.trust, role.trust)
