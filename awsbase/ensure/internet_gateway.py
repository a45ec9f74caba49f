"""Internet gateways: the door of a VPC to the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine import quotas
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, made_for
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.facts import ec2, tags
from awsbase.facts.interfaces import TENANTS, kept_for, of_others
from awsbase.facts.vpcs import vpcs
from awsbase.prices import table as prices
from awsbase.records import record


@record(kw_only=True)
class InternetGateway(Resource):
    """The internet gateway of the VPC at an address: one that is attached there already serves as well."""

    name: str
    vpc: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("internet-gateway", self.name)

    def needs(self) -> Iterator[str]:
        yield self.vpc


@record
class GatewayFacts:
    """An internet gateway as it is, and the VPC that it is attached to."""

    id: Any
    vpc: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def gateways(facts: Facts, region: str) -> tuple[GatewayFacts, ...]:
    """Return all internet gateways of a region."""
    return tuple(ec2.understood(facts.read(listed, region), _gateway))


def listed(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read all internet gateways of a region as EC2 writes them."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_internet_gateways").paginate()
    return [each for page in pages for each in page["InternetGateways"]]


def _gateway(gateway: Mapping[str, Any]) -> GatewayFacts:
    vpc = next((each["VpcId"] for each in gateway.get("Attachments", [])), None)
    return GatewayFacts(gateway["InternetGatewayId"], vpc, ec2.tags_in(gateway))


def internet_gateway_reads(want: InternetGateway) -> Iterator[Read]:
    """Yield the facts that the recipe of an internet gateway reads, to prefetch them."""
    yield gateways, want.scope.region


def ensure_internet_gateway(run: Run, want: InternetGateway) -> Any:
    """Keep an internet gateway attached to the VPC; returns its id."""
    client = run.aws.ec2
    vpc = run.result(want.vpc)["id"]
    there = run.read(gateways, want.scope.region)
    # A VPC takes one: ours may have been cut off, or somebody attached another.
    attached = next((gateway for gateway in there if gateway.vpc == vpc), None)
    loose = [gateway for gateway in ec2.ours(there, want.address) if gateway.vpc is None]
    have = attached or next(iter(loose), None)

    if have is None:
        ec2.room(run, quotas.GATEWAYS, want, there)
        made = run.create(
            "internet gateway",
            client.create_internet_gateway,
            TagSpecifications=ec2.tagging("internet-gateway", want),
        )
        have = GatewayFacts(made["InternetGateway"]["InternetGatewayId"], tags=ec2.labels(want))

    if attached is None:
        run.create("attachment", client.attach_internet_gateway, InternetGatewayId=have.id, VpcId=vpc)

    ec2.tag(run, want, have, retagging)
    return have.id


def remove_internet_gateway(run: Run, want: InternetGateway) -> None:
    """Detach and delete a gateway that this manifest made, unless something of others is reached through it."""
    client = run.aws.ec2
    for have in ec2.to_remove(run, want, run.read(gateways, want.scope.region)):
        through = (each.what for each in of_others(run, want.scope) if each.public and each.vpc == have.vpc)
        if kept_for(run, through):
            continue
        if have.vpc:
            run.delete("attachment", client.detach_internet_gateway, InternetGatewayId=have.id, VpcId=have.vpc)
        run.delete("internet gateway", client.delete_internet_gateway, InternetGatewayId=have.id)


def removal_permissions(want: InternetGateway) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield TENANTS
    mine, made = ec2.arns(want.scope, "internet-gateway"), made_for(want.address)
    yield allow("ec2", "DeleteInternetGateway", "DetachInternetGateway", on=mine, when=made)
    yield allow("ec2", "DetachInternetGateway", on=ec2.arns(want.scope, "vpc"))


def internet_gateway_things(facts: Facts, scope: Scope) -> Things:
    """Yield the internet gateways at home."""
    made = ec2.made(facts.read(gateways, scope.region), scope, "internet-gateway")
    held_by = {vpc.id: vpc for vpc in facts.read(vpcs, scope.region)}
    for have, held in ec2.tagged(facts.read(listed, scope.region), _gateway):
        within = held_by.get(have.vpc or "")
        if name := made.get(have.id):
            vpc = within.tags.get(tags.ADDRESS, within.id) if within else ""
            yield Described(InternetGateway(scope=scope, name=name, vpc=vpc, tags=ec2.own_tags(have)), held)
        elif within and within.default:
            yield LeftAlone(scope.address("internet-gateway", have.id), "AWS", "the gateway of the default VPC")
        else:
            yield NotExpressible(scope.address("internet-gateway", have.id), (ec2.WITH_VPC,), held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list internet gateways."""
    yield allow("ec2", "DescribeInternetGateways", "DescribeVpcs")


def read_permissions(want: InternetGateway) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeInternetGateways")


def write_permissions(want: InternetGateway) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    on = ec2.arns(want.scope, "internet-gateway")
    yield from ec2.tagging_permissions(want, "internet-gateway", "CreateInternetGateway")
    yield from ec2.adoption_permissions(want, "internet-gateway")
    yield allow("ec2", "CreateInternetGateway", on=on)
    yield allow("ec2", "AttachInternetGateway", on=(*on, *ec2.arns(want.scope, "vpc")))


KIND = Kind(
    ensure_internet_gateway,
    internet_gateway_reads,
    resource=InternetGateway,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The door between a VPC and the internet.",
        why="Without it nothing in the VPC reaches AWS's services, and nothing gets updates.",
        undo=(
            TAKE_OUT,
            "take away the routes that lead to it, and the public addresses in the VPC",
            "aws ec2 describe-internet-gateways --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 detach-internet-gateway --internet-gateway-id ID --vpc-id VPC --region REGION",
            "aws ec2 delete-internet-gateway --internet-gateway-id ID --region REGION",
        ),
        cost=f"nothing; what leaves through it {prices.TRAFFIC_OUT} per GB, after 100 free GB a month",
    ),
    word="internet-gateway",
    found_by="its VPC",
    owns="that it is attached",
    keeps="tags",
    quotas=(quotas.GATEWAYS,),
    describe=Describe(internet_gateway_things, describe_permissions),
    absent=Absent(remove_internet_gateway, permissions=removal_permissions),
)
