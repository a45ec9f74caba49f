"""EC2 Instance Connect Endpoints, which moto does not have: one a VPC."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from awsbase.sandbox.rule import Ask, Refusal, Rule
from awsbase.sandbox.rules.ec2 import Tokens, said


@dataclass
class Endpoints:
    """The endpoints of all regions, by region and id."""

    made: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


def create(ask: Ask) -> dict[str, Any]:
    """Make an endpoint; refuse a subnet or a group that is not there, and a second one in a VPC."""
    if known := ask.memory(Tokens).answer(ask):
        return {"InstanceConnectEndpoint": known}
    subnet = ask.moto("ec2:DescribeSubnets", SubnetIds=[ask.params["SubnetId"]])["Subnets"][0]
    ask.moto("ec2:DescribeSecurityGroups", GroupIds=ask.params.get("SecurityGroupIds", []))
    made = ask.memory(Endpoints).made
    if any(region == ask.region and each["VpcId"] == subnet["VpcId"] for (region, _), each in made.items()):
        raise Refusal(
            "InstanceConnectEndpointLimitExceeded", f"The VPC {subnet['VpcId']} has an EC2 Instance Connect Endpoint"
        )
    id = f"eice-{uuid4().hex[:17]}"
    endpoint = {
        "OwnerId": ask.account,
        "InstanceConnectEndpointId": id,
        "State": "create-complete",
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "PreserveClientIp": ask.params.get("PreserveClientIp", False),
        "SecurityGroupIds": ask.params.get("SecurityGroupIds", []),
        "Tags": [tag for each in ask.params.get("TagSpecifications", []) for tag in each.get("Tags", [])],
    }
    made[ask.region, id] = endpoint
    ask.memory(Tokens).keep(ask, said(ask), endpoint)
    return {"InstanceConnectEndpoint": endpoint}


def describe(ask: Ask) -> dict[str, Any]:
    """Answer with the endpoints of a region, those that were asked for."""
    wanted = ask.params.get("InstanceConnectEndpointIds")
    found = [
        each
        for (region, id), each in ask.memory(Endpoints).made.items()
        if region == ask.region and (not wanted or id in wanted) and passes(each, ask.params.get("Filters", []))
    ]
    return {"InstanceConnectEndpoints": found}


def passes(endpoint: dict[str, Any], filters: list[dict[str, Any]]) -> bool:
    """Say whether an endpoint is what filters ask for."""
    fields = {"vpc-id": "VpcId", "subnet-id": "SubnetId", "state": "State"}
    tags = {tag["Key"]: tag["Value"] for tag in endpoint["Tags"]}
    return all(
        (tags.get(each["Name"].removeprefix("tag:")) if ":" in each["Name"] else endpoint[fields[each["Name"]]])
        in each["Values"]
        for each in filters
    )


def delete(ask: Ask) -> dict[str, Any]:
    """Remove an endpoint."""
    found = ask.memory(Endpoints).made.pop((ask.region, ask.params["InstanceConnectEndpointId"]), None)
    if found is None:
        raise Refusal("InvalidInstanceConnectEndpointId.NotFound", "The endpoint does not exist")
    return {"InstanceConnectEndpoint": found | {"State": "delete-in-progress"}}


def tag(ask: Ask) -> dict[str, Any] | None:
    """Tag endpoints, which moto would not find."""
    made = ask.memory(Endpoints).made
    ours = [id for id in ask.params["Resources"] if (ask.region, id) in made]
    for id in ours:
        held = {each["Key"]: each["Value"] for each in made[ask.region, id]["Tags"]}
        given = {each["Key"]: each.get("Value", "") for each in ask.params["Tags"]}
        if ask.operation == "CreateTags":
            held |= given
        else:
            held = {key: value for key, value in held.items() if key not in given}
        made[ask.region, id]["Tags"] = [{"Key": key, "Value": value} for key, value in held.items()]
    ask.params["Resources"] = [id for id in ask.params["Resources"] if id not in ours]
    return None if ask.params["Resources"] else {}


RULES = (
    Rule("ec2:CreateInstanceConnectEndpoint", before=create, strict=False),
    Rule("ec2:DescribeInstanceConnectEndpoints", before=describe, strict=False),
    Rule("ec2:DeleteInstanceConnectEndpoint", before=delete, strict=False),
    Rule("ec2:CreateTags ec2:DeleteTags", before=tag, strict=False),
)
