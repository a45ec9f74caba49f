"""The fleet_access section: what lets a fleet into an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.manifest.base import Base
from awsbase.manifest.fleet import MODES, FleetRoles, Mode, worker
from awsbase.manifest.grants import Grant, dangling, granted
from awsbase.manifest.managed_policies import managed_policies
from awsbase.manifest.section import Section, Several, ValidationProblem
from awsbase.manifest.values import AccountId, OrganizationId
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

# What plans gets this policy and no other, so that it cannot write whatever the manifest says.
LOOKS = "awsbase:read-only"


class FleetAccess(Section):
    """What lets a fleet into this account: two roles that only the hub's functions may assume."""

    hub: AccountId = Field(description="The 12 digits of the account that is the hub, in quotes.")
    organization: OrganizationId = Field(description="The id of the AWS organization that both accounts are in.")
    roles: FleetRoles = Field(default_factory=FleetRoles, description="The names of the roles, as the hub has them.")
    apply: Several[Grant] = Field(default=("awsbase:administrator",), description="What reconciling may do.")

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield policies that nobody defines, and roles that iam has too."""
        iam = manifest.iam
        names = iam.policies if iam else {}
        yield from dangling(self.apply, ("apply",), names, manifest.account.scope)
        others = {name.casefold() for name in iam.roles} if iam else set()
        for mode in MODES:
            if self.roles.of(mode).casefold() in others:
                message = f"iam.roles has {self.roles.of(mode)} too"
                yield ValidationProblem(("roles", mode), message, "give one of them another name")

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Any]:
        """Yield the two roles, with the policies that no other section makes."""
        own = {policy.name: policy for policy in self._policies(base, manifest)}
        yield from (each for name, each in own.items() if name not in self._made_by_iam(base, manifest))
        for mode in MODES:
            given = granted((LOOKS,) if mode == "plan" else self.apply, base.scope, own)
            yield Role(
                scope=base.scope,
                name=self.roles.of(mode),
                trust=self.trust(base, mode),
                policies=given.arns,
                purpose=f"Lets the fleet of account {self.hub} {'plan' if mode == 'plan' else 'reconcile'} here",
                tags=base.tags,
                max_session=3600,
                made_here=given.made_here,
            )

    def trust(self, base: Base, mode: Mode) -> Document:
        """Return the trust of a role: one role of the hub, in this organization, that says which run it is.

        The principal is the hub's account, and its role is a condition. So the hub's role can be made later, or anew.
        """
        partition = base.scope.partition
        hub = f"arn:{partition}:iam::{self.hub}:role/{worker(self.roles.of(mode))}"
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{partition}:iam::{self.hub}:root"},
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
            "Condition": {
                "ArnEquals": {"aws:PrincipalArn": hub},
                "StringEquals": {"aws:PrincipalOrgID": self.organization},
                "StringLike": {"sts:SourceIdentity": "*"},
            },
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    def _policies(self, base: Base, manifest: Manifest) -> Iterator[Policy]:
        for name, policy in (manifest.iam.policies if manifest.iam else {}).items():
            yield policy.resource(base, name)
        yield from managed_policies((LOOKS, *self.apply), base, manifest)

    def _made_by_iam(self, base: Base, manifest: Manifest) -> set[str]:
        """Return the names of the policies that the section iam makes."""
        iam = manifest.iam
        if iam is None:
            return set()
        named = [grant for group in iam.groups.values() for grant in group.grants]
        named += [grant for role in iam.roles.values() for grant in role.grants]
        made = {policy.name for policy in managed_policies(named, base, manifest)}
        return made | {base.expand(name) for name in iam.policies}
