"""What networks take: what EC2 makes gets an id that nobody knows before, so it is named by its kind and its tag."""

from __future__ import annotations

from typing import Any

from awsbase.engine.scope import Scope
from awsbase.ensure.default_security_group import ClosedDefaultGroup
from awsbase.ensure.elastic_ip import ElasticIp
from awsbase.ensure.elastic_ip_association import AddressInUse
from awsbase.ensure.existing_subnet import ExistingSubnet
from awsbase.ensure.existing_vpc import ExistingVpc
from awsbase.ensure.gateway_endpoint import GatewayEndpoint
from awsbase.ensure.instance_connect_endpoint import ConnectEndpoint
from awsbase.ensure.internet_gateway import InternetGateway
from awsbase.ensure.key_pair import KeyPair
from awsbase.ensure.nat_route import NatRoute
from awsbase.ensure.route_table import RouteTable
from awsbase.ensure.security_group import SecurityGroup
from awsbase.ensure.subnet import Subnet
from awsbase.ensure.vpc import Vpc
from awsbase.permissions.allow import Allows, allow, equals, labelled, linked_role, made_for


def things(scope: Scope, *kinds: str) -> tuple[str, ...]:
    """Return the ARNs of everything of some kinds in a region."""
    return tuple(scope.arn("ec2", f"{kind}/*") for kind in kinds)


def tagging(want: Any, kind: str, *made_by: str) -> Allows:
    """Yield what tagging takes: in the call that makes a thing, and later what carries the tag of the address."""
    on = things(want.scope, kind)
    yield allow("ec2", "CreateTags", on=on, when=equals("ec2:CreateAction", *made_by))
    yield allow("ec2", "CreateTags", on=on, when=made_for(want.address))


def adopting(want: Any, kind: str) -> Allows:
    """Yield what it takes to give the tag of an address to something that somebody else made."""
    yield allow("ec2", "CreateTags", on=things(want.scope, kind), when=labelled(want.address))


def vpc_reads(want: Vpc | ExistingVpc) -> Allows:
    yield allow("ec2", "DescribeVpcs")
    if isinstance(want, Vpc):
        yield allow("ec2", "DescribeVpcAttribute", on=things(want.scope, "vpc"))


def vpc_writes(want: Vpc) -> Allows:
    on = things(want.scope, "vpc")
    yield from tagging(want, "vpc", "CreateVpc")
    yield allow("ec2", "CreateVpc", on=on)
    yield allow("ec2", "ModifyVpcAttribute", on=on, when=made_for(want.address))
    if want.ipv6:
        yield allow("ec2", "AssociateVpcCidrBlock", on=on, when=made_for(want.address))


def security_groups_reads(want: ClosedDefaultGroup | SecurityGroup) -> Allows:
    yield allow("ec2", "DescribeSecurityGroups")


def closed_default_group_writes(want: ClosedDefaultGroup) -> Allows:
    yield allow(
        "ec2",
        *("RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"),
        on=things(want.scope, "security-group"),
    )


def security_group_writes(want: SecurityGroup) -> Allows:
    on = things(want.scope, "security-group")
    yield from tagging(want, "security-group", "CreateSecurityGroup")
    yield from adopting(want, "security-group")
    yield allow("ec2", "CreateSecurityGroup", on=(*on, *things(want.scope, "vpc")))
    # A group that is adopted by its name is corrected before it is tagged.
    for way in ("Egress", "Ingress"):
        yield allow("ec2", f"RevokeSecurityGroup{way}", on=on)
        if want.egress if way == "Egress" else want.ingress:
            described = f"UpdateSecurityGroupRuleDescriptions{way}"
            yield allow("ec2", f"AuthorizeSecurityGroup{way}", described, on=on)


def subnet_reads(want: Subnet | ExistingSubnet) -> Allows:
    yield allow("ec2", "DescribeSubnets")
    if isinstance(want, Subnet):
        yield allow("ec2", "DescribeAvailabilityZones")


def subnet_writes(want: Subnet) -> Allows:
    on = things(want.scope, "subnet")
    yield from tagging(want, "subnet", "CreateSubnet")
    yield allow("ec2", "CreateSubnet", on=(*on, *things(want.scope, "vpc")))
    if want.ipv6 is not None:
        yield allow("ec2", "AssociateSubnetCidrBlock", on=on, when=made_for(want.address))


def internet_gateway_reads(want: InternetGateway) -> Allows:
    yield allow("ec2", "DescribeInternetGateways")


def internet_gateway_writes(want: InternetGateway) -> Allows:
    on = things(want.scope, "internet-gateway")
    yield from tagging(want, "internet-gateway", "CreateInternetGateway")
    yield from adopting(want, "internet-gateway")
    yield allow("ec2", "CreateInternetGateway", on=on)
    yield allow("ec2", "AttachInternetGateway", on=(*on, *things(want.scope, "vpc")))


def route_table_reads(want: RouteTable | NatRoute) -> Allows:
    yield allow("ec2", "DescribeRouteTables")


def route_table_writes(want: RouteTable) -> Allows:
    on = things(want.scope, "route-table")
    yield from tagging(want, "route-table", "CreateRouteTable")
    yield allow("ec2", "CreateRouteTable", on=(*on, *things(want.scope, "vpc")))
    yield allow("ec2", "CreateRoute", "DeleteRoute", "ReplaceRoute", on=on, when=made_for(want.address))
    if want.subnets:
        associated = (*on, *things(want.scope, "subnet"))
        yield allow("ec2", "AssociateRouteTable", "ReplaceRouteTableAssociation", on=associated)


def nat_route_writes(want: NatRoute) -> Allows:
    # The table is somebody else's, and so are its tags.
    yield allow("ec2", "CreateRoute", "ReplaceRoute", on=things(want.scope, "route-table"))


def gateway_endpoint_reads(want: GatewayEndpoint) -> Allows:
    yield allow("ec2", "DescribeVpcEndpoints")


def gateway_endpoint_writes(want: GatewayEndpoint) -> Allows:
    on = things(want.scope, "vpc-endpoint", "route-table")
    yield from tagging(want, "vpc-endpoint", "CreateVpcEndpoint")
    yield from adopting(want, "vpc-endpoint")
    yield allow("ec2", "CreateVpcEndpoint", on=(*on, *things(want.scope, "vpc")))
    yield allow("ec2", "ModifyVpcEndpoint", on=on)


def connect_endpoint_reads(want: ConnectEndpoint) -> Allows:
    yield allow("ec2", "DescribeInstanceConnectEndpoints")


def connect_endpoint_writes(want: ConnectEndpoint) -> Allows:
    kind = "instance-connect-endpoint"
    yield from tagging(want, kind, "CreateInstanceConnectEndpoint")
    yield from adopting(want, kind)
    yield allow("ec2", "CreateInstanceConnectEndpoint", on=things(want.scope, kind, "security-group", "subnet"))
    # AWS makes the interface of an endpoint as whoever makes the endpoint.
    yield allow("ec2", "CreateNetworkInterface", on=things(want.scope, "network-interface", "security-group", "subnet"))
    yield linked_role(want.scope, "ec2-instance-connect.amazonaws.com")


def elastic_ip_reads(want: ElasticIp | AddressInUse) -> Allows:
    yield allow("ec2", "DescribeAddresses")


def elastic_ip_writes(want: ElasticIp) -> Allows:
    yield from tagging(want, "elastic-ip", "AllocateAddress")
    yield allow("ec2", "AllocateAddress", on=things(want.scope, "elastic-ip"))


def address_in_use_writes(want: AddressInUse) -> Allows:
    yield allow("ec2", "AssociateAddress", on=things(want.scope, "elastic-ip", "instance", "network-interface"))


def key_pair_reads(want: KeyPair) -> Allows:
    yield allow("ec2", "DescribeKeyPairs")


def key_pair_writes(want: KeyPair) -> Allows:
    yield from tagging(want, "key-pair", "ImportKeyPair")
    yield from adopting(want, "key-pair")
    yield allow("ec2", "DeleteKeyPair", "ImportKeyPair", on=(want.scope.arn("ec2", f"key-pair/{want.name}"),))
