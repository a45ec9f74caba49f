"""The root user: its MFA device, password and access keys; and what policies would allow somebody."""

from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.authorization.decision import AccessRequest, Document, Policies, Principal, decide
from awsbase.sandbox.authorization.identity import policies
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal


def count_password(request: Request, response: dict[str, Any]) -> None:
    """Count root's password, and keys that nobody here has made.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
    """
    response["SummaryMap"]["AccountPasswordPresent"] = int(request.sandbox.root_password)
    if request.sandbox.root_keys:
        response["SummaryMap"]["AccountAccessKeysPresent"] = 1


def list_device(request: Request, response: dict[str, Any]) -> None:
    """List root's MFA device, when it is an app.

    Recorded: cloud-custodian, iam.ListVirtualMFADevices.
    """
    if (
        request.sandbox.root_mfa
        and not request.sandbox.root_hardware
        and request.params.get("AssignmentStatus") != "Unassigned"
    ):
        root = f"arn:{request.backend('iam', 'aws').partition}:iam::{request.account}"
        response["VirtualMFADevices"].append(
            {
                "SerialNumber": f"{root}:mfa/root-account-mfa-device",
                "User": {"Arn": f"{root}:root", "UserId": request.account},
                "EnableDate": request.sandbox.clock(),
            }
        )


def keys_of_root(request: Request) -> list[str]:
    """Return the ids of root's access keys."""
    known = request.sandbox.callers.keys.items()
    return [id for id, caller in known if caller.kind == "root" and not caller.temporary]


def own_keys(request: Request) -> dict[str, Any] | None:
    """List root's keys to root, who names nobody.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
    """
    if request.caller.kind != "root" or request.params.get("UserName"):
        return None
    made = datetime(2020, 1, 1, tzinfo=UTC)
    listed = [{"AccessKeyId": id, "Status": "Active", "CreateDate": made} for id in keys_of_root(request)]
    return {"AccessKeyMetadata": listed, "IsTruncated": False}


def delete_own(request: Request) -> dict[str, Any] | None:
    """Delete a key of root's for root; whoever signs with it afterwards is nobody.

    Raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
    """
    if request.caller.kind != "root" or request.params.get("UserName"):
        return None
    id = request.params["AccessKeyId"]
    if id not in keys_of_root(request):
        raise Refusal("NoSuchEntity", f"The Access Key with id {id} cannot be found.", 404)
    del request.sandbox.callers.keys[id]
    request.sandbox.callers.issued.add(id)
    return {}


def last_use(request: Request) -> dict[str, Any] | None:
    """Return when a key of root's was used last: now, by whoever asks with it.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
    """
    if request.params["AccessKeyId"] not in keys_of_root(request):
        return None
    used = {"LastUsedDate": request.sandbox.clock(), "ServiceName": "iam", "Region": "us-east-1"}
    return {"UserName": "root", "AccessKeyLastUsed": used}


def count_keys(request: Request, response: dict[str, Any]) -> None:
    """Return whether root has access keys.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
    """
    if keys_of_root(request):
        response["SummaryMap"]["AccountAccessKeysPresent"] = 1


def simulate(request: Request) -> dict[str, Any]:
    """Return what a user's policies decide about some actions on everything; raises Refusal with NoSuchEntity.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    iam, arn = request.backend("iam", "aws"), request.params["PolicySourceArn"]
    user = next((held for held in iam.users.values() if held.arn == arn), None)
    if user is None:
        raise Refusal("NoSuchEntity", f"{arn} cannot be found.", 404)
    context = {
        entry["ContextKeyName"].lower(): str(entry["ContextKeyValues"][0])
        for entry in request.params.get("ContextEntries", [])
    }
    held = list(policies(iam, user))
    return {
        "EvaluationResults": [
            {"EvalActionName": action, "EvalResourceName": "*", "EvalDecision": _decide(held, action, context)}
            for action in request.params["ActionNames"]
        ],
        "IsTruncated": False,
    }


def _decide(held: list[Document], action: str, context: Context) -> str:
    verdict = decide(AccessRequest(action, "*", context), Principal("", {}), Policies(held))
    return "allowed" if verdict else "explicitDeny" if verdict.explicit else "implicitDeny"


RULES = (
    Rule("iam:GetAccountSummary", after=count_password, strict=False),
    Rule("iam:ListVirtualMFADevices", after=list_device, strict=False),
    Rule("iam:ListAccessKeys", before=own_keys, strict=False),
    Rule("iam:DeleteAccessKey", before=delete_own, strict=False),
    Rule("iam:GetAccessKeyLastUsed", before=last_use, strict=False),
    Rule("iam:GetAccountSummary", after=count_keys, strict=False),
    Rule("iam:SimulatePrincipalPolicy", before=simulate, strict=False),
)
