"""The Data Lifecycle Manager, which moto does not have: policies without names, one list a Region."""

import json
from copy import deepcopy
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule
from awsbase.sandbox.rules.documents import Fresh

MOST = 100
INTERVALS = (1, 2, 3, 4, 6, 8, 12, 24)


@dataclass
class Policies:
    """The lifecycle policies of each region, by id."""

    STATE = "dlm"

    of: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state: an id is nobody's choice."""
        told = {
            region: sorted(
                (
                    {
                        key: deepcopy(value)
                        for key, value in one.items()
                        if key not in ("PolicyId", "PolicyArn", "DateCreated", "DateModified")
                    }
                    for one in held.values()
                ),
                key=lambda one: json.dumps(one, sort_keys=True),
            )
            for region, held in self.of.items()
        }
        return {region: held for region, held in sorted(told.items()) if held}


def create(ask: Ask) -> dict[str, Any]:
    """Make a policy; every call makes another one."""
    held = here(ask)
    if len(held) >= MOST:
        raise Refusal("LimitExceededException", f"You can have at most {MOST} lifecycle policies", 429)
    judge_role(ask)
    judge_details(ask.params.get("PolicyDetails"))
    id = f"policy-{token_hex(8)}"
    partition = ask.backend("iam", "aws").partition
    now = ask.sandbox.clock()
    held[id] = {
        "PolicyId": id,
        "PolicyArn": f"arn:{partition}:dlm:{ask.region}:{ask.account}:policy/{id}",
        "Description": ask.params["Description"],
        "State": ask.params["State"],
        "ExecutionRoleArn": ask.params["ExecutionRoleArn"],
        "PolicyDetails": completed(ask.params["PolicyDetails"]),
        "Tags": dict(ask.params.get("Tags", {})),
        "DateCreated": now,
        "DateModified": now,
    }
    return {"PolicyId": id}


def update(ask: Ask) -> dict[str, Any]:
    """Replace what is given, the details as a whole."""
    held = there(ask, ask.params["PolicyId"])
    if "ExecutionRoleArn" in ask.params:
        judge_role(ask)
    if "PolicyDetails" in ask.params:
        judge_details(ask.params["PolicyDetails"])
        held["PolicyDetails"] = completed(ask.params["PolicyDetails"])
    for name in ("ExecutionRoleArn", "State", "Description"):
        if name in ask.params:
            held[name] = ask.params[name]
    held["DateModified"] = ask.sandbox.clock()
    return {}


def delete(ask: Ask) -> dict[str, Any]:
    """Delete a policy; its snapshots stay."""
    there(ask, ask.params["PolicyId"])
    del here(ask)[ask.params["PolicyId"]]
    return {}


def tell(ask: Ask) -> dict[str, Any]:
    """Tell about one policy in full."""
    return {"Policy": deepcopy(there(ask, ask.params["PolicyId"]))}


def listed(ask: Ask) -> dict[str, Any]:
    """List policies in short; there are no pages."""
    wanted = ask.params.get("PolicyIds")
    state = ask.params.get("State")
    targets = ask.params.get("TargetTags", [])
    found = [
        {
            "PolicyId": one["PolicyId"],
            "Description": one["Description"],
            "State": one["State"],
            "PolicyType": one["PolicyDetails"]["PolicyType"],
            "DefaultPolicy": False,
            # A map without entries is not told at all.
            **({"Tags": dict(one["Tags"])} if one["Tags"] else {}),
        }
        for one in here(ask).values()
        if (not wanted or one["PolicyId"] in wanted)
        and (not state or one["State"] == state)
        and all(
            target in [f"{tag['Key']}={tag['Value']}" for tag in one["PolicyDetails"]["TargetTags"]]
            for target in targets
        )
    ]
    return {"Policies": found}


def tag(ask: Ask) -> dict[str, Any]:
    """Tag a policy."""
    by_arn(ask)["Tags"].update(ask.params["Tags"])
    return {}


def untag(ask: Ask) -> dict[str, Any]:
    """Take tags off a policy."""
    for key in ask.params["TagKeys"]:
        by_arn(ask)["Tags"].pop(key, None)
    return {}


def tell_tags(ask: Ask) -> dict[str, Any]:
    """List the tags of a policy."""
    return {"Tags": dict(by_arn(ask)["Tags"])}


def judge_role(ask: Ask) -> None:
    """Refuse a role that is not there, not yet known, or not for DLM."""
    arn = ask.params["ExecutionRoleArn"]
    role = next((held for held in ask.backend("iam", "aws").roles.values() if held.arn == arn), None)
    if role is None or ask.memory(Fresh).unknown(arn, ask):
        raise Refusal("InvalidRequestException", f"The role {arn} does not exist or cannot be assumed by DLM.")
    if "dlm.amazonaws.com" not in str(role.assume_role_policy_document):
        raise Refusal("InvalidRequestException", f"The role {arn} does not trust dlm.amazonaws.com.")


def judge_details(details: dict[str, Any] | None) -> None:
    """Refuse details that are not whole, or of which DLM could make no schedule."""
    if not details or not details.get("TargetTags") or not details.get("Schedules") or not details.get("ResourceTypes"):
        raise Refusal("InvalidRequestException", "ResourceTypes, TargetTags and Schedules are required.")
    tags = [(one["Key"], one["Value"]) for one in details["TargetTags"]]
    if len(set(tags)) < len(tags):
        raise Refusal("InvalidRequestException", "Duplicate target tags.")
    names = [one.get("Name") for one in details["Schedules"]]
    if None in names or len(set(names)) < len(names):
        raise Refusal("InvalidRequestException", "Each schedule needs a name of its own.")
    for one in details["Schedules"]:
        rule, kept = one.get("CreateRule", {}), one.get("RetainRule", {})
        if bool(rule.get("CronExpression")) == bool(rule.get("Interval")):
            raise Refusal("InvalidRequestException", "CreateRule needs either CronExpression or Interval.")
        if rule.get("Interval") and (rule["Interval"] not in INTERVALS or rule.get("IntervalUnit") != "HOURS"):
            raise Refusal("InvalidRequestException", f"Interval must be one of {INTERVALS} HOURS.")
        if bool(kept.get("Count")) == bool(kept.get("Interval")):
            raise Refusal("InvalidRequestException", "RetainRule needs either Count or Interval.")
        if kept.get("Interval") and not kept.get("IntervalUnit"):
            raise Refusal("InvalidRequestException", "RetainRule.IntervalUnit is required with Interval.")


def completed(details: dict[str, Any]) -> dict[str, Any]:
    """Fill in what AWS fills in."""
    whole = {"PolicyType": "EBS_SNAPSHOT_MANAGEMENT", "PolicyLanguage": "STANDARD", **deepcopy(details)}
    whole.setdefault("ResourceLocations", ["CLOUD"])
    for one in whole["Schedules"]:
        one.setdefault("CopyTags", False)
        one["CreateRule"].setdefault("Location", "CLOUD")
    return whole


def here(ask: Ask) -> dict[str, dict[str, Any]]:
    return ask.memory(Policies).of.setdefault(ask.region, {})


def there(ask: Ask, id: str) -> dict[str, Any]:
    held = here(ask).get(id)
    if held is None:
        raise Refusal("ResourceNotFoundException", f"The policy {id} does not exist.", 404)
    return held


def by_arn(ask: Ask) -> dict[str, Any]:
    return there(ask, ask.params["ResourceArn"].rpartition("/")[2])


RULES = (
    Rule("dlm:CreateLifecyclePolicy", before=create, strict=False),
    Rule("dlm:UpdateLifecyclePolicy", before=update, strict=False),
    Rule("dlm:DeleteLifecyclePolicy", before=delete, strict=False),
    Rule("dlm:GetLifecyclePolicy", before=tell, strict=False),
    Rule("dlm:GetLifecyclePolicies", before=listed, strict=False),
    Rule("dlm:TagResource", before=tag, strict=False),
    Rule("dlm:UntagResource", before=untag, strict=False),
    Rule("dlm:ListTagsForResource", before=tell_tags, strict=False),
)
