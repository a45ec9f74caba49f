"""Systems Manager: parameters with the names and values that AWS takes, and the instances whose agents report.

moto has no instances here; the agent of an instance that runs with a profile reports.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.authorization.permissions import Resources, act, arn, own, param, table
from awsbase.sandbox.common.public_images import known_to_moto
from awsbase.sandbox.service import Codes, Pages, Request, Rule, Service
from awsbase.sandbox.snapshot import by_region
from awsbase.sandbox.wire import Refusal


def describe_instances(request: Request) -> dict[str, Any]:
    """Answer with the instances whose agents report, under the filters that were given.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
    """
    wanted = {each["Key"]: each["Values"] for each in request.params.get("Filters", [])}
    response = request.call_moto("ec2:DescribeInstances")
    return {
        "InstanceInformationList": [
            {
                "InstanceId": instance["InstanceId"],
                "PingStatus": "Online",
                "LastPingDateTime": datetime.fromtimestamp(request.sandbox.clock.time(), UTC),
                "AgentVersion": "3.3.1611.0",
                "IsLatestVersion": True,
                "PlatformType": "Linux",
                "ResourceType": "EC2Instance",
            }
            for reservation in response["Reservations"]
            for instance in reservation["Instances"]
            if instance["State"]["Name"] == "running" and "IamInstanceProfile" in instance
            if instance["InstanceId"] in wanted.get("InstanceIds", [instance["InstanceId"]])
        ]
    }


def written_now(request: Request, response: dict[str, Any]) -> None:
    """Let the parameter have been written when it is here, and not where moto runs."""
    *_, newest = request.backend("ssm")._parameters[request.params["Name"]]
    newest.last_modified_date = request.sandbox.clock.now().replace(tzinfo=None)


def public_image(request: Request) -> dict[str, Any] | None:
    """Answer with the image that Debian or Canonical publishes under a public parameter.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html
    """
    name = request.params["Name"]
    if (known := known_to_moto(name)) == name:
        return None
    answer = request.call_moto("ssm:GetParameter", Name=known)
    arn = f"arn:aws:ssm:{request.region}::parameter{name}"
    return {"Parameter": {**answer["Parameter"], "Name": name, "ARN": arn}}


NAME = re.compile(r"/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
NESTED = re.compile(r"\{\{.*\}\}", re.DOTALL)
LEVELS = 15
LOCKS = "/locks/"
BYTES = {"Standard": 4096, "Advanced": 8192}


def allowed_name(request: Request) -> None:
    """Refuse a name that AWS keeps for itself, and one that no parameter may have.

    Raises Refusal with AccessDeniedException, ValidationException or HierarchyLevelLimitExceededException.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    """
    name = request.params["Name"]
    bare = name.removeprefix("/").lower()
    if bare.startswith("aws"):
        # Also /awsome/x: the reserved prefix is letters, not a level.
        raise Refusal("AccessDeniedException", f"No access to reserved parameter name: {name.removeprefix('/')}.")
    if bare.startswith("ssm") or not NAME.fullmatch(name):
        raise Refusal(
            "ValidationException",
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive), and has letters, numbers and .-_ only.',
        )
    if "/" in name and not name.startswith("/"):
        raise Refusal("ValidationException", "Parameter name must be a fully qualified name.")
    if name.count("/") > LEVELS:
        raise Refusal("HierarchyLevelLimitExceededException", f"A hierarchy can have at most {LEVELS} levels.")


def allowed_value(request: Request) -> None:
    """Refuse a value that is too long for its tier or nests another one, and a change of type or down in tier.

    Raises Refusal with HierarchyTypeMismatchException or ValidationException.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    """
    held = request.backend("ssm").get_parameter(request.params["Name"]) if request.params.get("Overwrite") else None
    if held and request.params.get("Type", held.parameter_type) != held.parameter_type:
        raise Refusal("HierarchyTypeMismatchException", "The type of a parameter can't be changed.")
    if NESTED.search(request.params["Value"]):
        raise Refusal("ValidationException", 'Parameter value can\'t nest another parameter. Do not use "{{}}" in it.')

    size, advanced = len(request.params["Value"].encode()), held is not None and held.tier == "Advanced"
    tier = request.params.get("Tier") or ("Advanced" if advanced else "Standard")
    if tier == "Intelligent-Tiering":
        tier = request.params["Tier"] = "Advanced" if advanced or size > BYTES["Standard"] else "Standard"
    if advanced and tier == "Standard":
        raise Refusal("ValidationException", "You can't downgrade a parameter from the advanced to the standard tier.")
    if size > BYTES[tier]:
        raise Refusal("ValidationException", f"{tier} tier parameters support at most {BYTES[tier]} characters.")


def whole_path(request: Request) -> None:
    """Refuse a path that does not begin at the root; raises Refusal with ValidationException.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
    """
    if not request.params["Path"].startswith("/"):
        raise Refusal("ValidationException", 'The parameter path must begin with a forward slash "/".')


def own_parameters(request: Request, said: dict[str, Any]) -> None:
    """List the account's own parameters: moto keeps those of AWS among them once somebody has read one.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html
    """
    said["Parameters"] = [each for each in said["Parameters"] if not each["Name"].startswith("/aws/")]


def parameter(path: str) -> Resources:
    """Name the parameters that a request names."""

    def resources(request: Request) -> Iterator[str]:
        named = param(request, path)
        for name in named if isinstance(named, list) else [named]:
            account = "" if name.startswith("/aws/") else request.account
            yield arn(request, f"ssm:{request.region}:{account}:parameter/{name.removeprefix('/')}")

    return resources


CALLS = table(
    {
        "DescribeParameters DescribeInstanceInformation ListCommands": [own()],
        "GetParameter DeleteParameter GetParameterHistory": [own(parameter("Name"))],
        "PutParameter": [own(parameter("Name")), act("ssm:AddTagsToResource", parameter("Name"), when="Tags")],
        "GetParameters DeleteParameters": [own(parameter("Names"))],
        "GetParametersByPath": [own(parameter("Path"))],
        "AddTagsToResource RemoveTagsFromResource ListTagsForResource": [own(parameter("ResourceId"))],
    }
)


def parameters(ssm: Any) -> dict[str, Any]:
    """Return the parameters that somebody has written, by name; a lock says who is at work, and is no part of it.

    Those of AWS are none of the account's: moto keeps them among the others once somebody has read one.
    """
    written = {name: versions for name, versions in ssm._parameters.items() if not name.startswith(("/aws/", LOCKS))}
    newest = {name: versions[-1] for name, versions in written.items() if versions}
    return {
        name: {
            "type": held.parameter_type,
            "value": held.value,
            "description": held.description,
            "tier": held.tier,
            "key": held.keyid,
            "tags": ssm.list_tags_for_resource("Parameter", name),
        }
        for name, held in newest.items()
    }


RULES = (
    Rule("ssm:DescribeInstanceInformation", before=describe_instances, strict=False),
    Rule("ssm:GetParameter", before=public_image, strict=False),
    Rule("ssm:PutParameter", after=written_now, strict=False),
    Rule("ssm:PutParameter ssm:DeleteParameter", before=allowed_name),
    Rule("ssm:PutParameter", before=allowed_value),
    Rule("ssm:GetParametersByPath", before=whole_path),
    Rule("ssm:DescribeParameters", after=own_parameters, strict=False),
)

SERVICE = Service(
    "ssm",
    rules=RULES,
    calls=CALLS,
    pages=Pages(10, "InvalidNextToken"),
    snapshot=by_region("ssm", parameters),
    codes=Codes(too_many_tags="TooManyTagsError"),
    warm_up={"DescribeParameters": {}},
)
