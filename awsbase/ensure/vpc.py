"""VPCs of our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine import quotas
from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, made_for
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.gateway_endpoint import endpoints
from awsbase.ensure.internet_gateway import gateways
from awsbase.ensure.route_table import route_tables
from awsbase.ensure.security_group import security_groups
from awsbase.ensure.subnet import subnets
from awsbase.facts import ec2, tags
from awsbase.facts.ec2 import CannotBeChanged
from awsbase.facts.interfaces import TENANTS, kept_for, of_others
from awsbase.facts.vpcs import VpcFacts, listed, understood, vpcs
from awsbase.records import record

# Of a peering connection that is neither refused nor gone.
LIVING = ("active", "initiating-request", "pending-acceptance", "provisioning")


@record(kw_only=True)
class Vpc(Resource):
    """A VPC of our own with one IPv4 block, DNS names, and an IPv6 block if wanted. Tags are added to."""

    name: str
    cidr: str
    ipv6: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("vpc", self.name)


def names_of(facts: Facts, region: str, vpc: str) -> bool:
    """Tell whether a VPC names its machines."""
    answer = facts.aws.at(region).ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    return bool(answer["EnableDnsHostnames"]["Value"])


def ipv6_of(facts: Facts, region: str, vpc: str, association: str) -> str | None:
    """Return an IPv6 block once AWS has handed it out."""
    return next((v.ipv6 for v in facts.read(vpcs, region) if v.id == vpc and v.association == association), None)


def vpc_reads(want: Vpc) -> Iterator[Read]:
    """Yield the facts that the recipe of a vpc reads, to prefetch them."""
    yield vpcs, want.scope.region


def ensure_vpc(run: Run, want: Vpc) -> dict[str, Any]:
    """Keep one VPC; returns its id, its IPv4 block and its IPv6 block.

    Raises CannotBeChanged when the VPC has another block.
    """
    client, region = run.aws.ec2, want.scope.region
    there = run.read(vpcs, region)
    have = ec2.the_one(there, want.address)
    named = run.read(names_of, region, have.id) if have else False
    if have and have.cidr != want.cidr:
        raise CannotBeChanged(
            f"the VPC {have.id} has the block {have.cidr}, the manifest says {want.cidr}, and AWS changes no block",
            hint=f"write `cidr: {have.cidr}`, or delete the VPC with all that is in it",
        )

    if have is None:
        ec2.room(run, quotas.VPCS, want, there)
        made = run.create("VPC", client.create_vpc, CidrBlock=want.cidr, TagSpecifications=ec2.tagging("vpc", want))
        have = VpcFacts(made["Vpc"]["VpcId"], want.cidr, ec2.labels(want))

    if drift := compare({"DNS host names": named}, {"DNS host names": True}):
        run.update(
            "DNS host names", drift, client.modify_vpc_attribute, VpcId=have.id, EnableDnsHostnames={"Value": True}
        )

    ec2.tag(run, want, have, retagging)
    return {"id": have.id, "cidr": have.cidr, "ipv6": ipv6_block(run, want, have) if want.ipv6 else None}


def remove_vpc(run: Run, want: Vpc) -> None:
    """Delete a VPC that this manifest made, unless something of others is in it."""
    for have in ec2.to_remove(run, want, run.read(vpcs, want.scope.region)):
        if not kept_for(run, strangers(run, want, have.id)):
            run.delete("VPC", run.aws.ec2.delete_vpc, VpcId=have.id)


def strangers(run: Run, want: Vpc, vpc: str) -> Iterator[str]:
    """Yield what is in a VPC, and neither came with it nor was made by this manifest."""
    region = want.scope.region
    came_with_it = {
        *(table.id for table in run.read(route_tables, region) if table.main),
        *(group.id for group in run.read(security_groups, region) if group.name == "default"),
    }
    lists: tuple[Any, ...] = (subnets, route_tables, security_groups, gateways, endpoints)
    there = [each for fact in lists for each in run.read(fact, region)]
    for each in there:
        if each.vpc == vpc and each.id not in came_with_it and not tags.is_ours(each.tags, want.scope):
            yield f"{each.id} ({each.tags['Name']})" if "Name" in each.tags else str(each.id)
    yield from (each.what for each in of_others(run, want.scope) if each.vpc == vpc)
    yield from run.read(attached, region, vpc)


def attached(facts: Facts, region: str, vpc: str) -> tuple[str, ...]:
    """Return what else keeps a VPC, none of which awsbase makes: ACLs, peerings, and gateways of other kinds."""
    client = facts.aws.at(region).ec2
    here = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["false"]}]
    acls = client.get_paginator("describe_network_acls").paginate(Filters=here)
    egress = client.get_paginator("describe_egress_only_internet_gateways").paginate()
    peers = client.get_paginator("describe_vpc_peering_connections").paginate()
    virtual = client.describe_vpn_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])
    found = [
        *(each["NetworkAclId"] for page in acls for each in page["NetworkAcls"]),
        *(
            each["EgressOnlyInternetGatewayId"]
            for page in egress
            for each in page["EgressOnlyInternetGateways"]
            if any(place.get("VpcId") == vpc for place in each.get("Attachments", ()))
        ),
        *(
            each["VpcPeeringConnectionId"]
            for page in peers
            for each in page["VpcPeeringConnections"]
            if each.get("Status", {}).get("Code") in LIVING
            and vpc in (each.get(end, {}).get("VpcId") for end in ("RequesterVpcInfo", "AccepterVpcInfo"))
        ),
        *(each["VpnGatewayId"] for each in virtual.get("VpnGateways", ())),
    ]
    return tuple(sorted(found))


def removal_permissions(want: Vpc) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield TENANTS
    inside = ("InternetGateways", "NetworkAcls", "RouteTables", "SecurityGroups", "Subnets", "VpcEndpoints")
    beside = ("EgressOnlyInternetGateways", "VpcPeeringConnections", "VpnGateways")
    yield allow("ec2", *(f"Describe{kind}" for kind in (*inside, *beside)))
    yield allow("ec2", "DeleteVpc", on=ec2.arns(want.scope, "vpc"), when=made_for(want.address))


def ipv6_block(run: Run, want: Vpc, have: VpcFacts) -> Any:
    """Ask AWS for an IPv6 block where there is none, and wait until it says which."""
    if have.ipv6:
        return have.ipv6
    association: Any = have.association
    if association is None:
        made = run.create(
            "IPv6 block", run.aws.ec2.associate_vpc_cidr_block, VpcId=have.id, AmazonProvidedIpv6CidrBlock=True
        )
        association = made["Ipv6CidrBlockAssociation"]["AssociationId"]
    return run.later("IPv6 block", ipv6_of, want.scope.region, have.id, association)


def vpc_things(facts: Facts, scope: Scope) -> Things:
    """Yield the VPCs that awsbase made; the others are those of `existing-vpc`."""
    made = ec2.made(facts.read(vpcs, scope.region), scope, "vpc")
    for have, held in ec2.tagged(facts.read(listed, scope.region), understood):
        if name := made.get(have.id):
            ipv6 = have.association is not None
            yield Described(Vpc(scope=scope, name=name, cidr=have.cidr, ipv6=ipv6, tags=ec2.own_tags(have)), held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list VPCs, and to plan what they have."""
    yield allow("ec2", "DescribeVpcs", "DescribeVpcAttribute")


def read_permissions(want: Vpc) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeVpcs")
    yield allow("ec2", "DescribeVpcAttribute", on=ec2.arns(want.scope, "vpc"))


def write_permissions(want: Vpc) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    on = ec2.arns(want.scope, "vpc")
    yield from ec2.tagging_permissions(want, "vpc", "CreateVpc")
    yield allow("ec2", "CreateVpc", on=on)
    yield allow("ec2", "ModifyVpcAttribute", on=on, when=made_for(want.address))
    if want.ipv6:
        yield allow("ec2", "AssociateVpcCidrBlock", on=on, when=made_for(want.address))


KIND = Kind(
    ensure_vpc,
    vpc_reads,
    resource=Vpc,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A network of the account's own, with one IPv4 block and, unless the manifest says no, one of IPv6.",
        why="The default VPC gives each machine a public address; in this one nothing has one that need not.",
        undo=(
            TAKE_OUT,
            "end what is in it, then delete its endpoints, subnets, route tables, gateways and groups",
            "aws ec2 describe-vpcs --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 delete-vpc --vpc-id ID --region REGION",
        ),
    ),
    word="vpc",
    found_by="tag",
    owns="block, DNS names; an IPv6 block, if wanted",
    keeps="tags",
    quotas=(quotas.VPCS,),
    describe=Describe(vpc_things, describe_permissions),
    absent=Absent(remove_vpc, permissions=removal_permissions),
)
