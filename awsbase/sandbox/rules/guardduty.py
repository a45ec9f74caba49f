"""GuardDuty, where moto makes a second detector in a region and forgets tokens: one at most, on or suspended."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule


@dataclass
class Detector:
    """The detector of a region."""

    id: str
    token: str | None
    on: bool
    frequency: str
    tags: dict[str, str]


@dataclass
class Detectors:
    """The detectors of the account, by region."""

    STATE = "detectors"

    held: dict[str, Detector] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state."""
        return {name: {"on": one.on, "every": one.frequency, "tags": one.tags} for name, one in self.held.items()}


def create(ask: Ask) -> dict[str, Any]:
    """Make the detector of the region, unless there is one; the same token makes it once."""
    held, wanted = ask.memory(Detectors).held, ask.params
    have = held.get(ask.region)
    if have and not (wanted.get("ClientToken") and have.token == wanted.get("ClientToken")):
        raise Refusal(
            "BadRequestException",
            "The request is rejected because a detector already exists for the current account.",
        )
    if have is None:
        id = hashlib.md5(f"{ask.account} {ask.region}".encode(), usedforsecurity=False).hexdigest()
        often = wanted.get("FindingPublishingFrequency", "SIX_HOURS")
        have = Detector(id, wanted.get("ClientToken"), wanted["Enable"], often, dict(wanted.get("Tags", {})))
        held[ask.region] = have
    return {"DetectorId": have.id}


def list_detectors(ask: Ask) -> dict[str, Any]:
    """List the detector of the region, if it has one."""
    have = ask.memory(Detectors).held.get(ask.region)
    return {"DetectorIds": [have.id] if have else []}


def find(ask: Ask) -> Detector:
    """Return the detector that is asked for."""
    have = ask.memory(Detectors).held.get(ask.region)
    if have is None or have.id != ask.params["DetectorId"]:
        raise Refusal(
            "BadRequestException",
            "The request is rejected because the input detectorId is not owned by the current account.",
        )
    return have


def tell(ask: Ask) -> dict[str, Any]:
    """Tell how a detector is set up."""
    have = find(ask)
    iam = ask.backend("iam", "aws")
    path = "aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"
    role = f"arn:{iam.partition}:iam::{ask.account}:role/{path}"
    return {
        "ServiceRole": role,
        "Status": "ENABLED" if have.on else "DISABLED",
        "FindingPublishingFrequency": have.frequency,
        "Tags": have.tags,
    }


def update(ask: Ask) -> dict[str, Any]:
    """Change what is named, and leave the rest."""
    have = find(ask)
    have.on = ask.params.get("Enable", have.on)
    have.frequency = ask.params.get("FindingPublishingFrequency", have.frequency)
    return {}


def delete(ask: Ask) -> dict[str, Any]:
    """Remove a detector."""
    find(ask)
    del ask.memory(Detectors).held[ask.region]
    return {}


def tag(ask: Ask) -> dict[str, Any]:
    """Add tags to the detector of an ARN, or take some away."""
    have = ask.memory(Detectors).held.get(ask.region)
    if have is None or not ask.params["ResourceArn"].endswith(f":detector/{have.id}"):
        raise Refusal("BadRequestException", "The request is rejected because the resource ARN is invalid.")
    have.tags.update(ask.params.get("Tags", {}))
    for key in ask.params.get("TagKeys", []):
        have.tags.pop(key, None)
    return {}


RULES = (
    Rule("guardduty:CreateDetector", before=create, strict=False),
    Rule("guardduty:ListDetectors", before=list_detectors, strict=False),
    Rule("guardduty:GetDetector", before=tell, strict=False),
    Rule("guardduty:UpdateDetector", before=update, strict=False),
    Rule("guardduty:DeleteDetector", before=delete, strict=False),
    Rule("guardduty:TagResource guardduty:UntagResource", before=tag, strict=False),
)
