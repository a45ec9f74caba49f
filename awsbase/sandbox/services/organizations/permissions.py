"""What each operation of Organizations needs: lists and the organization on `*`, all else on what it names."""

from collections.abc import Iterator

from awsbase.sandbox.authorization.permissions import Resources, act, arn, linked_role, own, param, table
from awsbase.sandbox.organization_state import organization, target
from awsbase.sandbox.service import Request


def named(*names: str) -> Resources:
    """Name the roots, units, accounts and policies that parameters name, by their ARNs."""

    def resources(request: Request) -> Iterator[str]:
        held = organization(request.sandbox, request.region)
        for name in names:
            if not held or not (id := param(request, name)):
                continue
            policy = next((each for each in held.policies if each.id == id), None)
            if found := policy or target(held, id):
                yield found.arn
            else:
                yield arn(request, f"organizations::{held.org.master_account_id}:*/{held.org.id}/{id}")

    return resources


TYPED = {"organizations:PolicyType": "PolicyType"}
SERVICE = {"organizations:ServicePrincipal": "ServicePrincipal"}
TAGGED = act("organizations:TagResource", when="Tags")

CALLS = table(
    {
        "DescribeOrganization DeleteOrganization ListRoots ListAccounts ListCreateAccountStatus "
        "DescribeCreateAccountStatus ListAWSServiceAccessForOrganization": [own()],
        "CreateOrganization": [own(), linked_role("organizations.amazonaws.com", "AWSServiceRoleForOrganizations")],
        "CreateAccount": [own(), TAGGED],
        "ListDelegatedAdministrators EnableAWSServiceAccess DisableAWSServiceAccess": [own(keys=SERVICE)],
        "DescribeAccount CloseAccount RemoveAccountFromOrganization ListDelegatedServicesForAccount": [
            own(named("AccountId"))
        ],
        "RegisterDelegatedAdministrator DeregisterDelegatedAdministrator": [own(named("AccountId"), keys=SERVICE)],
        "MoveAccount": [own(named("AccountId", "SourceParentId", "DestinationParentId"))],
        "CreateOrganizationalUnit": [own(named("ParentId")), TAGGED],
        "UpdateOrganizationalUnit DeleteOrganizationalUnit DescribeOrganizationalUnit": [
            own(named("OrganizationalUnitId"))
        ],
        "ListOrganizationalUnitsForParent ListAccountsForParent ListChildren": [own(named("ParentId"))],
        "ListParents": [own(named("ChildId"))],
        "CreatePolicy": [own(keys={"organizations:PolicyType": "Type"}), TAGGED],
        "ListPolicies": [own(keys={"organizations:PolicyType": "Filter"})],
        "UpdatePolicy DeletePolicy DescribePolicy ListTargetsForPolicy": [own(named("PolicyId"))],
        "AttachPolicy DetachPolicy": [own(named("PolicyId", "TargetId"))],
        "ListPoliciesForTarget": [own(named("TargetId"), keys={"organizations:PolicyType": "Filter"})],
        "DescribeEffectivePolicy": [own(named("TargetId"), keys=TYPED)],
        "EnablePolicyType DisablePolicyType": [own(named("RootId"), keys=TYPED)],
        "TagResource UntagResource ListTagsForResource": [own(named("ResourceId"))],
    }
)
