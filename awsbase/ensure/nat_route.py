"""The way out of a private subnet by way of an instance."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.facts import Read
from awsbase.engine.kind import TAKE_OUT, About, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure.route_table import RouteTableFacts, route, route_tables
from awsbase.ensure.subnet import subnets, with_ipv4
from awsbase.errors import AwsbaseError
from awsbase.facts import ec2
from awsbase.prices import table as prices
from awsbase.records import record

EVERYWHERE = "0.0.0.0/0"


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
)
