"""VPCs that somebody else looks after: found, and never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, Things
from awsbase.errors import AwsbaseError
from awsbase.facts import ec2
from awsbase.facts.home_network import existing_address, is_used
from awsbase.facts.vpcs import listed, understood, vpcs
from awsbase.records import record


class NoSuchNetwork(AwsbaseError):
    """The manifest names a VPC or a subnet, and there is none, or there are several."""


@record(kw_only=True)
class ExistingVpc(Resource):
    """A VPC that somebody else looks after: the one of this id, with these tags, or the default one. Never written."""

    id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        return self.id or ",".join(f"{key}={value}" for key, value in self.tags.items()) or "default"

    @property
    def address(self) -> str:
        return self.scope.address("existing-vpc", self.said)


def existing_vpc_reads(want: ExistingVpc) -> Iterator[Read]:
    """Yield the facts that the recipe of an existing vpc reads, to prefetch them."""
    yield vpcs, want.scope.region


def find_vpc(run: Run, want: ExistingVpc) -> dict[str, Any]:
    """Find the VPC that is meant; returns what `ensure_vpc` does.

    Raises NoSuchNetwork unless exactly one VPC fits.
    """
    everything = run.read(vpcs, want.scope.region)
    if want.id or want.tags:
        found = [vpc for vpc in everything if ec2.matches(vpc, want.id, want.tags)]
    else:
        found = [vpc for vpc in everything if vpc.default]
    if len(found) != 1:
        if not everything:
            raise NoSuchNetwork(
                f"there is no VPC in {want.scope.region}", hint="write `network: {}` to have one made, with its subnets"
            )
        there = ", ".join(f"{vpc.id} {vpc.tags.get('Name', '')}".strip() for vpc in found or everything)
        raise NoSuchNetwork(
            f"{len(found) or 'no'} VPC{'s' if len(found) > 1 else ''} {want.said!r} in {want.scope.region}",
            hint=f"name one of those there are in network.vpc: {there}; or write `network: {{}}` to have one made",
        )
    return {"id": found[0].id, "cidr": found[0].cidr, "ipv6": found[0].ipv6}


def existing_vpc_things(facts: Facts, scope: Scope) -> Things:
    """Yield the VPCs that awsbase did not make; those outside of the home region all as one."""
    there = facts.read(vpcs, scope.region)
    made = ec2.made(there, scope, "vpc") if scope.region == scope.home else {}
    far: list[str] = []
    for have, held in ec2.tagged(facts.read(listed, scope.region), understood):
        name = existing_address(scope, have)
        if have.owner not in ("", scope.account):
            yield LeftAlone(name, f"account {have.owner}", "it is the owner, and shares this VPC")
        elif scope.region != scope.home and not have.default:
            far.append(have.id)
        elif have.default and (scope.region != scope.home or not is_used(facts, scope.region, have.id)):
            yield LeftAlone(name, "AWS", "the default VPC that a region comes with")
        elif have.id not in made:
            yield Described(ExistingVpc(scope=scope, id=None if have.default else have.id), held)
    yield from ec2.elsewhere(scope, "existing-vpc", far)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list VPCs, and to see which of them are used."""
    yield allow("ec2", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeVpcs")


def read_permissions(want: ExistingVpc) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeVpcs")


KIND = Kind(
    find_vpc,
    existing_vpc_reads,
    resource=ExistingVpc,
    permissions=Permissions(read=read_permissions),
    about=About(
        what="A VPC that somebody else looks after, found by its id or its tags, or the default one; never written.",
        why="Whoever has a network needs no second one for a bastion.",
        undo=("nothing is made for it; name another VPC in the manifest, and what is in this one stays",),
    ),
    word="existing-vpc",
    found_by="id or tags",
    owns="nothing: it is only looked at",
    keeps="everything",
    describe=Describe(existing_vpc_things, describe_permissions, everywhere=True),
    absent=Absent(why="nothing is made for it: it is only looked at"),
)
