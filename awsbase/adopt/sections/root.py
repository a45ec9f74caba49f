"""The root section: what root has, and who else may open support cases."""

from __future__ import annotations

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.billing_alerts import BillingAlerts
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.root import SUPPORT, Root
from awsbase.manifest.root import RootUser

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
    """Write the groups that may assume the role for support."""
    name = seen.base.expand(RootUser().support_role)
    policy = next((each for each in seen.of(Policy) if each.name == f"{seen.base.name}-support"), None)
    roles = [each for each in seen.of(Role) if each.name == name and any(SUPPORT in arn for arn in each.policies)]
    if policy and roles:
        groups = sorted(each.name for each in seen.of(Group) if policy.arn in each.policies)
        if groups:
            section.put("support", value=groups, of=roles[0].address)
