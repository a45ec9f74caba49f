"""EC2's networks in the sandbox: what moto alone lets through, and AWS does not."""

from collections.abc import Callable
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

REGION = "eu-west-1"
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


class Network:
    """A VPC with a subnet, a way out of it, and a group."""

    def __init__(self, *, strict: bool) -> None:
        self.sandbox = Sandbox(strict=strict)
        self.ec2: Any = self.sandbox.client("ec2", REGION)
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.group = self.ec2.create_security_group(GroupName="web", Description="web", VpcId=self.vpc)["GroupId"]


def ports(network: Network, first: int, last: int) -> dict[str, Any]:
    rule = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    return {"GroupId": network.group, "IpPermissions": [rule]}


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("create_subnet", lambda n: {"VpcId": n.vpc, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a"},
         "InvalidParameterValue"),
        ("modify_vpc_attribute", lambda n: {"VpcId": n.vpc, "EnableDnsSupport": {"Value": True},
         "EnableDnsHostnames": {"Value": True}}, "InvalidParameterCombination"),
        ("authorize_security_group_ingress", lambda n: ports(n, 70000, 70000), "InvalidParameterValue"),
        ("authorize_security_group_ingress", lambda n: ports(n, 443, 80), "InvalidParameterValue"),
        ("create_vpc_endpoint", lambda n: {"VpcId": n.vpc, "RouteTableIds": [n.table],
         "ServiceName": "com.amazonaws.us-east-1.s3"}, "InvalidServiceName"),
        ("create_tags", lambda n: {"Resources": [n.vpc], "Tags": [{"Key": "aws:owner", "Value": "x"}]},
         "InvalidParameterValue"),
    ],
    ids=["foreign zone", "two attributes", "no port", "backwards", "foreign service", "reserved tag"],
)  # fmt: skip
def test_mistakes_that_moto_lets_through(method: str, params: Callable[[Network], dict[str, Any]], code: str) -> None:
    for strict in (False, True):
        network = Network(strict=strict)
        assert refused(getattr(network.ec2, method), **params(network)) == (code if strict else None)


@pytest.mark.parametrize("strict", [False, True], ids=["moto", "AWS"])
def test_a_gateway_stays_while_an_address_is_reached_through_it(strict: bool) -> None:
    network = Network(strict=strict)
    launch = {"MinCount": 1, "MaxCount": 1, "ImageId": IMAGE, "InstanceType": "t3.micro", "SubnetId": network.subnet}
    instance = network.ec2.run_instances(**launch)["Instances"][0]["InstanceId"]
    network.sandbox.clock.advance(600)  # until it is no longer pending
    address = network.ec2.allocate_address(Domain="vpc")["AllocationId"]
    used = network.ec2.associate_address(AllocationId=address, InstanceId=instance)["AssociationId"]
    way = {"InternetGatewayId": network.gateway, "VpcId": network.vpc}

    assert refused(network.ec2.detach_internet_gateway, **way) == ("DependencyViolation" if strict else None)
    if strict:
        network.ec2.disassociate_address(AssociationId=used)
        assert refused(network.ec2.detach_internet_gateway, **way) is None


@pytest.mark.parametrize("strict", [False, True], ids=["moto", "AWS"])
def test_the_default_group_stays(strict: bool) -> None:
    network = Network(strict=strict)
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = network.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    assert refused(network.ec2.delete_security_group, GroupId=group["GroupId"]) == ("CannotDelete" if strict else None)


@pytest.mark.parametrize("strict", [False, True], ids=["moto", "AWS"])
def test_a_region_has_five_addresses_and_a_route_table_one_way_to_a_service(strict: bool) -> None:
    network = Network(strict=strict)
    codes = [refused(network.ec2.allocate_address, Domain="vpc") for _ in range(6)]
    assert codes == [None] * 5 + ["AddressLimitExceeded" if strict else None]

    way = {"VpcId": network.vpc, "ServiceName": f"com.amazonaws.{REGION}.s3", "RouteTableIds": [network.table]}
    codes = [refused(network.ec2.create_vpc_endpoint, **way) for _ in range(2)]
    assert codes == [None, "RouteAlreadyExists" if strict else None]


@pytest.mark.parametrize(
    ("most", "method", "params", "code"),
    [
        (4, "create_vpc", lambda n, i: {"CidrBlock": f"10.{i}.0.0/16"}, "VpcLimitExceeded"),
        (199, "create_subnet", lambda n, i: {"VpcId": n.vpc, "CidrBlock": f"10.0.{i}.0/24"}, "SubnetLimitExceeded"),
        (198, "create_route_table", lambda n, i: {"VpcId": n.vpc}, "RouteTableLimitExceeded"),
        (20, "create_vpc_endpoint", lambda n, i: {"VpcId": n.vpc, "ServiceName": f"com.amazonaws.{REGION}.s3"},
         "VpcEndpointLimitExceeded"),
    ],
    ids=["VPCs", "subnets", "route tables", "gateway endpoints"],
)  # fmt: skip
def test_a_region_or_vpc_takes_so_many(
    most: int, method: str, params: Callable[[Network, int], dict[str, Any]], code: str
) -> None:
    network = Network(strict=True)
    held = network.sandbox.backend("ec2", REGION)
    for number in range(most):
        arguments = params(network, number + 1)
        if method == "create_subnet":
            held.create_subnet(network.vpc, arguments["CidrBlock"], availability_zone=f"{REGION}a")
        elif method == "create_route_table":
            held.create_route_table(network.vpc)
        elif number < most - 1 or method != "create_vpc":
            getattr(network.ec2, method)(**arguments)
    assert refused(getattr(network.ec2, method), **params(network, most + 1)) == code
