"""EC2's networks: zones of the region, one change at a time, and nothing goes while something leads through it."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

ADDRESSES = 5
# How many AWS takes, and where: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
QUOTAS: dict[str, tuple[int, Callable[[Any, dict[str, Any]], int]]] = {
    "Vpc": (5, lambda ec2, params: len(ec2.vpcs)),
    "InternetGateway": (5, lambda ec2, params: len(ec2.internet_gateways)),
    "Subnet": (
        200,
        lambda ec2, params: in_vpc((each for zone in ec2.subnets.values() for each in zone.values()), params),
    ),
    "RouteTable": (200, lambda ec2, params: in_vpc(ec2.route_tables.values(), params)),
    "VpcEndpoint": (20, lambda ec2, params: gateway_endpoints(ec2, params)),
}
INTERFACE_GROUPS = 5
HOPS = range(1, 65)
PORTS = range(-1, 65536)


def own_zone(request: Request) -> None:
    """Refuse a zone of another region; raises Refusal with InvalidParameterValue.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html
    """
    wanted = request.params.get("AvailabilityZone")
    zones = [zone["ZoneName"] for zone in request.call_moto("ec2:DescribeAvailabilityZones")["AvailabilityZones"]]
    if wanted and wanted not in zones:
        raise Refusal("InvalidParameterValue", f"Value ({wanted}) for parameter availabilityZone is invalid.")


def one_attribute(request: Request) -> None:
    """Refuse to change two attributes of a VPC at once; raises Refusal with InvalidParameterCombination.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcAttribute.html
    """
    if len(named := sorted(set(request.params) - {"VpcId", "DryRun"})) > 1:
        raise Refusal("InvalidParameterCombination", f"Fields for multiple attribute types specified: {named}")


def gateway_unused(request: Request) -> None:
    """Refuse to take the internet gateway off a VPC that is reached through it.

    Raises Refusal with DependencyViolation.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html
    """
    vpc = request.params["VpcId"]
    subnets = {subnet["SubnetId"] for subnet in _describe(request, "Subnets") if subnet["VpcId"] == vpc}
    reached = {address["InstanceId"] for address in _describe(request, "Addresses") if address.get("InstanceId")}
    for reservation in _describe(request, "Instances", "Reservations"):
        for instance in reservation["Instances"]:
            if instance.get("SubnetId") in subnets and instance["InstanceId"] in reached:
                message = f"Network {vpc} has some mapped public address(es). Please unmap them before detaching."
                raise Refusal("DependencyViolation", message)


def not_the_default(request: Request) -> None:
    """Refuse to delete the group that every VPC has; raises Refusal with CannotDelete.

    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
    """
    found = request.backend("ec2").get_security_group_from_id(request.params.get("GroupId"))
    if found and found.name == "default":
        raise Refusal("CannotDelete", f'the specified group: "{found.id}" name: "default" cannot be deleted by a user')


def real_ports(request: Request) -> None:
    """Refuse ports that are none, and a range that ends before it begins; raises Refusal with InvalidParameterValue.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
    """
    for rule in request.params.get("IpPermissions", []):
        first, last = rule.get("FromPort", -1), rule.get("ToPort", -1)
        if first not in PORTS or last not in PORTS or (rule["IpProtocol"] in ("tcp", "udp") and first > last):
            raise Refusal("InvalidParameterValue", f"Invalid {rule['IpProtocol']} port range ({first}:{last})")


def valid_hop_limit(request: Request) -> None:
    """Refuse a way from the metadata service that is longer than AWS lets it be.

    Raises Refusal with InvalidParameterValue.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsRequest.html
    """
    options = request.params.get("MetadataOptions") or request.params
    if (hops := options.get("HttpPutResponseHopLimit", 1)) not in HOPS:
        raise Refusal("InvalidParameterValue", f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid.")


def address_quota(request: Request) -> None:
    """Refuse the sixth address of a region; raises Refusal with AddressLimitExceeded.

    https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
    """
    if len(request.backend("ec2").addresses) >= ADDRESSES:
        raise Refusal("AddressLimitExceeded", "The maximum number of addresses has been reached.")


def room_left(request: Request) -> None:
    """Refuse one more than a region or a VPC takes.

    Raises Refusal with VpcLimitExceeded, InternetGatewayLimitExceeded, SubnetLimitExceeded, RouteTableLimitExceeded or
    VpcEndpointLimitExceeded: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
    """
    kind = request.operation.removeprefix("Create")
    most, count = QUOTAS[kind]
    if count(request.backend("ec2"), request.params) >= most:
        raise Refusal(f"{kind}LimitExceeded", f"The maximum number of {kind}s has been reached.")


def in_vpc(held: Iterable[Any], params: dict[str, Any]) -> int:
    """Count what there is in the VPC of a request."""
    return sum(each.vpc_id == params["VpcId"] for each in held)


def gateway_endpoints(ec2: Any, params: dict[str, Any]) -> int:
    """Count the gateway endpoints of a region, for a request that makes one more."""
    if params.get("VpcEndpointType", "Gateway") != "Gateway":
        return 0
    return sum(each.vpc_endpoint_type in (None, "Gateway") for each in ec2.vpc_end_points.values())


def few_groups(request: Request) -> None:
    """Refuse more security groups than an interface takes.

    Raises Refusal with SecurityGroupsPerInterfaceLimitExceeded:
    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
    """
    interfaces = request.params.get("NetworkInterfaces", [])
    for groups in (request.params.get("SecurityGroupIds", []), *(each.get("Groups", []) for each in interfaces)):
        if len(groups) > INTERFACE_GROUPS:
            raise Refusal(
                "SecurityGroupsPerInterfaceLimitExceeded",
                "The maximum number of security groups per interface has been reached.",
            )


def address_unused(request: Request) -> None:
    """Refuse to release an address that leads somewhere; raises Refusal with InvalidIPAddress.InUse.

    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
    """
    for held in request.backend("ec2").addresses:
        if held.allocation_id == request.params.get("AllocationId") and held.association_id:
            raise Refusal("InvalidIPAddress.InUse", f"Address {held.public_ip} is in use.")


def instances_terminated(request: Request, response: dict[str, Any]) -> None:
    """Let go of the addresses of instances that were just ended.

    User guide, "Elastic IP addresses": an address of a terminated instance is associated with nothing.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html
    """
    release_addresses(request, request.region, request.params["InstanceIds"])


def release_addresses(request: Request, region: str, ids: Collection[str]) -> None:
    """Let the addresses of instances lead nowhere: moto keeps them for the dead."""
    for held in request.backend("ec2", region).addresses:
        if held.instance and held.instance.id in ids:
            request.call_moto("ec2:DisassociateAddress", region=region, AssociationId=held.association_id)


def one_gateway_per_service(request: Request) -> None:
    """Refuse a gateway to a service of another region, and a second one from the same route table.

    Raises Refusal with InvalidServiceName or RouteAlreadyExists.

    Recorded: cloud-custodian, ec2.DescribeVpcEndpointServices (InvalidServiceName); the rest is of
    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
    """
    service, tables = request.params["ServiceName"], set(request.params.get("RouteTableIds", []))
    if f".{request.region}." not in service:
        raise Refusal("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
    for held in _describe(request, "VpcEndpoints"):
        if held["ServiceName"] == service and (twice := tables & set(held.get("RouteTableIds", []))):
            raise Refusal("RouteAlreadyExists", f"route table {min(twice)} already has a route to {service}")


def _describe(request: Request, kind: str, key: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = request.call_moto(f"ec2:Describe{kind}")[key or kind]
    return found


RULES = (
    Rule("ec2:CreateSubnet", before=own_zone),
    Rule("ec2:ModifyVpcAttribute", before=one_attribute),
    Rule("ec2:DetachInternetGateway", before=gateway_unused),
    Rule("ec2:DeleteSecurityGroup", before=not_the_default),
    Rule("ec2:AuthorizeSecurityGroup*", before=real_ports),
    Rule("ec2:RunInstances ec2:ModifyInstanceMetadataOptions", before=valid_hop_limit),
    Rule("ec2:AllocateAddress", before=address_quota),
    Rule(" ".join(f"ec2:Create{kind}" for kind in QUOTAS), before=room_left),
    Rule("ec2:RunInstances", before=few_groups),
    Rule("ec2:ReleaseAddress", before=address_unused),
    Rule("ec2:TerminateInstances", after=instances_terminated, strict=False),
    Rule("ec2:CreateVpcEndpoint", before=one_gateway_per_service),
)
