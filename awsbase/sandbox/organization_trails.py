"""Trails of an organization: the management account makes them; every member sees them and changes none of them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html: members "can see" such a
trail "but can't modify or delete it"; by its name alone AWS looks for a trail of the member's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.organization_state import delegated, has_all_features, is_management, organization, trusted
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal, gap

MANAGEMENT = "999999999999"
PRINCIPAL = "cloudtrail.amazonaws.com"
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


def may_make(request: Request) -> None:
    """Refuse a trail of an organization outside of one, from a member, and where CloudTrail is not trusted.

    Raises Refusal with OrganizationsNotInUseException, NotOrganizationMasterAccountException,
    OrganizationNotInAllFeaturesModeException or CloudTrailAccessNotEnabledException.
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
    """
    if not request.params.get("IsOrganizationTrail"):
        return
    held = organization(request.sandbox, request.region)
    if held is None:
        message = "Your account is not a member of an organization."
        raise Refusal("OrganizationsNotInUseException", message)
    if not is_management(held, request.account):
        if delegated(held, request.account, PRINCIPAL):
            raise gap("cloudtrail", f"{request.operation} for a delegated administrator")
        raise not_management()
    if not has_all_features(held):
        message = "The organization does not have all features enabled."
        raise Refusal("OrganizationNotInAllFeaturesModeException", message)
    if not trusted(held, PRINCIPAL):
        message = "Trusted access between CloudTrail and AWS Organizations is not enabled."
        raise Refusal("CloudTrailAccessNotEnabledException", message)


def seen(request: Request) -> Iterator[dict[str, Any]]:
    """Yield the trails of the organization that the request's region sees."""
    made = [trail.description(include_region=True) for trail in made_elsewhere(request)]
    for trail in (*request.memory(OrganizationTrails).held, *made):
        if trail["IsMultiRegionTrail"] or trail["HomeRegion"] == request.region:
            yield trail


def made_elsewhere(request: Request) -> Iterator[Any]:
    """Yield moto's objects for the trails that the management account of the caller's organization has made."""
    held = organization(request.sandbox, request.region)
    if held and not is_management(held, request.account):
        for backend in request.sandbox.moto_state.bare("cloudtrail", held.org.master_account_id).values():
            yield from (trail for trail in backend.trails.values() if trail.is_org_trail)


def logs(request: Request, arn: str) -> bool:
    """Return whether a trail of the organization records."""
    made = {trail.arn: bool(trail.status.is_logging) for trail in made_elsewhere(request)}
    return made.get(arn, arn not in request.memory(OrganizationTrails).stopped)


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
            return {"IsLogging": logs(request, trail["TrailARN"])}
    raise not_management()


def not_management() -> Refusal:
    """Return the refusal of who is not the management account."""
    return Refusal(
        "NotOrganizationMasterAccountException",
        "This exception is thrown when the AWS account making the request to create or update an organization trail "
        "or event data store is not the management account for an organization in Organizations.",
    )


# Before CloudTrail looks for a trail of the account's own.
FIRST = (
    Rule("cloudtrail:*", before=of_the_organization, strict=False),
    Rule("cloudtrail:CreateTrail cloudtrail:UpdateTrail", before=may_make),
)
RULES = (
    Rule("cloudtrail:DescribeTrails", after=described, strict=False),
    Rule("cloudtrail:ListTrails", after=listed, strict=False),
)
