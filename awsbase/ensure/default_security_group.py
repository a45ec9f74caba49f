"""The default security group of a VPC, through which nothing passes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from awsbase.engine.changes import Unknown
from awsbase.engine.facts import Facts
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.facts import ec2, tags
from awsbase.facts.security_groups import described
from awsbase.facts.vpcs import vpcs
from awsbase.records import record


@record(kw_only=True)
class ClosedDefaultGroup(Resource):
    """The default security group of a VPC, without a rule: what forgets to name a group reaches nothing."""

    vpc: str

    @property
    def address(self) -> str:
        return f"default-security-group/{self.vpc.partition('/')[2]}"

    def needs(self) -> Iterator[str]:
        yield self.vpc

    def mentions(self) -> Iterator[str]:
        """Yield the VPC, which takes its default group with it."""
        yield self.vpc


@record
class DefaultGroup:
    """A default security group and the rules in it, as AWS writes them."""

    id: str
    ingress: list[dict[str, Any]]
    egress: list[dict[str, Any]]


def default_group(facts: Facts, region: str, vpc: str) -> DefaultGroup | None:
    """Return the default security group of a VPC, once AWS lists it."""
    for group in facts.read(described, region):
        if (group.get("VpcId"), group.get("GroupName")) == (vpc, "default"):
            return DefaultGroup(group["GroupId"], group.get("IpPermissions", []), group.get("IpPermissionsEgress", []))
    return None


def ensure_closed_default_group(run: Run, want: ClosedDefaultGroup) -> None:
    """Take every rule out of a VPC's default security group."""
    client, vpc = run.aws.ec2, run.result(want.vpc)["id"]
    have = run.later("default security group", default_group, want.scope.region, vpc)

    # A VPC that is only planned will come with both.
    for what, rules, revoke in (
        ("rules inward", "ingress", client.revoke_security_group_ingress),
        ("rules outward", "egress", client.revoke_security_group_egress),
    ):
        held = have[rules] if isinstance(have, Unknown) else getattr(have, rules)
        if isinstance(held, Unknown) or held:
            group = have["id"] if isinstance(have, Unknown) else have.id
            run.delete(what, revoke, GroupId=group, IpPermissions=held)


def remove_closed_default_group(run: Run, want: ClosedDefaultGroup) -> None:
    """Make no call: AWS deletes no default group, and one goes with its VPC."""


def read_permissions(want: ClosedDefaultGroup) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeSecurityGroups")


def write_permissions(want: ClosedDefaultGroup) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow(
        "ec2",
        *("RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"),
        on=ec2.arns(want.scope, "security-group"),
    )


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the closed default groups of VPCs that a manifest made or adopted."""
    for vpc in facts.read(vpcs, scope.region):
        group = facts.read(default_group, scope.region, vpc.id)
        address = vpc.tags.get(tags.ADDRESS, "")
        if address.startswith("vpc/") and group and not group.ingress and not group.egress:
            yield Described(ClosedDefaultGroup(scope=scope, vpc=address))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("ec2", "DescribeSecurityGroups", "DescribeVpcs")


KIND = Kind(
    ensure_closed_default_group,
    resource=ClosedDefaultGroup,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The default security group of the manifest's VPC lets nothing in and nothing out.",
        why="What is started without a group gets that one, and would trust everything else that did.",
        undo=(
            TAKE_OUT,
            "aws ec2 describe-security-groups --filters Name=group-name,Values=default --region REGION tells the ID",
            "aws ec2 authorize-security-group-egress --group-id ID --protocol -1 --cidr 0.0.0.0/0 --region REGION",
        ),
        controls=("CIS 5.4", "FSBP EC2.2"),
    ),
    word="default-security-group",
    found_by="its VPC",
    owns="that it has no rule",
    describe=Describe(things, listing_permissions),
    absent=Absent(remove_closed_default_group),
)
