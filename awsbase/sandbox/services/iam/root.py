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


def features(request: Request) -> dict[str, Any]:
    """Return what the organization does for its members' roots; raises Refusal with OrganizationNotFoundException.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html
    """
    try:
        found = request.call_moto("organizations:DescribeOrganization", region="us-east-1")["Organization"]
    except Refusal as refusal:
        raise Refusal("OrganizationNotFoundException", "The account is in no organization", 404) from refusal
    return {"OrganizationId": found["Id"], "EnabledFeatures": sorted(request.sandbox.central_root)}


def enable_features(request: Request) -> dict[str, Any]:
    """Let IAM look after the root users of all members, in one of two ways; again is the same.

    Raises Refusal with OrganizationNotFoundException, CallerIsNotManagementAccountException,
    OrganizationNotInAllFeaturesModeException or ServiceAccessNotEnabledException.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOrganizationsRootCredentialsManagement.html and
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOrganizationsRootSessions.html
    """
    features(request)
    found = request.call_moto("organizations:DescribeOrganization", region="us-east-1")["Organization"]
    if found["MasterAccountId"] != request.account:
        raise Refusal("CallerIsNotManagementAccountException", "The account is not the management account", 400)
    if found["FeatureSet"] != "ALL":
        raise Refusal("OrganizationNotInAllFeaturesModeException", "The organization has not all features", 400)
    services = request.call_moto("organizations:ListAWSServiceAccessForOrganization", region="us-east-1")
    if not any(each["ServicePrincipal"] == "iam.amazonaws.com" for each in services["EnabledServicePrincipals"]):
        raise Refusal("ServiceAccessNotEnabledException", "Trusted access for IAM is not enabled", 400)
    request.sandbox.central_root.add(request.operation.removeprefix("EnableOrganizations"))
    return features(request)


def disable_features(request: Request) -> dict[str, Any]:
    """Let IAM no longer look after the root users of members in one of two ways.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DisableOrganizationsRootSessions.html
    """
    request.sandbox.central_root.discard(request.operation.removeprefix("DisableOrganizations"))
    return features(request)


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
    Rule("iam:ListOrganizationsFeatures", before=features, strict=False),
    Rule("iam:EnableOrganizationsRoot*", before=enable_features, strict=False),
    Rule("iam:DisableOrganizationsRoot*", before=disable_features, strict=False),
    Rule("iam:ListAccessKeys", before=own_keys, strict=False),
    Rule("iam:DeleteAccessKey", before=delete_own, strict=False),
    Rule("iam:GetAccessKeyLastUsed", before=last_use, strict=False),
    Rule("iam:GetAccountSummary", after=count_keys, strict=False),
    Rule("iam:SimulatePrincipalPolicy", before=simulate, strict=False),
)
