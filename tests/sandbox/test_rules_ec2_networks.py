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


def interface(network: Network) -> str:
    made = network.ec2.create_network_interface(
        SubnetId=network.subnet, Groups=[network.group], Description="a database"
    )
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


@pytest.mark.parametrize("strict", [False, True], ids=["moto", "AWS"])
def test_subnet_group_and_vpc_stay_while_an_interface_is_in_them(strict: bool) -> None:
    network = Network(strict=strict)
    interface(network)
    code = "DependencyViolation" if strict else None
    assert refused(network.ec2.delete_security_group, GroupId=network.group) == code
    assert refused(network.ec2.delete_subnet, SubnetId=network.subnet) == code


@pytest.mark.parametrize("strict", [False, True], ids=["moto", "AWS"])
@pytest.mark.parametrize("left", ["gateway", "group", "network ACL", "endpoint"])
def test_a_vpc_stays_while_something_is_in_it(left: str, strict: bool) -> None:
    network = Network(strict=strict)
    ec2, vpc = network.ec2, network.vpc
    ec2.delete_subnet(SubnetId=network.subnet)
    ec2.delete_route_table(RouteTableId=network.table)
    if left != "group":
        ec2.delete_security_group(GroupId=network.group)
    if left != "gateway":
        ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=vpc)
    if left == "network ACL":
        ec2.create_network_acl(VpcId=vpc)
    if left == "endpoint":
        way = {"VpcEndpointType": "Gateway", "ServiceName": f"com.amazonaws.{REGION}.s3"}
        made = ec2.create_vpc_endpoint(VpcId=vpc, **way)["VpcEndpoint"]
        ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    assert refused(ec2.delete_vpc, VpcId=vpc) == ("DependencyViolation" if strict else None)
    if strict and left == "endpoint":
        network.sandbox.clock.advance(300)
        assert refused(ec2.delete_vpc, VpcId=vpc) is None


@pytest.mark.parametrize("strict", [False, True], ids=["moto", "AWS"])
def test_the_main_route_table_stays(strict: bool) -> None:
    network = Network(strict=strict)
    tables = network.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [network.vpc]}])["RouteTables"]
    (main,) = (each["RouteTableId"] for each in tables if each["RouteTableId"] != network.table)
    code = "DependencyViolation" if strict else None
    assert refused(network.ec2.delete_route_table, RouteTableId=main) == code


def test_endpoints_take_a_while_to_go_and_missing_ones_are_told_in_the_answer() -> None:
    network = Network(strict=True)
    ec2 = network.ec2
    made = ec2.create_vpc_endpoint(VpcId=network.vpc, ServiceName=f"com.amazonaws.{REGION}.s3")["VpcEndpoint"]
    gone = {"VpcEndpointIds": [made["VpcEndpointId"]]}
    assert ec2.delete_vpc_endpoints(**gone)["Unsuccessful"] == []
    (unsuccessful,) = ec2.delete_vpc_endpoints(**gone)["Unsuccessful"]
    assert unsuccessful["Error"]["Code"] == "InvalidVpcEndpoint.NotFound"
    assert [each["State"] for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]] == ["deleting"]
    network.sandbox.clock.advance(300)
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_a_connect_endpoint_keeps_its_subnet_and_group_until_its_interface_is_gone() -> None:
    network = Network(strict=True)
    ec2 = network.ec2
    made = ec2.create_instance_connect_endpoint(SubnetId=network.subnet, SecurityGroupIds=[network.group])
    id = made["InstanceConnectEndpoint"]["InstanceConnectEndpointId"]
    ec2.delete_instance_connect_endpoint(InstanceConnectEndpointId=id)

    (going,) = ec2.describe_instance_connect_endpoints()["InstanceConnectEndpoints"]
    (interface,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert going["State"] == "delete-in-progress"
    assert going["NetworkInterfaceIds"] == [interface["NetworkInterfaceId"]]
    assert refused(ec2.delete_security_group, GroupId=network.group) == "DependencyViolation"
    network.sandbox.clock.advance(300)
    assert refused(ec2.delete_security_group, GroupId=network.group) is None
    assert refused(ec2.delete_subnet, SubnetId=network.subnet) is None


def test_the_interface_of_an_instance_has_the_tags_of_its_launch_and_ends_with_it() -> None:
    network = Network(strict=True)
    tags = [{"Key": "owner", "Value": "me"}]
    launch = {"MinCount": 1, "MaxCount": 1, "ImageId": IMAGE, "InstanceType": "t3.micro", "SubnetId": network.subnet}
    tagged = [{"ResourceType": "network-interface", "Tags": tags}]
    instance = network.ec2.run_instances(**launch, TagSpecifications=tagged)["Instances"][0]["InstanceId"]
    (interface,) = network.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert (interface["TagSet"], interface["Attachment"]["DeleteOnTermination"]) == (tags, True)
    network.ec2.terminate_instances(InstanceIds=[instance])
    assert network.ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_a_region_without_subnets_lists_none() -> None:
    ec2 = Sandbox().client("ec2", REGION)
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    assert ec2.describe_subnets()["Subnets"] == []
