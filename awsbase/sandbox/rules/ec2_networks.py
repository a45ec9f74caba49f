"""EC2's networks: zones of the region, one change at a time, and nothing goes while something leads through it."""

from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule

ADDRESSES = 5
HOPS = range(1, 65)
PORTS = range(-1, 65536)


def own_zone(ask: Ask) -> None:
    """Refuse a zone of another region."""
    wanted = ask.params.get("AvailabilityZone")
    zones = [zone["ZoneName"] for zone in ask.moto("ec2:DescribeAvailabilityZones")["AvailabilityZones"]]
    if wanted and wanted not in zones:
        raise Refusal("InvalidParameterValue", f"Value ({wanted}) for parameter availabilityZone is invalid.")


def one_attribute(ask: Ask) -> None:
    """Refuse to change two attributes of a VPC at once."""
    if len(named := sorted(set(ask.params) - {"VpcId", "DryRun"})) > 1:
        raise Refusal("InvalidParameterCombination", f"Fields for multiple attribute types specified: {named}")


def way_unused(ask: Ask) -> None:
    """Refuse to take the internet gateway off a VPC that is reached through it."""
    vpc = ask.params["VpcId"]
    subnets = {subnet["SubnetId"] for subnet in _of(ask, "Subnets") if subnet["VpcId"] == vpc}
    reached = {address["InstanceId"] for address in _of(ask, "Addresses") if address.get("InstanceId")}
    for reservation in _of(ask, "Instances", "Reservations"):
        for instance in reservation["Instances"]:
            if instance.get("SubnetId") in subnets and instance["InstanceId"] in reached:
                said = f"Network {vpc} has some mapped public address(es). Please unmap them before detaching."
                raise Refusal("DependencyViolation", said)


def not_the_default(ask: Ask) -> None:
    """Refuse to delete the group that every VPC has."""
    found = ask.backend("ec2").get_security_group_from_id(ask.params.get("GroupId"))
    if found and found.name == "default":
        raise Refusal("CannotDelete", f'the specified group: "{found.id}" name: "default" cannot be deleted by a user')


def real_ports(ask: Ask) -> None:
    """Refuse ports that are none, and a range that ends before it begins."""
    for rule in ask.params.get("IpPermissions", []):
        first, last = rule.get("FromPort", -1), rule.get("ToPort", -1)
        if first not in PORTS or last not in PORTS or (rule["IpProtocol"] in ("tcp", "udp") and first > last):
            raise Refusal("InvalidParameterValue", f"Invalid {rule['IpProtocol']} port range ({first}:{last})")


def few_hops(ask: Ask) -> None:
    """Refuse a way from the metadata service that is longer than AWS lets it be."""
    options = ask.params.get("MetadataOptions") or ask.params
    if (hops := options.get("HttpPutResponseHopLimit", 1)) not in HOPS:
        raise Refusal("InvalidParameterValue", f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid.")


def few_addresses(ask: Ask) -> None:
    """Refuse the sixth address of a region."""
    if len(ask.backend("ec2").addresses) >= ADDRESSES:
        raise Refusal("AddressLimitExceeded", "The maximum number of addresses has been reached.")


def one_way_to_a_service(ask: Ask) -> None:
    """Refuse a gateway to a service of another region, and a second one from the same route table."""
    service, tables = ask.params["ServiceName"], set(ask.params.get("RouteTableIds", []))
    if f".{ask.region}." not in service:
        raise Refusal("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
    for held in _of(ask, "VpcEndpoints"):
        if held["ServiceName"] == service and (twice := tables & set(held.get("RouteTableIds", []))):
            raise Refusal("RouteAlreadyExists", f"route table {min(twice)} already has a route to {service}")


def _of(ask: Ask, kind: str, key: str = "") -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = ask.moto(f"ec2:Describe{kind}")[key or kind]
    return told


RULES = (
    Rule("ec2:CreateSubnet", before=own_zone),
    Rule("ec2:ModifyVpcAttribute", before=one_attribute),
    Rule("ec2:DetachInternetGateway", before=way_unused),
    Rule("ec2:DeleteSecurityGroup", before=not_the_default),
    Rule("ec2:AuthorizeSecurityGroup*", before=real_ports),
    Rule("ec2:RunInstances ec2:ModifyInstanceMetadataOptions", before=few_hops),
    Rule("ec2:AllocateAddress", before=few_addresses),
    Rule("ec2:CreateVpcEndpoint", before=one_way_to_a_service),
)
