"""Trails of an organization: every member sees them, with the management account's ARN, and changes none of them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html: members "can see" such a
trail "but can't modify or delete it"; by its name alone AWS looks for a trail of the member's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

MANAGEMENT = "999999999999"
NAMES = ("Name", "TrailName", "ResourceId")


@dataclass
class OrganizationTrails:
    """Hold the trails of the organization that the account is a member of, and which of them are stopped."""

    held: list[dict[str, Any]] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)

    def add(self, name: str, region: str, *, everywhere: bool = True, logging: bool = True) -> str:
        """Let the organization have a trail; return its ARN."""
        arn = f"arn:aws:cloudtrail:{region}:{MANAGEMENT}:trail/{name}"
        self.held.append(
            {
                "Name": name,
                "TrailARN": arn,
                "HomeRegion": region,
                "S3BucketName": "organization-logs",
                "IncludeGlobalServiceEvents": True,
                "IsMultiRegionTrail": everywhere,
                "LogFileValidationEnabled": True,
                "HasCustomEventSelectors": False,
                "HasInsightSelectors": False,
                "IsOrganizationTrail": True,
            }
        )
        if not logging:
            self.stopped.add(arn)
        return arn


def seen(request: Request) -> Iterator[dict[str, Any]]:
    """Yield the trails of the organization that the request's region sees."""
    for trail in request.memory(OrganizationTrails).held:
        if trail["IsMultiRegionTrail"] or trail["HomeRegion"] == request.region:
            yield trail


def described(request: Request, response: dict[str, Any]) -> None:
    """Describe the trails of the organization beside the account's own.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
    """
    wanted = request.params.get("trailNameList")
    if request.params.get("includeShadowTrails", True):
        response["trailList"] += [
            dict(trail) for trail in seen(request) if not wanted or {trail["Name"], trail["TrailARN"]} & set(wanted)
        ]


def listed(request: Request, response: dict[str, Any]) -> None:
    """List the trails of the organization beside the account's own.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTrails.html
    """
    response["Trails"] += [{key: trail[key] for key in ("TrailARN", "Name", "HomeRegion")} for trail in seen(request)]


def of_the_organization(request: Request) -> dict[str, Any] | None:
    """Answer questions about a trail of the organization, and refuse all else.

    Raises Refusal with NotOrganizationMasterAccountException.
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
    """
    named = next((request.params[name] for name in NAMES if name in request.params), None)
    trail = next((each for each in seen(request) if each["TrailARN"] == named), None)
    if trail is None:
        return None
    match request.operation:
        case "GetTrail":
            return {"Trail": dict(trail)}
        case "GetTrailStatus":
            return {"IsLogging": named not in request.memory(OrganizationTrails).stopped}
    raise Refusal(
        "NotOrganizationMasterAccountException",
        "This exception is thrown when the AWS account making the request to create or update an organization trail "
        "or event data store is not the management account for an organization in Organizations.",
    )


RULES = (
    Rule("cloudtrail:*", before=of_the_organization, strict=False),
    Rule("cloudtrail:DescribeTrails", after=described, strict=False),
    Rule("cloudtrail:ListTrails", after=listed, strict=False),
)
