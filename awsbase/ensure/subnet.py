"""Subnets of our own VPC, one a zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from ipaddress import IPv6Network
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine import quotas
from awsbase.engine.changes import Unknown
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, made_for
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.errors import AwsbaseError
from awsbase.facts import ec2, tags
from awsbase.facts.ec2 import CannotBeChanged
from awsbase.facts.interfaces import TENANTS, kept_for, of_others
from awsbase.facts.vpcs import vpcs
from awsbase.records import record


class NoSuchZone(AwsbaseError):
    """The region has no such availability zone, or not that many."""


class NoIpv4(AwsbaseError):
    """A subnet has IPv6 alone, and what is to live in it needs IPv4."""


@record(kw_only=True)
class Subnet(Resource):
    """A subnet in the VPC at an address, in the n-th zone or a named one; it hands out no public addresses by itself.

    `ipv6` is which of the VPC's /64 it gets.
    """

    name: str
    vpc: str
    cidr: str
    zone: int | str
    ipv6: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("subnet", self.name)

    def needs(self) -> Iterator[str]:
        yield self.vpc


@record
class SubnetFacts:
    """A subnet as it is; one of IPv6 alone has no IPv4 block."""

    id: Any
    vpc: str
    cidr: str | None
    zone: str
    zone_id: str = ""
    ipv6: Any = None
    tags: Mapping[str, str] = field(default_factory=dict)
    default: bool = False
    owner: str = ""


@record
class Zone:
    """An availability zone: its name is this account's own, its id everybody's."""

    name: str
    id: str


def subnets(facts: Facts, region: str) -> tuple[SubnetFacts, ...]:
    """Return all subnets of a region."""
    return tuple(ec2.understood(facts.read(listed, region), understood))


def listed(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read all subnets of a region as EC2 writes them."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_subnets").paginate()
    return [subnet for page in pages for subnet in page["Subnets"]]


def understood(subnet: Mapping[str, Any]) -> SubnetFacts:
    """Return a subnet as it is."""
    blocks = subnet.get("Ipv6CidrBlockAssociationSet", [])
    there = (each for each in blocks if ec2.state_of(each) in ("associating", "associated"))
    return SubnetFacts(
        id=subnet["SubnetId"],
        vpc=subnet["VpcId"],
        cidr=subnet.get("CidrBlock"),
        zone=subnet["AvailabilityZone"],
        zone_id=subnet.get("AvailabilityZoneId", ""),
        ipv6=next((each["Ipv6CidrBlock"] for each in there), None),
        tags=ec2.tags_in(subnet),
        default=subnet.get("DefaultForAz", False),
        owner=subnet.get("OwnerId", ""),
    )


def zones(facts: Facts, region: str) -> tuple[Zone, ...]:
    """Read the zones of a region that anybody may use, by name: no local zones, none that must be opted into."""
    answer = facts.aws.at(region).ec2.describe_availability_zones()
    found = [
        Zone(zone["ZoneName"], zone["ZoneId"])
        for zone in answer["AvailabilityZones"]
        if zone.get("ZoneType", "availability-zone") == "availability-zone"
        and zone.get("OptInStatus", "opt-in-not-required") == "opt-in-not-required"
        and zone.get("State") == "available"
        and {"ZoneName", "ZoneId"} <= zone.keys()
    ]
    return tuple(sorted(found, key=lambda zone: zone.name))


def subnet_reads(want: Subnet) -> Iterator[Read]:
    """Yield the facts that the recipe of a subnet reads, to prefetch them."""
    yield subnets, want.scope.region


def ensure_subnet(run: Run, want: Subnet) -> Any:
    """Keep one subnet; returns its id."""
    client, region = run.aws.ec2, want.scope.region
    vpc = run.result(want.vpc)
    have = ec2.the_one(run.read(subnets, region), want.address)
    block = slice_of(vpc["ipv6"], want.ipv6) if want.ipv6 is not None else None
    if have:
        as_it_is(want, have)

    if have is None:
        ec2.room(run, quotas.SUBNETS, want, run.read(subnets, region), vpc["id"])
        zone = the_zone(run, want)
        made = run.create(
            "subnet",
            client.create_subnet,
            VpcId=vpc["id"],
            CidrBlock=want.cidr,
            AvailabilityZoneId=zone.id,
            Ipv6CidrBlock=block,
            TagSpecifications=ec2.tagging("subnet", want),
        )
        have = SubnetFacts(made["Subnet"]["SubnetId"], "", want.cidr, zone.name, zone.id, block, ec2.labels(want))

    if want.ipv6 is not None and have.ipv6 is None:
        run.create("IPv6 block", client.associate_subnet_cidr_block, SubnetId=have.id, Ipv6CidrBlock=block)

    ec2.tag(run, want, have, retagging)
    return have.id


def remove_subnet(run: Run, want: Subnet) -> None:
    """Delete a subnet that this manifest made, unless something of others lives in it."""
    for have in ec2.to_remove(run, want, run.read(subnets, want.scope.region)):
        if not kept_for(run, (each.what for each in of_others(run, want.scope) if each.subnet == have.id)):
            run.delete("subnet", run.aws.ec2.delete_subnet, SubnetId=have.id)


def removal_permissions(want: Subnet) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield TENANTS
    yield allow("ec2", "DeleteSubnet", on=ec2.arns(want.scope, "subnet"), when=made_for(want.address))


def the_zone(run: Run, want: Subnet) -> Zone:
    """Return the zone that is meant: by number, by name, by its letter, or by its id.

    Raises NoSuchZone when the region has no such zone.
    """
    there = run.read(zones, want.scope.region)
    if isinstance(want.zone, int):
        if want.zone < len(there):
            return there[want.zone]
    else:
        names = (want.zone, want.scope.region + want.zone)
        for zone in there:
            if zone.name in names or zone.id == want.zone:
                return zone
    wanted = f"{want.zone + 1} zones" if isinstance(want.zone, int) else f"zone {want.zone!r}"
    known = ", ".join(f"{zone.name} ({zone.id})" for zone in there)
    raise NoSuchZone(f"{want.scope.region} does not have {wanted}", hint=f"there are {known}")


def as_it_is(want: Subnet, have: SubnetFacts) -> None:
    """Refuse to want another block or zone of a subnet than it has; raises CannotBeChanged when they differ."""
    named = isinstance(want.zone, int) or want.zone in (have.zone, have.zone_id) or have.zone.endswith(want.zone)
    if have.cidr != want.cidr or not named:
        raise CannotBeChanged(
            f"the subnet {have.id} is {have.cidr or 'IPv6 alone'} in {have.zone}, the manifest makes it {want.cidr} in "
            f"{want.zone if isinstance(want.zone, str) else have.zone}, and AWS moves no subnet",
            hint="write the manifest as it is, or delete the subnet first",
        )


def with_ipv4(run: Run, region: str, subnet: Any) -> Any:
    """Return the id of a subnet in which something of IPv4 is to live; raises NoIpv4 when it has IPv6 alone."""
    for have in run.read(subnets, region):
        if have.id == subnet and have.cidr is None:
            named = f"{subnet} ({have.tags['Name']})" if "Name" in have.tags else subnet
            raise NoIpv4(
                f"the subnet {named} has IPv6 alone, and a bastion needs an IPv4 address",
                hint="name a subnet with an IPv4 block, or write `network: {}` to have a VPC made with such subnets",
            )
    return subnet


def slice_of(block: Any, number: int) -> Any:
    """Return one /64 of an IPv6 block, which planning may not know yet."""
    if block is None or isinstance(block, Unknown):
        return block
    whole = IPv6Network(block)
    return str(IPv6Network((int(whole.network_address) + (number << 64), 64)))


def subnet_things(facts: Facts, scope: Scope) -> Things:
    """Yield the subnets that awsbase made; the others are those of `existing-subnet`."""
    made = ec2.made(facts.read(subnets, scope.region), scope, "subnet")
    held_by = {vpc.id: vpc for vpc in facts.read(vpcs, scope.region)}
    for have, held in ec2.tagged(facts.read(listed, scope.region), understood):
        if name := made.get(have.id):
            within = held_by.get(have.vpc)
            subnet = Subnet(
                scope=scope,
                name=name,
                vpc=within.tags.get(tags.ADDRESS, have.vpc) if within else have.vpc,
                cidr=have.cidr or "",
                zone=have.zone,
                ipv6=number_of(within.ipv6 if within else None, have.ipv6),
                tags=ec2.own_tags(have),
            )
            yield Described(subnet, held)


def number_of(block: str | None, slice: str | None) -> int | None:
    """Return which /64 of the IPv6 block of a VPC a subnet has."""
    if not (block and slice):
        return None
    return (int(IPv6Network(slice).network_address) - int(IPv6Network(block).network_address)) >> 64


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list subnets."""
    yield allow("ec2", "DescribeSubnets", "DescribeVpcs")


def read_permissions(want: Subnet) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeSubnets")
    yield allow("ec2", "DescribeAvailabilityZones")


def write_permissions(want: Subnet) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    on = ec2.arns(want.scope, "subnet")
    yield from ec2.tagging_permissions(want, "subnet", "CreateSubnet")
    yield allow("ec2", "CreateSubnet", on=(*on, *ec2.arns(want.scope, "vpc")))
    if want.ipv6 is not None:
        yield allow("ec2", "AssociateSubnetCidrBlock", on=on, when=made_for(want.address))


KIND = Kind(
    ensure_subnet,
    subnet_reads,
    resource=Subnet,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="One slice of the VPC's addresses, in one zone; it hands out no public address by itself.",
        why="What is started in it is reached from outside only if somebody says so.",
        undo=(
            TAKE_OUT,
            "end what is in it, or else AWS refuses",
            "aws ec2 describe-subnets --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 delete-subnet --subnet-id ID --region REGION",
        ),
        controls=("FSBP EC2.15",),
    ),
    word="subnet",
    found_by="tag",
    owns="block, zone; an IPv6 block, if wanted",
    keeps="tags",
    quotas=(quotas.SUBNETS,),
    describe=Describe(subnet_things, describe_permissions),
    absent=Absent(remove_subnet, permissions=removal_permissions),
)
