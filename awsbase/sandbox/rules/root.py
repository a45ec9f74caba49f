"""The root user as people made it: its MFA device and password, and whom it lets see the bills."""

from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule


def count(ask: Ask, said: dict[str, Any]) -> None:
    """Count root's password, and keys that nobody here has made."""
    said["SummaryMap"]["AccountPasswordPresent"] = int(ask.sandbox.root_password)
    if ask.sandbox.root_keys:
        said["SummaryMap"]["AccountAccessKeysPresent"] = 1


def list_device(ask: Ask, said: dict[str, Any]) -> None:
    """List root's MFA device, when it is an app."""
    if ask.sandbox.root_mfa and not ask.sandbox.root_hardware and ask.params.get("AssignmentStatus") != "Unassigned":
        root = f"arn:{ask.backend('iam', 'aws').partition}:iam::{ask.account}"
        said["VirtualMFADevices"].append(
            {
                "SerialNumber": f"{root}:mfa/root-account-mfa-device",
                "User": {"Arn": f"{root}:root", "UserId": ask.account},
                "EnableDate": ask.sandbox.clock(),
            }
        )


def bills_closed(ask: Ask) -> None:
    """Refuse everybody but root as long as root has not let others see the bills."""
    if not ask.sandbox.bills_shown and ask.caller.kind != "root":
        raise Refusal("AccessDeniedException", f"User: {ask.caller.arn} is not authorized to perform: {ask.name}", 400)


def features(ask: Ask) -> dict[str, Any]:
    """Tell what the organization does for its members' roots."""
    try:
        found = ask.moto("organizations:DescribeOrganization", region="us-east-1")["Organization"]
    except Refusal as refusal:
        raise Refusal("OrganizationNotFoundException", "The account is in no organization", 404) from refusal
    return {"OrganizationId": found["Id"], "EnabledFeatures": sorted(ask.sandbox.central_root)}


RULES = (
    Rule("iam:GetAccountSummary", after=count, strict=False),
    Rule("iam:ListVirtualMFADevices", after=list_device, strict=False),
    Rule("iam:ListOrganizationsFeatures", before=features, strict=False),
    Rule("budgets:*", before=bills_closed, strict=False),
)
