"""Subnets that somebody else looks after: found, and never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, Things
from awsbase.ensure.existing_vpc import NoSuchNetwork
from awsbase.ensure.subnet import listed, subnets, understood
from awsbase.facts import ec2
from awsbase.facts.home_network import addresses, is_used
from awsbase.records import record


@record(kw_only=True)
class ExistingSubnet(Resource):
    """A subnet that somebody else looks after, in the VPC at an address. Never written.

    It is known by its id, or by its tags; with neither it is one that the region came with, in the first zone.
    """

    vpc: str
    id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        return self.id or ",".join(f"{key}={value}" for key, value in self.tags.items()) or "default"

    @property
    def address(self) -> str:
        return self.scope.address("existing-subnet", self.said)

    def needs(self) -> Iterator[str]:
        yield self.vpc


def existing_subnet_reads(want: ExistingSubnet) -> Iterator[Read]:
    """Yield the facts that the recipe of an existing subnet reads, to prefetch them."""
    yield subnets, want.scope.region


def find_subnet(run: Run, want: ExistingSubnet) -> str:
    """Find the subnet that is meant; returns its id.

    Raises NoSuchNetwork unless exactly one subnet fits.
    """
    vpc = run.result(want.vpc)["id"]
    there = [subnet for subnet in run.read(subnets, want.scope.region) if subnet.vpc == vpc]
    found = [subnet for subnet in there if ec2.matches(subnet, want.id, want.tags)]
    if not (want.id or want.tags):
        born = (subnet for subnet in there if subnet.default and subnet.cidr)
        found = sorted(born, key=lambda subnet: subnet.zone)[:1]
    if len(found) != 1:
        if not there:
            raise NoSuchNetwork(
                f"there is no subnet in the VPC {vpc}",
                hint="make one in it, name another VPC in network.vpc, or write `network: {}` to have a VPC made",
            )
        known = ", ".join(f"{each.id} {each.tags.get('Name', each.zone)}" for each in found or there)
        raise NoSuchNetwork(
            f"{len(found) or 'no'} subnet{'s' if len(found) > 1 else ''} {want.said!r} in the VPC {vpc}",
            hint=f"name one of those there are: {known}",
        )
    return str(found[0].id)


def existing_subnet_things(facts: Facts, scope: Scope) -> Things:
    """Yield the subnets at home that awsbase did not make."""
    made = ec2.made(facts.read(subnets, scope.region), scope, "subnet")
    networks = addresses(facts, scope)
    for have, held in ec2.tagged(facts.read(listed, scope.region), understood):
        subnet = ExistingSubnet(scope=scope, vpc=networks.get(have.vpc, have.vpc), id=have.id)
        if have.owner not in ("", scope.account):
            yield LeftAlone(subnet.address, f"account {have.owner}", "it is the owner, and shares this subnet")
        elif have.default and not is_used(facts, scope.region, have.vpc):
            yield LeftAlone(subnet.address, "AWS", "a subnet of the default VPC that a region comes with")
        elif have.id not in made:
            yield Described(subnet, held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list subnets, and to see whether the default ones are used."""
    yield allow("ec2", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs")


def read_permissions(want: ExistingSubnet) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeSubnets")


KIND = Kind(
    find_subnet,
    existing_subnet_reads,
    resource=ExistingSubnet,
    permissions=Permissions(read=read_permissions),
    about=About(
        what="A subnet that somebody else looks after, found by its id or its tags, and never written.",
        why="What is made by awsbase has its place in a network that is there already.",
        undo=("nothing is made for it; name another subnet in the manifest, and the instance is made anew there",),
    ),
    word="existing-subnet",
    found_by="id or tags",
    owns="nothing: it is only looked at",
    keeps="everything",
    describe=Describe(existing_subnet_things, describe_permissions),
    absent=Absent(why="nothing is made for it: it is only looked at"),
)
