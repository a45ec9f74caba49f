"""GuardDuty, where moto makes a second detector in a region and forgets tokens: one at most, on or suspended."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox import wire
from awsbase.sandbox.authorization.permissions import act, at, given, linked_role, own, table
from awsbase.sandbox.service import Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal

FOUNDATIONS = ("FLOW_LOGS", "CLOUD_TRAIL", "DNS_LOGS")


@dataclass
class Detector:
    """The detector of a region."""

    id: str
    token: str | None
    on: bool
    frequency: str
    tags: dict[str, str]
    features: dict[str, str] = field(default_factory=dict)


@dataclass
class Detectors:
    """The detectors of the account, by region."""

    STATE = "detectors"

    held: dict[str, Detector] = field(default_factory=dict)
    administrator: str = ""
    """The account that looks after the detectors of this one, if another one does."""
    members: tuple[str, ...] = ()
    """The accounts whose detectors this one looks after."""

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state."""
        return {
            name: {"on": one.on, "every": one.frequency, "tags": one.tags, "features": one.features}
            for name, one in self.held.items()
        }


def create(request: Request) -> dict[str, Any]:
    """Make the detector of the region, unless there is one; the same token makes it once.

    Raises Refusal with BadRequestException.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html
    """
    held, wanted = request.memory(Detectors).held, request.params
    have = held.get(request.region)
    if have and not (wanted.get("ClientToken") and have.token == wanted.get("ClientToken")):
        raise Refusal(
            "BadRequestException",
            "The request is rejected because a detector already exists for the current account.",
        )
    if have is None:
        id = hashlib.md5(f"{request.account} {request.region}".encode(), usedforsecurity=False).hexdigest()
        often = wanted.get("FindingPublishingFrequency", "SIX_HOURS")
        have = Detector(id, wanted.get("ClientToken"), wanted["Enable"], often, dict(wanted.get("Tags", {})))
        # "When you don't specify any features, with an exception to RUNTIME_MONITORING, all the optional features are
        # enabled by default", and likewise those that are not specified: CreateDetector's API reference.
        have.features = {name: "DISABLED" if "RUNTIME" in name else "ENABLED" for name in optional_features()}
        have.features |= asked_for(request)
        held[request.region] = have
    return {"DetectorId": have.id}


def optional_features() -> list[str]:
    """Return what can be switched on and off, as the API's model lists it."""
    return [str(name) for name in wire.model("guardduty").shape_for("DetectorFeature").enum]


def asked_for(request: Request) -> dict[str, str]:
    """Return the features that a request switches; refuse two ways to say it, and two that exclude one another.

    Raises Refusal with BadRequestException.
    """
    named = {each["Name"]: each["Status"] for each in request.params.get("Features", [])}
    if named and "DataSources" in request.params:
        # https://github.com/aws-cloudformation/cfn-lint/issues/4153
        raise Refusal("BadRequestException", "The request failed because both data sources and features were provided.")
    if {"EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"} <= named.keys():
        raise Refusal(
            "BadRequestException", "The request is rejected because both runtime monitoring features were provided."
        )
    return named


def list_detectors(request: Request) -> dict[str, Any]:
    """List the detector of the region, if it has one.

    Recorded: cloud-custodian, guardduty.ListDetectors.
    """
    have = request.memory(Detectors).held.get(request.region)
    return {"DetectorIds": [have.id] if have else []}


def find(request: Request) -> Detector:
    """Return the detector that is asked for; raises Refusal with BadRequestException."""
    have = request.memory(Detectors).held.get(request.region)
    if have is None or have.id != request.params["DetectorId"]:
        raise Refusal(
            "BadRequestException",
            "The request is rejected because the input detectorId is not owned by the current account.",
        )
    return have


def get_detector(request: Request) -> dict[str, Any]:
    """Return how a detector is set up.

    Recorded: cloud-custodian, guardduty.GetDetector, before there were features.
    """
    have = find(request)
    iam = request.backend("iam", "aws")
    path = "aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"
    role = f"arn:{iam.partition}:iam::{request.account}:role/{path}"
    return {
        "ServiceRole": role,
        "Status": "ENABLED" if have.on else "DISABLED",
        "FindingPublishingFrequency": have.frequency,
        "Tags": have.tags,
        "Features": [
            {"Name": name, "Status": status}
            for name, status in {**dict.fromkeys(FOUNDATIONS, "ENABLED"), **have.features}.items()
        ],
    }


def update(request: Request) -> dict[str, Any]:
    """Change what is named, and leave the rest.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html
    """
    have = find(request)
    have.features |= asked_for(request)
    have.on = request.params.get("Enable", have.on)
    have.frequency = request.params.get("FindingPublishingFrequency", have.frequency)
    return {}


def administrator(request: Request) -> dict[str, Any]:
    """Return who looks after a detector; nothing where its own account does.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetAdministratorAccount.html
    """
    find(request)
    who = request.memory(Detectors).administrator
    return {"Administrator": {"AccountId": who, "RelationshipStatus": "Enabled"}} if who else {}


def list_members(request: Request) -> dict[str, Any]:
    """List the accounts whose detectors this one looks after.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListMembers.html
    """
    own = find(request)
    both = {"MasterId": request.account, "AdministratorId": request.account, "Email": "", "UpdatedAt": ""}
    names = request.memory(Detectors).members
    return {"Members": [{"AccountId": each, "DetectorId": own.id, **both} for each in names]}


def delete(request: Request) -> dict[str, Any]:
    """Remove a detector, unless it belongs to those of several accounts.

    Raises Refusal with BadRequestException.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DeleteDetector.html
    https://github.com/aws-samples/amazon-guardduty-multiaccount-scripts/issues/3
    """
    find(request)
    if request.memory(Detectors).members:
        raise Refusal(
            "BadRequestException",
            "The request is rejected because the current account cannot delete detector while it has invited or "
            "associated members.",
        )
    if request.memory(Detectors).administrator:
        raise Refusal(
            "BadRequestException",
            "The request is rejected because the current account is a member of another account's detector.",
        )
    del request.memory(Detectors).held[request.region]
    return {}


def tag(request: Request) -> dict[str, Any]:
    """Add tags to the detector of an ARN, or take some away; raises Refusal with BadRequestException.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_TagResource.html
    """
    have = request.memory(Detectors).held.get(request.region)
    if have is None or not request.params["ResourceArn"].endswith(f":detector/{have.id}"):
        raise Refusal("BadRequestException", "The request is rejected because the resource ARN is invalid.")
    have.tags.update(request.params.get("Tags", {}))
    for key in request.params.get("TagKeys", []):
        have.tags.pop(key, None)
    return {}


DETECTOR = at("guardduty:{region}:{account}:detector/{DetectorId}")
NEW_DETECTOR = at("guardduty:{region}:{account}:detector/*")
CALLS = table(
    {
        "ListDetectors": [own()],
        "CreateDetector": [
            own(),
            act("guardduty:TagResource", NEW_DETECTOR, when="Tags"),
            linked_role("guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty"),
        ],
        "GetDetector UpdateDetector DeleteDetector GetAdministratorAccount ListMembers": [own(DETECTOR)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
RULES = (
    Rule("guardduty:CreateDetector", before=create, strict=False),
    Rule("guardduty:ListDetectors", before=list_detectors, strict=False),
    Rule("guardduty:GetDetector", before=get_detector, strict=False),
    Rule("guardduty:UpdateDetector", before=update, strict=False),
    Rule("guardduty:DeleteDetector", before=delete, strict=False),
    Rule("guardduty:GetAdministratorAccount", before=administrator, strict=False),
    Rule("guardduty:ListMembers", before=list_members, strict=False),
    Rule("guardduty:TagResource guardduty:UntagResource", before=tag, strict=False),
)


SERVICE = Service(
    "guardduty",
    rules=RULES,
    calls=CALLS,
    tags=lambda request, arn: dict(getattr(request.memory(Detectors).held.get(request.region), "tags", {})),
    snapshot=remembered(Detectors),
    warm_up={"ListDetectors": {}},
)
