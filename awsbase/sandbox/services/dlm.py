"""The Data Lifecycle Manager, which moto does not have: policies without names, one list a region."""

import json
from copy import deepcopy
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from awsbase.sandbox.authorization.permissions import at, given, own, passing, table
from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal

MOST = 100
INTERVALS = (1, 2, 3, 4, 6, 8, 12, 24)


@dataclass
class Policies:
    """The lifecycle policies of each region, by id."""

    STATE = "dlm"

    of: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state: an id is nobody's choice."""
        regions = {
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
        return {region: held for region, held in sorted(regions.items()) if held}


def create(request: Request) -> dict[str, Any]:
    """Make a policy; every call makes another one.

    Raises Refusal with LimitExceededException.

    https://docs.aws.amazon.com/dlm/latest/APIReference/API_CreateLifecyclePolicy.html
    """
    held = here(request)
    if len(held) >= MOST:
        raise Refusal("LimitExceededException", f"You can have at most {MOST} lifecycle policies", 429)
    check_role(request)
    check_details(request.params.get("PolicyDetails"))
    id = f"policy-{token_hex(8)}"
    partition = request.backend("iam", "aws").partition
    now = request.sandbox.clock()
    held[id] = {
        "PolicyId": id,
        "PolicyArn": f"arn:{partition}:dlm:{request.region}:{request.account}:policy/{id}",
        "Description": request.params["Description"],
        "State": request.params["State"],
        "ExecutionRoleArn": request.params["ExecutionRoleArn"],
        "PolicyDetails": completed(request.params["PolicyDetails"]),
        "Tags": dict(request.params.get("Tags", {})),
        "DateCreated": now,
        "DateModified": now,
    }
    return {"PolicyId": id}


def update(request: Request) -> dict[str, Any]:
    """Replace what is given, the details as a whole.

    https://docs.aws.amazon.com/dlm/latest/APIReference/API_UpdateLifecyclePolicy.html
    """
    held = find(request, request.params["PolicyId"])
    if "ExecutionRoleArn" in request.params:
        check_role(request)
    if "PolicyDetails" in request.params:
        check_details(request.params["PolicyDetails"])
        held["PolicyDetails"] = completed(request.params["PolicyDetails"])
    for name in ("ExecutionRoleArn", "State", "Description"):
        if name in request.params:
            held[name] = request.params[name]
    held["DateModified"] = request.sandbox.clock()
    return {}


def delete(request: Request) -> dict[str, Any]:
    """Delete a policy; its snapshots stay.

    https://docs.aws.amazon.com/dlm/latest/APIReference/API_DeleteLifecyclePolicy.html
    """
    find(request, request.params["PolicyId"])
    del here(request)[request.params["PolicyId"]]
    return {}


def get_policy(request: Request) -> dict[str, Any]:
    """Return one policy in full.

    Recorded: cloud-custodian, dlm.GetLifecyclePolicy.
    """
    return {"Policy": deepcopy(find(request, request.params["PolicyId"]))}


def list_policies(request: Request) -> dict[str, Any]:
    """List policies in short; there are no pages.

    Recorded: cloud-custodian, dlm.GetLifecyclePolicies.
    """
    wanted = request.params.get("PolicyIds")
    state = request.params.get("State")
    targets = request.params.get("TargetTags", [])
    found = [
        {
            "PolicyId": one["PolicyId"],
            "Description": one["Description"],
            "State": one["State"],
            "PolicyType": one["PolicyDetails"]["PolicyType"],
            "DefaultPolicy": False,
            # AWS leaves a map without entries out.
            **({"Tags": dict(one["Tags"])} if one["Tags"] else {}),
        }
        for one in here(request).values()
        if (not wanted or one["PolicyId"] in wanted)
        and (not state or one["State"] == state)
        and all(
            target in [f"{tag['Key']}={tag['Value']}" for tag in one["PolicyDetails"]["TargetTags"]]
            for target in targets
        )
    ]
    return {"Policies": found}


def tag(request: Request) -> dict[str, Any]:
    """Tag a policy.

    https://docs.aws.amazon.com/dlm/latest/APIReference/API_TagResource.html
    """
    by_arn(request)["Tags"].update(request.params["Tags"])
    return {}


def untag(request: Request) -> dict[str, Any]:
    """Take tags off a policy.

    https://docs.aws.amazon.com/dlm/latest/APIReference/API_UntagResource.html
    """
    for key in request.params["TagKeys"]:
        by_arn(request)["Tags"].pop(key, None)
    return {}


def list_tags(request: Request) -> dict[str, Any]:
    """List the tags of a policy.

    https://docs.aws.amazon.com/dlm/latest/APIReference/API_ListTagsForResource.html
    """
    return {"Tags": dict(by_arn(request)["Tags"])}


def check_role(request: Request) -> None:
    """Refuse a role that is not there, not yet known, or not for DLM; raises Refusal with InvalidRequestException."""
    arn = request.params["ExecutionRoleArn"]
    role = next((held for held in request.backend("iam", "aws").roles.values() if held.arn == arn), None)
    if role is None or request.memory(Propagation).unknown(arn, request):
        raise Refusal("InvalidRequestException", f"The role {arn} does not exist or cannot be assumed by DLM.")
    if "dlm.amazonaws.com" not in str(role.assume_role_policy_document):
        raise Refusal("InvalidRequestException", f"The role {arn} does not trust dlm.amazonaws.com.")


def check_details(details: dict[str, Any] | None) -> None:
    """Refuse details that are not whole, or of which DLM could make no schedule.

    Raises Refusal with InvalidRequestException.
    """
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
    """Fill in what AWS fills in.

    Recorded: cloud-custodian, dlm.GetLifecyclePolicy, but for PolicyLanguage, which is newer.
    """
    whole = {"PolicyType": "EBS_SNAPSHOT_MANAGEMENT", "PolicyLanguage": "STANDARD", **deepcopy(details)}
    whole.setdefault("ResourceLocations", ["CLOUD"])
    for one in whole["Schedules"]:
        one.setdefault("CopyTags", False)
        one["CreateRule"].setdefault("Location", "CLOUD")
    return whole


def here(request: Request) -> dict[str, dict[str, Any]]:
    """Return the policies of the region."""
    return request.memory(Policies).of.setdefault(request.region, {})


def find(request: Request, id: str) -> dict[str, Any]:
    """Return a policy. Raises ResourceNotFoundException when there is none of the id."""
    held = here(request).get(id)
    if held is None:
        raise Refusal("ResourceNotFoundException", f"The policy {id} does not exist.", 404)
    return held


def by_arn(request: Request) -> dict[str, Any]:
    """Return the policy of an ARN."""
    return find(request, request.params["ResourceArn"].rpartition("/")[2])


POLICY = at("dlm:{region}:{account}:policy/{PolicyId}")
DLM_ROLE = passing("ExecutionRoleArn", "dlm.amazonaws.com")
CALLS = table(
    {
        "GetLifecyclePolicies": [own()],
        "CreateLifecyclePolicy": [own(), DLM_ROLE],
        "UpdateLifecyclePolicy": [own(POLICY), DLM_ROLE],
        "GetLifecyclePolicy DeleteLifecyclePolicy": [own(POLICY)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
RULES = (
    Rule("dlm:CreateLifecyclePolicy", before=create, strict=False),
    Rule("dlm:UpdateLifecyclePolicy", before=update, strict=False),
    Rule("dlm:DeleteLifecyclePolicy", before=delete, strict=False),
    Rule("dlm:GetLifecyclePolicy", before=get_policy, strict=False),
    Rule("dlm:GetLifecyclePolicies", before=list_policies, strict=False),
    Rule("dlm:TagResource", before=tag, strict=False),
    Rule("dlm:UntagResource", before=untag, strict=False),
    Rule("dlm:ListTagsForResource", before=list_tags, strict=False),
)


SERVICE = Service(
    "dlm",
    rules=RULES,
    calls=CALLS,
    tags=lambda request, arn: here(request).get(arn.rpartition("/")[2], {}).get("Tags", {}),
    snapshot=remembered(Policies),
    warm_up={"GetLifecyclePolicies": {}},
)
