"""The security group that comes with each VPC, and that whatever is launched without thought lands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsbase.access.trust import trusted_principals
from awsbase.engine.changes import Risk
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Things
from awsbase.ensure.regions import ADDRESS, Only, Switch, everywhere, in_regions
from awsbase.facts import tags
from awsbase.facts.authorization import ALL_OF_IAM, roles
from awsbase.facts.launch_templates import launch_templates
from awsbase.facts.security_groups import described
from awsbase.facts.vpcs import vpcs
from awsbase.records import record

Rules = tuple[Mapping[str, Any], ...]
SHOWN = 3
# Services that put nothing into a VPC, and EC2, which starts nothing by itself. Each has a role in many an account.
ELSEWHERE = (
    *("access-analyzer", "cloudtrail", "config", "delivery", "dlm", "ec2", "guardduty", "organizations"),
    *("resource-explorer-2", "securityhub", "sso", "support", "trustedadvisor", "vpc-flow-logs"),
)


@record(kw_only=True)
class DefaultGroups(Resource):
    """The default group of each VPC lets nothing in and nothing out, once nothing is in it.

    It is risky while a service of AWS might put something into it later: a group of instances at zero, an idle
    function. VPCs that were made for the addresses in `but` have a resource of their own for it.
    """

    only: Only = None
    but: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return "default-groups/account"

    def needs(self) -> Iterator[str]:
        yield ADDRESS


@record
class DefaultGroup:
    """A default group with its rules as AWS gives them, what uses it, and the address that its VPC was made for."""

    id: str
    vpc: str
    inward: Rules = ()
    outward: Rules = ()
    users: tuple[str, ...] = ()
    made_for: str | None = None


def default_groups(facts: Facts, region: str) -> tuple[DefaultGroup, ...]:
    """Read the default groups of a region that let anything through."""
    open = [group for group in facts.read(listed, region) if lets_through(group)]
    users = facts.read(users_of, region, tuple(group["GroupId"] for group in open)) if open else {}
    made_for = {vpc.id: vpc.tags.get(tags.ADDRESS) for vpc in facts.read(vpcs, region)} if open else {}
    return tuple(
        DefaultGroup(
            id=group["GroupId"],
            vpc=group["VpcId"],
            inward=tuple(group.get("IpPermissions", ())),
            outward=tuple(group.get("IpPermissionsEgress", ())),
            users=users.get(group["GroupId"], ()),
            made_for=made_for[group["VpcId"]],
        )
        for group in sorted(open, key=lambda group: str(group["GroupId"]))
        # A VPC that is made meanwhile, by this very run perhaps, is looked at by the next one.
        if group["VpcId"] in made_for
    )


def listed(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Return the default groups of a region as EC2 writes them."""
    groups = (group for group in facts.read(described, region) if group.get("GroupName") == "default")
    # A group without a VPC is one of EC2-Classic.
    return [group for group in groups if {"GroupId", "VpcId"} <= group.keys()]


def lets_through(group: Mapping[str, Any]) -> bool:
    """Tell whether a group lets anything in or out."""
    return bool(group.get("IpPermissions") or group.get("IpPermissionsEgress"))


def users_of(facts: Facts, region: str, groups: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the network interfaces in each of these groups, and the launch templates that name it."""
    inside, templates = facts.read_all((interfaces, region, groups), (launch_templates, region))
    named = {
        group: tuple(
            f"launch template {name}" for name, versions in sorted(templates.items()) if group in str(versions)
        )
        for group in groups
    }
    return {group: (*inside.get(group, ()), *named[group]) for group in groups}


def interfaces(facts: Facts, region: str, groups: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the network interfaces in each of these groups: instances, databases, functions all have one."""
    pages = (
        facts.aws.at(region)
        .ec2.get_paginator("describe_network_interfaces")
        .paginate(Filters=[{"Name": "group-id", "Values": list(groups)}])
    )
    found: dict[str, list[str]] = {}
    for page in pages:
        for interface in page["NetworkInterfaces"]:
            for group in interface.get("Groups", ()):
                id = interface.get("NetworkInterfaceId", "one without an id")
                found.setdefault(group.get("GroupId", ""), []).append(id)
    return {group: tuple(sorted(users)) for group, users in found.items()}


def starters(facts: Facts) -> Mapping[str, str]:
    """Return the services that may put something into a VPC of their own accord, each with a role that lets it.

    A service starts nothing without a role, be it one that is linked to it. What awsbase makes names its own groups.
    """
    return {
        service: role.name
        for role in facts.read(roles).values()
        if tags.ADDRESS not in role.tags
        for kind, service in (each.principal for each in trusted_principals(role.trust))
        if kind == "Service" and service.partition(".")[0] not in ELSEWHERE
    }


def ensure_default_groups(run: Run, want: DefaultGroups) -> None:
    """Take the rules out of default groups that nothing uses, and ask for the others to be freed."""

    def close(run: Run, region: str, groups: Sequence[DefaultGroup]) -> None:
        ec2 = run.aws.at(region).ec2
        for group in (each for each in groups if each.made_for not in want.but):
            if group.users:
                ask_to_free(run, region, group)
                continue
            name, risk = f"default group {group.id} of {group.vpc} in {region}", cut_off(run)
            if rules := list(group.inward):
                revoke = ec2.revoke_security_group_ingress
                run.delete(f"rules inward of {name}", revoke, risk=risk, GroupId=group.id, IpPermissions=rules)
            if rules := list(group.outward):
                revoke = ec2.revoke_security_group_egress
                run.delete(f"rules outward of {name}", revoke, risk=risk, GroupId=group.id, IpPermissions=rules)

    run.side_by_side(close, run.read(everywhere, default_groups, want.only))


def cut_off(run: Run) -> Risk | None:
    """Say who may put something into a default group later: a group of instances at zero, a function that is idle."""
    found = sorted(run.read(starters).items())
    some = ", ".join(f"{service} (role {role})" for service, role in found[:SHOWN])
    more = " and others" if len(found) > SHOWN else ""
    return deletion((found and f"cuts off what {some}{more} may start without a group of its own") or "")


def ask_to_free(run: Run, region: str, group: DefaultGroup) -> None:
    """Say what is still in a default group: without rules it would be cut off."""
    some = ", ".join(group.users[:SHOWN]) + (" and others" if len(group.users) > SHOWN else "")
    run.manual_action(
        f"the default security group of {group.vpc} in {region} is in use by {some}, so its rules stay",
        f"see what they belong to: aws ec2 describe-network-interfaces --region {region} "
        f"--filters Name=group-id,Values={group.id}",
        "give each a security group of its own with the rules that it needs: "
        f"aws ec2 modify-network-interface-attribute --region {region} --network-interface-id eni-… --groups sg-… "
        "(what a service manages, such as a database or a function, is changed in that service; a launch template gets "
        "another default version)",
        "run awsbase again: it then takes the rules out",
        probe=f"ec2 DescribeNetworkInterfaces finds nothing in {group.id}, and no launch template names it",
    )


def default_groups_reads(want: DefaultGroups) -> Iterator[Read]:
    """Yield the facts that the recipe of default groups reads, to prefetch them."""
    yield everywhere, default_groups, want.only


def read_permissions(want: DefaultGroups) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM
    seen = ("DescribeLaunchTemplateVersions", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeVpcs")
    yield allow("ec2", *seen)


def write_permissions(want: DefaultGroups) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    revoke = ("RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress")
    yield allow("ec2", *revoke, on=in_regions(want, "ec2", "security-group/*"))


def closed(groups: Sequence[Mapping[str, Any]]) -> bool | None:
    """Tell whether all default groups of a region are closed; None where there is none."""
    return not any(map(lets_through, groups)) if groups else None


SWITCH = Switch(listed, closed, "the default security groups are closed")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the closed default groups, where all are."""
    return SWITCH.things(facts, lambda only: DefaultGroups(scope=scope, only=only))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("ec2", "DescribeSecurityGroups")


KIND = Kind(
    ensure_default_groups,
    default_groups_reads,
    resource=DefaultGroups,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The default security group of every VPC lets nothing in and nothing out.",
        why="What is started without a group gets that one, and would trust everything else that did.",
        undo=(
            TAKE_OUT,
            "aws ec2 authorize-security-group-egress --group-id GROUP --protocol -1 --cidr 0.0.0.0/0 --region REGION",
        ),
        controls=("CIS 5.4", "FSBP EC2.2"),
    ),
    word="default-groups",
    found_by="name, one a VPC",
    owns="rules, of groups that nothing is in",
    keeps="groups in use",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="what was started without thought would trust everything else in its group again"),
)
