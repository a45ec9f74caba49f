"""Gateway endpoints: the way to S3 that costs nothing and leaves the VPC by no gateway."""

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
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.route_table import route_tables
from awsbase.facts import ec2, tags
from awsbase.facts.interfaces import TENANTS, kept_for, of_others
from awsbase.facts.vpcs import vpcs
from awsbase.records import record

LIVING = ("available", "pending", "pendingacceptance")


@record(kw_only=True)
class GatewayEndpoint(Resource):
    """The gateway endpoint of a service in the VPC at an address, for the route tables at these addresses.

    One that is there already serves as well: its policy and its other route tables stay.
    """

    name: str
    vpc: str
    service: str = "s3"
    route_tables: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("gateway-endpoint", self.name)

    @property
    def service_name(self) -> str:
        return f"com.amazonaws.{self.scope.region}.{self.service}"

    def needs(self) -> Iterator[str]:
        yield from (self.vpc, *self.route_tables)


@record
class EndpointFacts:
    """An endpoint as it is."""

    id: Any
    vpc: str = ""
    service: str = ""
    route_tables: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


def endpoints(facts: Facts, region: str) -> tuple[EndpointFacts, ...]:
    """Return the gateway endpoints of a region that are there."""
    return tuple(ec2.understood(facts.read(listed, region), _endpoint))


def listed(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read the gateway endpoints of a region as EC2 writes them, but for those that are going."""
    pages = (
        facts.aws.at(region)
        .ec2.get_paginator("describe_vpc_endpoints")
        .paginate(Filters=[{"Name": "vpc-endpoint-type", "Values": ["Gateway"]}])
    )
    found = (each for page in pages for each in page["VpcEndpoints"])
    return [each for each in found if each.get("State", "").lower() in LIVING]


def _endpoint(endpoint: Mapping[str, Any]) -> EndpointFacts:
    tables = tuple(endpoint.get("RouteTableIds", []))
    return EndpointFacts(
        endpoint["VpcEndpointId"], endpoint["VpcId"], endpoint["ServiceName"], tables, ec2.tags_in(endpoint)
    )


def gateway_endpoint_reads(want: GatewayEndpoint) -> Iterator[Read]:
    """Yield the facts that the recipe of a gateway endpoint reads, to prefetch them."""
    yield endpoints, want.scope.region


def ensure_gateway_endpoint(run: Run, want: GatewayEndpoint) -> Any:
    """Keep one gateway endpoint in the route tables; returns its id."""
    client = run.aws.ec2
    vpc = run.result(want.vpc)["id"]
    tables = [run.result(table) for table in want.route_tables]
    there = run.read(endpoints, want.scope.region)
    have = next((each for each in there if each.vpc == vpc and each.service == want.service_name), None)

    if have is None:
        ec2.room(run, quotas.GATEWAY_ENDPOINTS, want, there)
        made = run.create(
            "gateway endpoint",
            client.create_vpc_endpoint,
            VpcEndpointType="Gateway",
            VpcId=vpc,
            ServiceName=want.service_name,
            RouteTableIds=tables,
            TagSpecifications=ec2.tagging("vpc-endpoint", want),
        )
        have = EndpointFacts(made["VpcEndpoint"]["VpcEndpointId"], route_tables=tuple(tables), tags=ec2.labels(want))

    if missing := [table for table in tables if table not in have.route_tables]:
        drift = [Drift("route tables", list(have.route_tables), [*have.route_tables, *missing])]
        run.update("route tables", drift, client.modify_vpc_endpoint, VpcEndpointId=have.id, AddRouteTableIds=missing)

    ec2.tag(run, want, have, retagging)
    return have.id


def remove_gateway_endpoint(run: Run, want: GatewayEndpoint) -> None:
    """Delete a gateway endpoint that this manifest made, unless others' route tables or machines use it."""
    region = want.scope.region
    for have in ec2.to_remove(run, want, run.read(endpoints, region)):
        strange = {each.id for each in run.read(route_tables, region) if not tags.is_ours(each.tags, want.scope)}
        living = (each.what for each in of_others(run, want.scope) if each.vpc == have.vpc)
        if not kept_for(run, (*sorted(strange & set(have.route_tables)), *living)):
            ec2.check_deleted(
                run.delete("gateway endpoint", run.aws.ec2.delete_vpc_endpoints, VpcEndpointIds=[have.id])
            )


def removal_permissions(want: GatewayEndpoint) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield TENANTS
    yield allow("ec2", "DescribeRouteTables")
    yield allow("ec2", "DeleteVpcEndpoints", on=ec2.arns(want.scope, "vpc-endpoint"), when=made_for(want.address))


def gateway_endpoint_things(facts: Facts, scope: Scope) -> Things:
    """Yield the gateway endpoints at home."""
    made = ec2.made(facts.read(endpoints, scope.region), scope, "gateway-endpoint")
    names = {each.id: each.tags.get(tags.ADDRESS, each.id) for each in facts.read(route_tables, scope.region)}
    names |= {each.id: each.tags.get(tags.ADDRESS, each.id) for each in facts.read(vpcs, scope.region)}
    for have, held in ec2.tagged(facts.read(listed, scope.region), _endpoint):
        if name := made.get(have.id):
            endpoint = GatewayEndpoint(
                scope=scope,
                name=name,
                vpc=names.get(have.vpc, have.vpc),
                service=have.service.rpartition(".")[2],
                route_tables=tuple(sorted(names.get(each, each) for each in have.route_tables)),
                tags=ec2.own_tags(have),
            )
            yield Described(endpoint, held)
        else:
            name = scope.address("gateway-endpoint", have.id)
            yield NotExpressible(name, (f"{have.service}: {ec2.WITH_VPC}",), held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list gateway endpoints."""
    yield allow("ec2", "DescribeRouteTables", "DescribeVpcEndpoints", "DescribeVpcs")


def read_permissions(want: GatewayEndpoint) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeVpcEndpoints")


def write_permissions(want: GatewayEndpoint) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    on = ec2.arns(want.scope, "vpc-endpoint", "route-table")
    yield from ec2.tagging_permissions(want, "vpc-endpoint", "CreateVpcEndpoint")
    yield from ec2.adoption_permissions(want, "vpc-endpoint")
    yield allow("ec2", "CreateVpcEndpoint", on=(*on, *ec2.arns(want.scope, "vpc")))
    yield allow("ec2", "ModifyVpcEndpoint", on=on)


KIND = Kind(
    ensure_gateway_endpoint,
    gateway_endpoint_reads,
    resource=GatewayEndpoint,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The VPC's own way to a service such as S3, through its route tables and no gateway.",
        why="What goes to S3 does not cross the internet, and a private subnet needs no NAT for it.",
        undo=(
            TAKE_OUT,
            "aws ec2 describe-vpc-endpoints --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids ID --region REGION: connections through it break",
        ),
    ),
    word="gateway-endpoint",
    found_by="its VPC and service",
    owns="that our route tables use it",
    keeps="policy, other route tables, tags",
    quotas=(quotas.GATEWAY_ENDPOINTS,),
    describe=Describe(gateway_endpoint_things, describe_permissions),
    absent=Absent(remove_gateway_endpoint, permissions=removal_permissions),
)
