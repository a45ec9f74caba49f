"""The way out of a private subnet by way of an instance."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TypeVar

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.existing_subnet import ExistingSubnet
from awsbase.ensure.route_table import RouteTableFacts, route, route_tables, towards
from awsbase.ensure.subnet import subnets, with_ipv4
from awsbase.errors import AwsbaseError
from awsbase.facts import ec2, tags
from awsbase.facts.instances import instances
from awsbase.prices import table as prices
from awsbase.records import record

EVERYWHERE = "0.0.0.0/0"
R = TypeVar("R", bound=Resource)


class NoTableOfItsOwn(AwsbaseError):
    """A subnet follows the main route table, and a route there would bend the way of others too."""


@record(kw_only=True)
class NatRoute(Resource):
    """The IPv4 default route of the subnet at an address leads to the instance at `instance`.

    Of the subnet's route table this one route is managed. IPv6 is not: it needs no translation.
    """

    subnet: str
    instance: str

    @property
    def address(self) -> str:
        return f"nat-route/{self.subnet.partition('/')[2]}"

    def needs(self) -> Iterator[str]:
        yield from (self.subnet, self.instance)


def nat_route_reads(want: NatRoute) -> Iterator[Read]:
    """Yield the facts that the recipe of a nat route reads, to prefetch them."""
    yield route_tables, want.scope.region
    yield subnets, want.scope.region


def ensure_nat_route(run: Run, want: NatRoute) -> None:
    """Let a private subnet reach the world through an instance."""
    subnet = with_ipv4(run, want.scope.region, run.result(want.subnet))
    interface = run.result(want.instance)["interface"]
    have = table_of(subnet, run.read(route_tables, want.scope.region))

    route(run, have, EVERYWHERE, interface, NetworkInterfaceId=interface)


def remove_nat_route(run: Run, want: NatRoute) -> None:
    """Take away the default route of a subnet if it leads to the instance that this manifest made.

    The table is somebody else's, and the route has no tag: the interface that it leads to says whose it is.
    """
    region = want.scope.region
    made = [
        each for each in ec2.ours(run.read(instances, region), want.instance) if tags.is_ours(each.tags, want.scope)
    ]
    interfaces = {each.interface for each in made if each.interface}
    earlier = itertools.takewhile(lambda each: each.address != want.address, of_kind(run, NatRoute))
    shared = frozenset().union(*(places(run, each) for each in earlier if each.instance == want.instance))
    for table in run.read(route_tables, region):
        # Subnets that share a table share its route.
        mine = table.subnets.keys() & places(run, want) and not table.subnets.keys() & shared
        if mine and table.routes.get(EVERYWHERE) in interfaces:
            what = f"route to {EVERYWHERE}"
            run.delete(what, run.aws.ec2.delete_route, RouteTableId=table.id, **towards(EVERYWHERE))


def places(run: Run, want: NatRoute) -> frozenset[str]:
    """Return the ids of the subnets that can be the one of a route, without what a recipe returned for it."""
    there = run.read(subnets, want.scope.region)
    existing = next((each for each in of_kind(run, ExistingSubnet) if each.address == want.subnet), None)
    if existing is None:
        return frozenset(each.id for each in ec2.ours(there, want.subnet))
    return frozenset(each.id for each in there if ec2.matches(each, existing.id, existing.tags))


def of_kind(run: Run, kind: type[R]) -> Iterator[R]:
    """Yield the resources of a kind in a run."""
    return (each for each in run.resources if isinstance(each, kind))


def removal_permissions(want: NatRoute) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield allow("ec2", "DescribeInstances")
    yield allow("ec2", "DeleteRoute", on=ec2.arns(want.scope, "route-table"))


def table_of(subnet: str, tables: tuple[RouteTableFacts, ...]) -> RouteTableFacts:
    """Return the route table that a subnet has for itself, or shares knowingly.

    Raises NoTableOfItsOwn when the subnet uses the main route table.
    """
    for table in tables:
        if subnet in table.subnets:
            return table
    raise NoTableOfItsOwn(
        f"the subnet {subnet} has no route table of its own, and the main one serves others as well",
        hint="make a route table, associate the subnet with it, then run again",
    )


def nat_route_things(facts: Facts, scope: Scope) -> Things:
    """Yield the subnets at home whose default route leads to an instance that awsbase made."""
    hosts = {each.interface: each for each in facts.read(instances, scope.region) if each.interface}
    for table in facts.read(route_tables, scope.region):
        if host := hosts.get(table.routes.get(EVERYWHERE, "")):
            for subnet in sorted(table.subnets):
                behind = scope.address("existing-subnet", subnet)
                yield Described(NatRoute(scope=scope, subnet=behind, instance=host.tags[tags.ADDRESS]))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list routes to instances."""
    yield allow("ec2", "DescribeInstances", "DescribeRouteTables")


def read_permissions(want: NatRoute) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeRouteTables", "DescribeSubnets")


def write_permissions(want: NatRoute) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    # The table is somebody else's, and so are its tags.
    yield allow("ec2", "CreateRoute", "ReplaceRoute", on=ec2.arns(want.scope, "route-table"))


KIND = Kind(
    ensure_nat_route,
    nat_route_reads,
    resource=NatRoute,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="What a private subnet sends to the internet goes by way of the bastion. IPv4 alone, and this one route.",
        why="A subnet that nobody reaches from outside still gets updates, without the $32 a month of a NAT gateway.",
        undo=(
            TAKE_OUT,
            "aws ec2 describe-route-tables --filters Name=association.subnet-id,Values=SUBNET --region REGION"
            " tells its table",
            "aws ec2 delete-route --route-table-id TABLE --destination-cidr-block 0.0.0.0/0 --region REGION",
        ),
        cost=f"nothing beside the instance; what leaves costs {prices.TRAFFIC_OUT} per GB, after 100 free GB a month",
    ),
    word="nat-route",
    found_by="its subnet",
    owns="the IPv4 default route",
    keeps="other routes",
    describe=Describe(nat_route_things, describe_permissions),
    absent=Absent(remove_nat_route, permissions=removal_permissions),
)
