"""Who may call Organizations: the management account; delegated administrators read and keep policies; members look.

A member's question is answered from what the management account has.
"""

from typing import Any

from awsbase.sandbox.call_log import writes
from awsbase.sandbox.organization_state import delegated, is_management, member, organization
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

# What the model of the API says of each operation, botocore 1.44: the others are for the management account alone.
ANY_ACCOUNT = frozenset(
    {
        *("CreateOrganization", "DescribeOrganization", "DescribeEffectivePolicy", "LeaveOrganization"),
        *("AcceptHandshake", "CancelHandshake", "DeclineHandshake", "DescribeHandshake", "ListHandshakesForAccount"),
    }
)
DELEGATED = frozenset(
    {
        *("AttachPolicy", "CreatePolicy", "DeletePolicy", "DetachPolicy", "DisablePolicyType", "EnablePolicyType"),
        *("UpdatePolicy", "TagResource", "UntagResource"),
    }
)


def allowed(request: Request) -> None:
    """Refuse an account outside an organization, and a member what is not for members.

    Raises Refusal with AWSOrganizationsNotInUseException or AccessDeniedException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html: "You can only call this
    operation from the management account or a member account that is a delegated administrator."
    """
    if request.operation == "CreateOrganization":
        return
    held = organization(request.sandbox, request.region)
    if held is None:
        raise Refusal("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    if is_management(held, request.account) or request.operation in ANY_ACCOUNT:
        return
    reads = not writes(request.operation) or request.operation in DELEGATED
    if not reads or not delegated(held, request.account):
        raise Refusal("AccessDeniedException", "You don't have permissions to access this resource.")


def from_management(request: Request) -> dict[str, Any] | None:
    """Answer a member from what the management account has.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html
    """
    held = organization(request.sandbox, request.region)
    if held is None or is_management(held, request.account) or member(held, request.account) is None:
        return None
    found: dict[str, Any] = request.sandbox.call_moto(
        request.name, region=request.region, account=held.org.master_account_id, **request.params
    )
    page = found
    while token := page.pop("NextToken", None):
        page = request.sandbox.call_moto(
            request.name,
            region=request.region,
            account=held.org.master_account_id,
            **{**request.params, "NextToken": token},
        )
        for name, listed in page.items():
            found[name] += listed
    return found


RULES = (Rule("organizations:*", before=allowed),)
LAST = (Rule("organizations:*", before=from_management, strict=False),)
