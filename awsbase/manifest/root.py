"""The root section: the user that can do everything is locked away, and nobody needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from awsbase.engine.resource import Resource
from awsbase.ensure.billing_alerts import BILLING_REGIONS, BillingAlerts
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.root import SUPPORT, Root
from awsbase.manifest.alarms import billing_scope
from awsbase.manifest.base import Base
from awsbase.manifest.merge import Attach, Yielded
from awsbase.manifest.section import Section, Several, ValidationProblem, closest
from awsbase.manifest.values import GroupName, RoleName

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest


class RootUser(Section):
    """What the root user has, and what others may do so that nobody needs it. Only a person can change root itself:
    whatever is not right becomes a needs-you item with its steps."""

    mfa: Literal["any", "hardware"] = Field(
        default="any",
        description="What kind of MFA device root has: any, or a security key or token, whose secret cannot be copied "
        "(CIS 1.6). Root has to have one in any case.",
    )
    support: Several[GroupName] = Field(
        default=(),
        description="Groups of iam.groups that may assume a role with AWSSupportAccess, to open support cases in an "
        "incident (CIS 1.17). Without any, a plan asks for somebody who may.",
    )
    support_role: RoleName = Field(default="{name}-support", description="The name of that role.")

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield groups that the manifest does not define."""
        groups = list(manifest.iam.groups) if manifest.iam else []
        for index, group in enumerate(self.support):
            if group not in groups:
                hint = closest(group, groups) or "name a group of iam.groups"
                yield ValidationProblem(("support", index), f"no group called {group!r}", hint)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the role for support with the permission to assume it, billing alerts, and the checks of root."""
        scope = base.scope
        pays = scope.partition in BILLING_REGIONS
        role = self.role(base)
        if self.support:
            assume = self.policy(base)
            yield from (role, assume)
            for index, group in enumerate(self.support):
                yield Attach(address=f"group/{group}", policy=assume, at=("support", index))
        if pays and not any(isinstance(each, BillingAlerts) for each in _alarms(base, manifest)):
            yield BillingAlerts(scope=billing_scope(scope))
        yield Root(
            scope=scope, hardware=self.mfa == "hardware", bills=pays, support=role.address if self.support else None
        )

    def policy(self, base: Base) -> Policy:
        """Return the policy that lets somebody assume the role for support."""
        only = {"Sid": "Support", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": self.role(base).arn}
        return Policy(
            scope=base.scope,
            name=f"{base.name}-support",
            document={"Version": "2012-10-17", "Statement": [only]},
            description="Assume the role that opens support cases",
            tags=base.tags,
        )

    def role(self, base: Base) -> Role:
        """Return the role for support."""
        scope = base.scope
        trust = {
            "Effect": "Allow",
            # Only who is also allowed to, by the policy of the groups, and has given a code.
            "Principal": {"AWS": scope.global_arn("iam", "root")},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
        return Role(
            scope=scope,
            name=base.expand(self.support_role),
            trust={"Version": "2012-10-17", "Statement": [trust]},
            policies=frozenset({f"arn:{scope.partition}:iam::aws:policy/{SUPPORT}"}),
            purpose="Opens and follows support cases at AWS",
            tags=base.tags,
        )


def _alarms(base: Base, manifest: Manifest) -> Iterator[Resource]:
    if manifest.alarms:
        yield from manifest.alarms.resources(base, manifest)
