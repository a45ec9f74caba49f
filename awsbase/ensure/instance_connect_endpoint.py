"""EC2 Instance Connect Endpoints: SSH to where no port is open to the world, let in by IAM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, linked_role, made_for
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.security_group import security_groups
from awsbase.ensure.subnet import subnets
from awsbase.errors import AwsbaseError
from awsbase.facts import ec2, tags
from awsbase.facts.home_network import addresses
from awsbase.facts.interfaces import described_connect_endpoints
from awsbase.prices import table as prices
from awsbase.records import record


class EndpointTaken(AwsbaseError):
    """The VPC has an endpoint already, and AWS gives it no second one."""


@record(kw_only=True)
class ConnectEndpoint(Resource):
    """The Instance Connect Endpoint of a VPC, in the subnet and behind the security group at these addresses.

    AWS gives a VPC one: one that is there already is used, if the security groups let it through.
    """

    name: str
    vpc: str
    subnet: str
    group: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("instance-connect-endpoint", self.name)

    def needs(self) -> Iterator[str]:
        yield from (self.vpc, self.subnet, self.group)


@record
class ConnectEndpointFacts:
    """An endpoint as it is."""

    id: Any
    vpc: str = ""
    groups: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)


THERE = ("create-in-progress", "create-complete", "update-complete", "update-in-progress")


def connect_endpoints(facts: Facts, region: str) -> tuple[ConnectEndpointFacts, ...]:
    """Read the Instance Connect Endpoints of a region that are there, or will be in a moment."""
    listed = facts.read(described_connect_endpoints, region)
    return tuple(ec2.understood((each for each in listed if each.get("State") in THERE), _endpoint))


def _endpoint(endpoint: Mapping[str, Any]) -> ConnectEndpointFacts:
    groups = frozenset(endpoint.get("SecurityGroupIds", []))
    return ConnectEndpointFacts(endpoint["InstanceConnectEndpointId"], endpoint["VpcId"], groups, ec2.tags_in(endpoint))


def connect_endpoint_reads(want: ConnectEndpoint) -> Iterator[Read]:
    """Yield the facts that the recipe of a connect endpoint reads, to prefetch them."""
    yield connect_endpoints, want.scope.region


def ensure_connect_endpoint(run: Run, want: ConnectEndpoint) -> Any:
    """Keep an Instance Connect Endpoint in the VPC; returns its id.

    Raises EndpointTaken when the VPC has another endpoint: AWS allows one.
    """
    vpc, subnet, group = run.result(want.vpc)["id"], run.result(want.subnet), run.result(want.group)
    there = [each for each in run.read(connect_endpoints, want.scope.region) if each.vpc == vpc]
    have = ec2.the_one(there, want.address) or next(iter(there), None)
    if have and isinstance(group, str) and group not in have.groups:
        raise EndpointTaken(
            f"the VPC {vpc} has the Instance Connect Endpoint {have.id}, which is behind other security groups",
            hint="delete it and run again, or let the mode be ssm",
        )

    if have is None:
        made = run.create(
            "instance connect endpoint",
            run.aws.ec2.create_instance_connect_endpoint,
            SubnetId=subnet,
            SecurityGroupIds=[group],
            # With the client's own address the group of the instance would have to name every office.
            PreserveClientIp=False,
            TagSpecifications=ec2.tagging("instance-connect-endpoint", want),
        )
        have = ConnectEndpointFacts(made["InstanceConnectEndpoint"]["InstanceConnectEndpointId"], tags=ec2.labels(want))

    ec2.tag(run, want, have, retagging)
    return have.id


def remove_connect_endpoint(run: Run, want: ConnectEndpoint) -> None:
    """Delete an Instance Connect Endpoint that this manifest made; its interface takes EC2 some minutes more."""
    for have in ec2.to_remove(run, want, run.read(connect_endpoints, want.scope.region)):
        run.delete(
            "instance connect endpoint",
            run.aws.ec2.delete_instance_connect_endpoint,
            InstanceConnectEndpointId=have.id,
        )


def removal_permissions(want: ConnectEndpoint) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    on = ec2.arns(want.scope, "instance-connect-endpoint")
    yield allow("ec2", "DeleteInstanceConnectEndpoint", on=on, when=made_for(want.address))


def connect_endpoint_things(facts: Facts, scope: Scope) -> Things:
    """Yield the Instance Connect Endpoints at home."""
    region = scope.region
    made = ec2.made(facts.read(connect_endpoints, region), scope, "instance-connect-endpoint")
    networks = addresses(facts, scope)
    inside: list[ec2.Found] = [*facts.read(subnets, region), *facts.read(security_groups, region)]
    names = {each.id: each.tags[tags.ADDRESS] for each in inside if tags.ADDRESS in each.tags}
    for endpoint in facts.read(described_connect_endpoints, region):
        id, vpc, subnet = (endpoint.get(f"{kind}Id", "") for kind in ("InstanceConnectEndpoint", "Vpc", "Subnet"))
        if name := made.get(id):
            group = next(iter(endpoint.get("SecurityGroupIds", ())), "")
            way = ConnectEndpoint(
                scope=scope,
                name=name,
                vpc=networks.get(vpc, vpc),
                subnet=names.get(subnet) or scope.address("existing-subnet", subnet),
                group=names.get(group, group),
            )
            yield Described(way, ec2.all_tags(endpoint))
        elif endpoint.get("State") in THERE:
            fields = (f"in {vpc}: a manifest has the endpoint of a bastion alone",)
            yield NotExpressible(scope.address("instance-connect-endpoint", id), fields, ec2.all_tags(endpoint))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list Instance Connect Endpoints, and what they are in."""
    inside = ("DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs")
    yield allow("ec2", "DescribeInstanceConnectEndpoints", *inside)


def read_permissions(want: ConnectEndpoint) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeInstanceConnectEndpoints")


def write_permissions(want: ConnectEndpoint) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    kind = "instance-connect-endpoint"
    yield from ec2.tagging_permissions(want, kind, "CreateInstanceConnectEndpoint")
    yield from ec2.adoption_permissions(want, kind)
    yield allow("ec2", "CreateInstanceConnectEndpoint", on=ec2.arns(want.scope, kind, "security-group", "subnet"))
    # AWS makes the interface of an endpoint as whoever makes the endpoint.
    yield allow(
        "ec2", "CreateNetworkInterface", on=ec2.arns(want.scope, "network-interface", "security-group", "subnet")
    )
    yield linked_role(want.scope, "ec2-instance-connect.amazonaws.com")


KIND = Kind(
    ensure_connect_endpoint,
    connect_endpoint_reads,
    resource=ConnectEndpoint,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="An EC2 Instance Connect Endpoint: SSH to where no port is open to the world.",
        why="IAM says who gets through, each time, and the audit trail who did. AWS gives a VPC one of them.",
        undo=(
            TAKE_OUT,
            "aws ec2 describe-instance-connect-endpoints --region REGION tells its id, by the tag Name",
            "aws ec2 delete-instance-connect-endpoint --instance-connect-endpoint-id ID --region REGION",
        ),
        cost=f"nothing; what goes to another zone through it {prices.TRAFFIC_BETWEEN_ZONES} per GB",
    ),
    word="instance-connect-endpoint",
    found_by="its VPC",
    owns="that there is one",
    describe=Describe(connect_endpoint_things, describe_permissions),
    absent=Absent(remove_connect_endpoint, permissions=removal_permissions),
)
