"""Route tables: where what leaves a subnet goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine import quotas
from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, made_for
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.ensure.internet_gateway import gateways
from awsbase.ensure.subnet import subnets
from awsbase.facts import ec2, tags
from awsbase.facts.interfaces import TENANTS, kept_for, of_others
from awsbase.facts.vpcs import vpcs
from awsbase.records import record

EVERYWHERE = ("0.0.0.0/0", "::/0")


@record(kw_only=True)
class RouteTable(Resource):
    """A route table of the VPC at an address: its subnets reach the world through a gateway, by these routes alone.

    What gateway endpoints and VPN gateways put into it stays. `subnets` are addresses.
    """

    name: str
    vpc: str
    gateway: str
    destinations: tuple[str, ...] = EVERYWHERE
    subnets: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("route-table", self.name)

    def needs(self) -> Iterator[str]:
        yield from (self.vpc, self.gateway, *self.subnets)


@record
class RouteTableFacts:
    """A route table as it is: targets by destination, and which association puts which subnet under it."""

    id: Any
    vpc: str = ""
    main: bool = False
    routes: Mapping[str, str] = field(default_factory=dict)
    dead: frozenset[str] = frozenset()
    subnets: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def route_tables(facts: Facts, region: str) -> tuple[RouteTableFacts, ...]:
    """Return all route tables of a region."""
    return tuple(ec2.understood(facts.read(listed, region), _understood))


def listed(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read all route tables of a region as EC2 writes them."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_route_tables").paginate()
    return [table for page in pages for table in page["RouteTables"]]


def _understood(table: Mapping[str, Any]) -> RouteTableFacts:
    routes = [route for route in table.get("Routes", []) if written(route)]
    associations = table.get("Associations", [])
    return RouteTableFacts(
        id=table["RouteTableId"],
        vpc=table["VpcId"],
        main=any(each.get("Main") for each in associations),
        routes={destination(route): target(route) for route in routes},
        # What a route led to is gone: it lies there still, and swallows all that is sent.
        dead=frozenset(destination(route) for route in routes if route.get("State") == "blackhole"),
        subnets={each["SubnetId"]: each["RouteTableAssociationId"] for each in associations if each.get("SubnetId")},
        tags=ec2.tags_in(table),
    )


def written(route: Mapping[str, Any]) -> bool:
    """Tell whether somebody wrote a route: the VPC's own, propagated ones and those of endpoints come by themselves."""
    by_itself = route.get("GatewayId", "").startswith(("local", "vpce-"))
    return not by_itself and route.get("Origin", "CreateRoute") == "CreateRoute" and bool(destination(route))


def destination(route: Mapping[str, Any]) -> str:
    """Return what a route leads to: a CIDR block or a prefix list."""
    return str(
        route.get("DestinationCidrBlock")
        or route.get("DestinationIpv6CidrBlock")
        or route.get("DestinationPrefixListId")
        or ""
    )


def target(route: Mapping[str, Any]) -> str:
    """Return what a route leads to. AWS tells the interface of an instance beside it: the interface it is."""
    names = (
        *("NetworkInterfaceId", "GatewayId", "NatGatewayId", "InstanceId", "EgressOnlyInternetGatewayId"),
        *("TransitGatewayId", "VpcPeeringConnectionId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn"),
    )
    return next((str(route[name]) for name in names if route.get(name)), "")


def towards(destination: str) -> dict[str, Any]:
    """Return a destination as the calls want it."""
    if destination.startswith("pl-"):
        return {"DestinationPrefixListId": destination}
    return {"DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock": destination}


def route_table_reads(want: Resource) -> Iterator[Read]:
    """Yield the facts that the recipe of a route table reads, to prefetch them."""
    yield route_tables, want.scope.region


def ensure_route_table(run: Run, want: RouteTable) -> Any:
    """Keep one route table with its routes and its subnets; returns its id."""
    client = run.aws.ec2
    vpc, gateway = run.result(want.vpc)["id"], run.result(want.gateway)
    members = [run.result(subnet) for subnet in want.subnets]
    there = run.read(route_tables, want.scope.region)
    have = ec2.the_one(there, want.address)
    elsewhere = {subnet: id for table in there for subnet, id in table.subnets.items()}

    if have is None:
        ec2.room(run, quotas.ROUTE_TABLES, want, there, vpc)
        made = run.create(
            "route table",
            client.create_route_table,
            VpcId=vpc,
            TagSpecifications=ec2.tagging("route-table", want),
        )
        have = RouteTableFacts(made["RouteTable"]["RouteTableId"], tags=ec2.labels(want))

    for wanted in want.destinations:
        route(run, have, wanted, gateway, GatewayId=gateway)
    for other in sorted(have.routes.keys() - set(want.destinations)):
        run.delete(f"route to {other}", client.delete_route, RouteTableId=have.id, **towards(other))

    for address, member in zip(want.subnets, members, strict=True):
        known = isinstance(member, str)
        if known and member in have.subnets:
            continue
        if known and member in elsewhere:
            run.update(
                f"association of {address}",
                [Drift("route table", "another", have.id)],
                client.replace_route_table_association,
                AssociationId=elsewhere[member],
                RouteTableId=have.id,
            )
        else:
            run.create(f"association of {address}", client.associate_route_table, RouteTableId=have.id, SubnetId=member)

    ec2.tag(run, want, have, retagging)
    return have.id


def remove_route_table(run: Run, want: RouteTable) -> None:
    """Take subnets out of a route table that this manifest made, and delete it, unless others depend on its routes."""
    client, region = run.aws.ec2, want.scope.region
    for have in ec2.to_remove(run, want, run.read(route_tables, region)):
        if have.main:
            run.note(f"kept: {have.id} is the main route table of {have.vpc}, which AWS does not delete")
            continue
        strange = {each.id for each in run.read(subnets, region) if not tags.is_ours(each.tags, want.scope)}
        living = (each.what for each in of_others(run, want.scope) if each.subnet in have.subnets)
        if kept_for(run, (*sorted(have.subnets.keys() & strange), *living)):
            continue
        for subnet, association in sorted(have.subnets.items()):
            run.delete(f"association of {subnet}", client.disassociate_route_table, AssociationId=association)
        run.delete("route table", client.delete_route_table, RouteTableId=have.id)


def removal_permissions(want: RouteTable) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield TENANTS
    yield allow("ec2", "DescribeSubnets")
    on = ec2.arns(want.scope, "route-table")
    yield allow("ec2", "DeleteRouteTable", on=on, when=made_for(want.address))
    yield allow("ec2", "DisassociateRouteTable", on=(*on, *ec2.arns(want.scope, "subnet")))


def route(run: Run, have: RouteTableFacts, wanted: str, to: Any, **by: Any) -> None:
    """Let what goes to a destination go there by way of `to`."""
    client = run.aws.ec2
    if wanted not in have.routes:
        run.create(f"route to {wanted}", client.create_route, RouteTableId=have.id, **towards(wanted), **by)
    elif have.routes[wanted] != to:
        drift = [Drift("target", have.routes[wanted], to)]
        run.update(f"route to {wanted}", drift, client.replace_route, RouteTableId=have.id, **towards(wanted), **by)


def route_table_things(facts: Facts, scope: Scope) -> Things:
    """Yield the route tables at home; the main one comes with its VPC."""
    made = ec2.made(facts.read(route_tables, scope.region), scope, "route-table")
    names = {each.id: each.tags.get(tags.ADDRESS, each.id) for each in facts.read(subnets, scope.region)}
    names |= {each.id: each.tags.get(tags.ADDRESS, each.id) for each in facts.read(vpcs, scope.region)}
    names |= {each.id: each.tags.get(tags.ADDRESS, each.id) for each in facts.read(gateways, scope.region)}
    for have, held in ec2.tagged(facts.read(listed, scope.region), _understood):
        if name := made.get(have.id):
            table = RouteTable(
                scope=scope,
                name=name,
                vpc=names.get(have.vpc, have.vpc),
                gateway=next((names.get(each, each) for each in have.routes.values()), ""),
                destinations=tuple(sorted(have.routes, key=lambda each: ":" in each)),
                subnets=tuple(sorted(names.get(each, each) for each in have.subnets)),
                tags=ec2.own_tags(have),
            )
            yield Described(table, held)
        elif have.main:
            yield LeftAlone(scope.address("route-table", have.id), "AWS", "the main table that a VPC comes with")
        else:
            yield NotExpressible(scope.address("route-table", have.id), (ec2.WITH_VPC,), held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list route tables."""
    yield allow("ec2", "DescribeInternetGateways", "DescribeRouteTables", "DescribeSubnets", "DescribeVpcs")


def read_permissions(want: RouteTable) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeRouteTables")


def write_permissions(want: RouteTable) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    on = ec2.arns(want.scope, "route-table")
    yield from ec2.tagging_permissions(want, "route-table", "CreateRouteTable")
    yield allow("ec2", "CreateRouteTable", on=(*on, *ec2.arns(want.scope, "vpc")))
    yield allow("ec2", "CreateRoute", "DeleteRoute", "ReplaceRoute", on=on, when=made_for(want.address))
    if want.subnets:
        associated = (*on, *ec2.arns(want.scope, "subnet"))
        yield allow("ec2", "AssociateRouteTable", "ReplaceRouteTableAssociation", on=associated)


KIND = Kind(
    ensure_route_table,
    route_table_reads,
    resource=RouteTable,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Where what leaves a subnet goes: these routes, and none that somebody added.",
        why="One route more, and a private subnet is public or its traffic goes by way of a stranger.",
        undo=(
            TAKE_OUT,
            "aws ec2 describe-route-tables --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 disassociate-route-table --association-id ASSOCIATION --region REGION, for each of its subnets:"
            " they follow the VPC's main table then",
            "aws ec2 delete-route-table --route-table-id ID --region REGION",
        ),
    ),
    word="route-table",
    found_by="tag",
    owns="exactly these routes, at least these subnets",
    keeps="tags",
    quotas=(quotas.ROUTE_TABLES,),
    describe=Describe(route_table_things, describe_permissions),
    absent=Absent(remove_route_table, permissions=removal_permissions),
)
