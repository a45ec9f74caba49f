"""Launch templates: they tag what a launch makes, and a launch into a subnet says its groups by their ids."""

from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

TAGGED = ("instance", "network-interface", "spot-instances-request", "volume")


def well_written(request: Request) -> None:
    """Refuse a version that tags what no launch makes; raises Refusal with InvalidParameterValue.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateTagSpecificationRequest.html
    """
    data: dict[str, Any] = request.params.get("LaunchTemplateData") or {}
    for each in data.get("TagSpecifications", []):
        if each.get("ResourceType") not in TAGGED:
            raise Refusal(
                "InvalidParameterValue", f"{each.get('ResourceType')!r} is not a valid taggable resource type."
            )


def launched_as_said(request: Request) -> None:
    """Refuse a launch that tags a Spot request and makes none, and one that names its groups in a subnet.

    If the instance does not include a resource type that is tagged, the launch fails (API reference,
    LaunchTemplateTagSpecificationRequest). Names of groups are for a default VPC (RunInstances: SecurityGroups). Raises
    Refusal with InvalidParameterValue or InvalidParameterCombination.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateTagSpecificationRequest.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
    """
    spot = (request.params.get("InstanceMarketOptions") or {}).get("MarketType") == "spot"
    tagged = {each.get("ResourceType") for each in request.params.get("TagSpecifications", [])}
    if "spot-instances-request" in tagged and not spot:
        raise Refusal(
            "InvalidParameterValue", "'spot-instances-request' is not a valid taggable resource type for this request."
        )
    if request.params.get("SecurityGroups") and request.params.get("SubnetId"):
        raise Refusal("InvalidParameterCombination", "The parameter groupName cannot be used with the parameter subnet")


RULES = (
    Rule("ec2:CreateLaunchTemplate ec2:CreateLaunchTemplateVersion", before=well_written),
    Rule("ec2:RunInstances", before=launched_as_said),
)
