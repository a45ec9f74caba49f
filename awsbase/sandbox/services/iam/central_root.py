"""What the organization does for its members' roots: their credentials, and sessions that act as root for one task.

Only what is asked of the management account, and of delegated administrators of IAM, is answered here; AssumeRoot is
not.
"""

from typing import Any

from awsbase.sandbox.organization_state import delegated, has_all_features, is_management, organization, trusted
from awsbase.sandbox.service import AccountState, Request, Rule
from awsbase.sandbox.wire import Refusal

PRINCIPAL = "iam.amazonaws.com"
FEATURES = {
    "OrganizationsRootCredentialsManagement": "RootCredentialsManagement",
    "OrganizationsRootSessions": "RootSessions",
}


def features(request: Request) -> dict[str, Any]:
    """Return what the organization does for its members' roots; raises Refusal with OrganizationNotFoundException.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html
    """
    return described(request, in_use(request))


def change(request: Request) -> dict[str, Any]:
    """Enable or disable one of the features; raises Refusal with OrganizationNotFoundException.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOrganizationsRootCredentialsManagement.html
    """
    held, on = in_use(request), request.operation.startswith("Enable")
    feature = FEATURES[request.operation.removeprefix("Enable" if on else "Disable")]
    kept = manager(request, held).central_root
    if on:
        kept.add(feature)
    else:
        kept.discard(feature)
    return described(request, held)


def allowed(request: Request) -> None:
    """Refuse members, an organization that is a shared bill alone, and one that does not trust IAM.

    Raises Refusal with OrganizationNotFoundException, CallerIsNotManagementAccountException,
    AccountNotManagementOrDelegatedAdministratorException, OrganizationNotInAllFeaturesModeException or
    ServiceAccessNotEnabledException.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOrganizationsRootSessions.html
    """
    held = in_use(request)
    if not is_management(held, request.account):
        if request.operation.startswith("Enable"):
            message = "The request was rejected because the account making the request is not the management account."
            raise Refusal("CallerIsNotManagementAccountException", message)
        if not delegated(held, request.account, PRINCIPAL):
            message = "The account is neither the management account nor a delegated administrator for IAM."
            raise Refusal("AccountNotManagementOrDelegatedAdministratorException", message)
    if not has_all_features(held):
        message = "The organization does not have all features enabled."
        raise Refusal("OrganizationNotInAllFeaturesModeException", message)
    if not trusted(held, PRINCIPAL):
        message = "Trusted access is not enabled for IAM in AWS Organizations."
        raise Refusal("ServiceAccessNotEnabledException", message)


def in_use(request: Request) -> Any:
    """Return the organization; raises Refusal with OrganizationNotFoundException."""
    held = organization(request.sandbox, request.region)
    if held is None:
        raise Refusal("OrganizationNotFoundException", "The account is in no organization", 404)
    return held


def manager(request: Request, held: Any) -> AccountState:
    """Return the management account, which keeps what is enabled."""
    world = request.sandbox.world
    return world.accounts[held.org.master_account_id] if world else request.sandbox


def described(request: Request, held: Any) -> dict[str, Any]:
    """Return the features in AWS's words."""
    return {"OrganizationId": held.org.id, "EnabledFeatures": sorted(manager(request, held).central_root)}


ALL = " ".join(
    ["iam:ListOrganizationsFeatures", *(f"iam:{verb}{name}" for verb in ("Enable", "Disable") for name in FEATURES)]
)

RULES = (
    Rule(ALL, before=allowed),
    Rule("iam:ListOrganizationsFeatures", before=features, strict=False),
    Rule(ALL, before=change, strict=False),
)
