"""EC2's networks when they are taken apart: interfaces keep what they are in, and endpoints take a while to go."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.ec2.connect_endpoints import Endpoints
from awsbase.sandbox.wire import Refusal

# AWS takes minutes; each try in between would be one more point at which tests inject faults.
LINGERS = 5  # seconds
ENDPOINT = "VpcEndpoint"
CONNECT_ENDPOINT = "InstanceConnectEndpoint"


@dataclass
class Going:
    """What was deleted and is not gone yet, by region and id: what it is, since when, and its interfaces."""

    held: dict[tuple[str, str], tuple[str, float, dict[str, Any]]] = field(default_factory=dict)

    def note(self, request: Request, kind: str, id: str, thing: dict[str, Any]) -> None:
        """Note that something is on its way out."""
        self.held[request.region, id] = (kind, request.sandbox.clock.time(), thing)

    def of(self, request: Request, kind: str) -> list[dict[str, Any]]:
        """Return what of a kind is on its way out in the region of a request."""
        return [
            thing for (region, _), (what, _, thing) in self.held.items() if region == request.region and what == kind
        ]


def settle(request: Request) -> None:
    """Let what was deleted a while ago be gone, with its interfaces.

    User guide, "Delete EC2 Instance Connect Endpoint": the state is delete-in-progress until it is gone.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/delete-ec2-instance-connect-endpoint.html
    """
    held, now = request.memory(Going).held, request.sandbox.clock.time()
    for (region, id), (_, since, thing) in list(held.items()):
        if now - since > LINGERS:
            for interface in thing.get("NetworkInterfaceIds", ()):
                request.backend("ec2", region).enis.pop(interface, None)
            del held[region, id]


def launched_interfaces(request: Request, response: dict[str, Any]) -> None:
    """Tag the interfaces that a launch makes as it asks, and let them end with their instance.

    API reference, RunInstances: TagSpecifications; InstanceNetworkInterfaceSpecification: DeleteOnTermination. Moto
    leaves them behind, without tags.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterfaceSpecification.html
    """
    backend = request.backend("ec2")
    asked = request.params.get("NetworkInterfaces") or [{}]
    tags = {
        tag["Key"]: tag.get("Value", "")
        for each in request.params.get("TagSpecifications", [])
        if each["ResourceType"] == "network-interface"
        for tag in each.get("Tags", [])
    }
    if any(each.get("NetworkInterfaceId") or each.get("DeleteOnTermination") is False for each in asked):
        return
    for launched in response["Instances"]:
        for interface in backend.get_instance(launched["InstanceId"]).nics.values():
            interface.delete_on_termination = True
            interface.add_tags(tags)


def interfaces(request: Request) -> Iterator[Any]:
    """Yield the network interfaces of a region, as moto holds them, but for those of instances that are gone."""
    for each in request.backend("ec2").enis.values():
        if each.instance is None or each.instance.state not in ("terminated", "shutting-down"):
            yield each


def subnet_empty(request: Request) -> None:
    """Refuse to delete a subnet that has an interface; raises Refusal with DependencyViolation.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html
    """
    id = request.params["SubnetId"]
    refuse_if("subnet", id, (each for each in interfaces(request) if each.subnet.id == id))


def group_bare(request: Request) -> None:
    """Refuse to delete a group that an interface is in; raises Refusal with DependencyViolation.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
    """
    id = request.params.get("GroupId")
    worn = (each for each in interfaces(request) if any(group.id == id for group in each.group_set))
    if any(True for _ in worn):
        raise Refusal("DependencyViolation", f"resource {id} has a dependent object")


def vpc_empty(request: Request) -> None:
    """Refuse to delete a VPC that has more in it than it came with; raises Refusal with DependencyViolation.

    https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html
    """
    id, ec2 = request.params["VpcId"], request.backend("ec2")
    inside = [
        *(each for each in ec2.internet_gateways.values() if each.vpc and each.vpc.id == id),
        *(each for each in ec2.egress_only_internet_gateways.values() if each.vpc_id == id),
        *(each for each in ec2.network_acls.values() if each.vpc_id == id and not each.default),
        *(group for group in ec2.groups.get(id, {}).values() if group.name != "default"),
        *(each for each in ec2.vpc_end_points.values() if each.vpc_id == id and each.state != "deleted"),
        *(each for each in interfaces(request) if each.subnet.vpc_id == id),
        *(each for each in request.memory(Going).of(request, ENDPOINT) if each["VpcId"] == id),
    ]
    refuse_if("vpc", id, inside)


def table_free(request: Request) -> None:
    """Refuse to delete the main route table of a VPC; raises Refusal with DependencyViolation.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRouteTable.html
    """
    table = request.backend("ec2").route_tables.get(request.params["RouteTableId"])
    refuse_if("routeTable", request.params["RouteTableId"], [table] if table and table.main_association_id else ())


def refuse_if(kind: str, id: str, inside: Iterable[Any]) -> None:
    """Refuse to delete something while something is inside; raises Refusal with DependencyViolation."""
    if any(True for _ in inside):
        raise Refusal("DependencyViolation", f"The {kind} '{id}' has dependencies and cannot be deleted.")


def delete_endpoints(request: Request) -> dict[str, Any]:
    """Delete endpoints, which takes a while; what is not there is told in the answer, not by an error.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html
    """
    backend, missing = request.backend("ec2"), []
    for id in request.params["VpcEndpointIds"]:
        if id not in backend.vpc_end_points:
            message = f"The Vpc Endpoint Id '{id}' does not exist"
            missing.append({"ResourceId": id, "Error": {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}})
            continue
        (thing,) = request.call_moto("ec2:DescribeVpcEndpoints", VpcEndpointIds=[id])["VpcEndpoints"]
        backend.vpc_end_points[id].vpc_endpoint_type = thing.get("VpcEndpointType") or "Gateway"
        request.call_moto("ec2:DeleteVpcEndpoints", VpcEndpointIds=[id])
        # Moto lists what is deleted for ever.
        del backend.vpc_end_points[id]
        request.memory(Going).note(request, ENDPOINT, id, thing | {"State": "deleting"})
    return {"Unsuccessful": missing}


def endpoints_going(request: Request, response: dict[str, Any]) -> None:
    """List endpoints that are on their way out.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
    """
    if not request.params.get("VpcEndpointIds"):
        response["VpcEndpoints"] += request.memory(Going).of(request, ENDPOINT)


def connect_interface(request: Request, response: dict[str, Any]) -> None:
    """Give a new Instance Connect Endpoint its network interface.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Ec2InstanceConnectEndpoint.html
    """
    id = response["InstanceConnectEndpoint"]["InstanceConnectEndpointId"]
    endpoint = request.memory(Endpoints).made.get((request.region, id))
    if endpoint is None or "NetworkInterfaceIds" in endpoint:
        return
    made = request.call_moto(
        "ec2:CreateNetworkInterface",
        SubnetId=endpoint["SubnetId"],
        Groups=endpoint["SecurityGroupIds"],
        Description=f"EC2 Instance Connect Endpoint {id}",
    )
    endpoint["NetworkInterfaceIds"] = [made["NetworkInterface"]["NetworkInterfaceId"]]


def connect_endpoint_going(request: Request, response: dict[str, Any]) -> None:
    """Let an Instance Connect Endpoint that is deleted be in progress for a while, with its interface.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteInstanceConnectEndpoint.html
    """
    deleted = response["InstanceConnectEndpoint"]
    request.memory(Going).note(request, CONNECT_ENDPOINT, deleted["InstanceConnectEndpointId"], deleted)


def connect_endpoints_going(request: Request, response: dict[str, Any]) -> None:
    """List Instance Connect Endpoints that are on their way out.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceConnectEndpoints.html
    """
    if not request.params.get("Filters") and not request.params.get("InstanceConnectEndpointIds"):
        response["InstanceConnectEndpoints"] += request.memory(Going).of(request, CONNECT_ENDPOINT)


RULES = (
    Rule("ec2:Delete* ec2:Describe*", before=settle, strict=False),
    Rule("ec2:RunInstances", after=launched_interfaces, strict=False),
    Rule("ec2:DeleteSubnet", before=subnet_empty),
    Rule("ec2:DeleteSecurityGroup", before=group_bare),
    Rule("ec2:DeleteVpc", before=vpc_empty),
    Rule("ec2:DeleteRouteTable", before=table_free),
    Rule("ec2:DeleteVpcEndpoints", before=delete_endpoints, strict=False),
    Rule("ec2:DescribeVpcEndpoints", after=endpoints_going),
    Rule("ec2:CreateInstanceConnectEndpoint", after=connect_interface, strict=False),
    Rule("ec2:DeleteInstanceConnectEndpoint", after=connect_endpoint_going),
    Rule("ec2:DescribeInstanceConnectEndpoints", after=connect_endpoints_going),
)
