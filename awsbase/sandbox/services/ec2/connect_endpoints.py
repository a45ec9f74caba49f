"""EC2 Instance Connect Endpoints, which moto does not have: one a VPC."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from awsbase.sandbox.client_tokens import ClientTokens, request_digest
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal


@dataclass
class Endpoints:
    """The endpoints of all regions, by region and id."""

    made: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


def create(request: Request) -> dict[str, Any]:
    """Make an endpoint; refuse a subnet or a group that is not there, and a second one in a VPC.

    Without groups it is in the VPC's default one, and to make it takes a while (API reference:
    CreateInstanceConnectEndpoint, Ec2InstanceConnectEndpoint). Raises Refusal with
    InstanceConnectEndpointLimitExceeded.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInstanceConnectEndpoint.html
    """
    if known := request.memory(ClientTokens).answer(request):
        return {"InstanceConnectEndpoint": known}
    subnet = request.call_moto("ec2:DescribeSubnets", SubnetIds=[request.params["SubnetId"]])["Subnets"][0]
    groups = request.params.get("SecurityGroupIds") or [default_group(request, subnet["VpcId"])]
    request.call_moto("ec2:DescribeSecurityGroups", GroupIds=groups)
    made = request.memory(Endpoints).made
    if any(region == request.region and each["VpcId"] == subnet["VpcId"] for (region, _), each in made.items()):
        raise Refusal(
            "InstanceConnectEndpointLimitExceeded", f"The VPC {subnet['VpcId']} has an EC2 Instance Connect Endpoint"
        )
    id = f"eice-{uuid4().hex[:17]}"
    endpoint = {
        "OwnerId": request.account,
        "InstanceConnectEndpointId": id,
        "State": "create-complete",
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "PreserveClientIp": request.params.get("PreserveClientIp", False),
        "SecurityGroupIds": groups,
        "Tags": [tag for each in request.params.get("TagSpecifications", []) for tag in each.get("Tags", [])],
    }
    made[request.region, id] = endpoint
    answer = endpoint | {"State": "create-in-progress"}
    request.memory(ClientTokens).keep(request, request_digest(request), answer)
    return {"InstanceConnectEndpoint": answer}


def default_group(request: Request, vpc: str) -> str:
    """Return the default group of a VPC."""
    wanted = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    return str(request.call_moto("ec2:DescribeSecurityGroups", Filters=wanted)["SecurityGroups"][0]["GroupId"])


def describe(request: Request) -> dict[str, Any]:
    """Answer with the endpoints of a region, those that were asked for.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceConnectEndpoints.html
    """
    wanted = request.params.get("InstanceConnectEndpointIds")
    found = [
        each
        for (region, id), each in request.memory(Endpoints).made.items()
        if region == request.region and (not wanted or id in wanted) and passes(each, request.params.get("Filters", []))
    ]
    return {"InstanceConnectEndpoints": found}


def passes(endpoint: dict[str, Any], filters: list[dict[str, Any]]) -> bool:
    """Return whether an endpoint is what filters ask for."""
    fields = {"vpc-id": "VpcId", "subnet-id": "SubnetId", "state": "State"}
    tags = {tag["Key"]: tag["Value"] for tag in endpoint["Tags"]}
    return all(
        (tags.get(each["Name"].removeprefix("tag:")) if ":" in each["Name"] else endpoint[fields[each["Name"]]])
        in each["Values"]
        for each in filters
    )


def delete(request: Request) -> dict[str, Any]:
    """Remove an endpoint; raises Refusal with InvalidInstanceConnectEndpointId.NotFound.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteInstanceConnectEndpoint.html
    """
    found = request.memory(Endpoints).made.pop((request.region, request.params["InstanceConnectEndpointId"]), None)
    if found is None:
        raise Refusal("InvalidInstanceConnectEndpointId.NotFound", "The endpoint does not exist")
    return {"InstanceConnectEndpoint": found | {"State": "delete-in-progress"}}


def tag(request: Request) -> dict[str, Any] | None:
    """Tag endpoints, which moto would not find.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
    """
    made = request.memory(Endpoints).made
    ours = [id for id in request.params["Resources"] if (request.region, id) in made]
    for id in ours:
        held = {each["Key"]: each["Value"] for each in made[request.region, id]["Tags"]}
        given = {each["Key"]: each.get("Value", "") for each in request.params["Tags"]}
        if request.operation == "CreateTags":
            held |= given
        else:
            held = {key: value for key, value in held.items() if key not in given}
        made[request.region, id]["Tags"] = [{"Key": key, "Value": value} for key, value in held.items()]
    request.params["Resources"] = [id for id in request.params["Resources"] if id not in ours]
    return None if request.params["Resources"] else {}


RULES = (
    Rule("ec2:CreateInstanceConnectEndpoint", before=create, strict=False),
    Rule("ec2:DescribeInstanceConnectEndpoints", before=describe, strict=False),
    Rule("ec2:DeleteInstanceConnectEndpoint", before=delete, strict=False),
    Rule("ec2:CreateTags ec2:DeleteTags", before=tag, strict=False),
)
