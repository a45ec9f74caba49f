"""Services that an organization trusts, and the members that administer them for all."""

from functools import cache

from awsbase.sandbox.organization_state import delegated, is_management, member, organization, trusted
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.organizations.refusals import constraint, invalid
from awsbase.sandbox.wire import Refusal

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html, beside those that moto
# knows: what integrates with Organizations, and which of it a member can administer.
TRUSTED = (
    *("account.amazonaws.com", "bcm-data-exports.amazonaws.com", "billing-cost-management.amazonaws.com"),
    *("cost-optimization-hub.bcm.amazonaws.com", "iam.amazonaws.com", "malware-protection.guardduty.amazonaws.com"),
    *("notifications.amazon.com", "observabilityadmin.amazonaws.com", "resource-explorer-2.amazonaws.com"),
    *("securityhubv2.amazonaws.com", "account-access.amazonaws.com"),
)
ADMINISTERED = (
    *("account.amazonaws.com", "backup.amazonaws.com", "cloudtrail.amazonaws.com", "config.amazonaws.com"),
    *("compute-optimizer.amazonaws.com", "cost-optimization-hub.bcm.amazonaws.com", "detective.amazonaws.com"),
    *("devops-guru.amazonaws.com", "fms.amazonaws.com", "health.amazonaws.com", "iam.amazonaws.com"),
    *("inspector2.amazonaws.com", "ipam.amazonaws.com", "license-manager.amazonaws.com", "notifications.amazon.com"),
    *("member.org.stacksets.cloudformation.amazonaws.com", "observabilityadmin.amazonaws.com"),
    *("reachabilityanalyzer.networkinsights.amazonaws.com", "reporting.trustedadvisor.amazonaws.com"),
    *("resource-explorer-2.amazonaws.com", "securityhub.amazonaws.com", "securitylake.amazonaws.com"),
    *("sso.amazonaws.com", "storage-lens.s3.amazonaws.com", "stacksets.cloudformation.amazonaws.com"),
    *("account-access.amazonaws.com",),
)
# One administrator alone, as the pages of the services say: the same list, column by column.
ONE_ALONE = frozenset(
    {
        *("access-analyzer.amazonaws.com", "account.amazonaws.com", "detective.amazonaws.com", "fms.amazonaws.com"),
        *("guardduty.amazonaws.com", "inspector2.amazonaws.com", "ipam.amazonaws.com", "macie.amazonaws.com"),
        *("securityhub.amazonaws.com", "securitylake.amazonaws.com", "sso.amazonaws.com"),
    }
)


@cache
def know_all_services() -> None:
    """Let moto know every service that an organization can trust, and that a member can administer."""
    from moto.organizations.models import FakeDelegatedAdministrator, FakeServiceAccess

    FakeServiceAccess.TRUSTED_SERVICES = list(dict.fromkeys((*FakeServiceAccess.TRUSTED_SERVICES, *TRUSTED)))
    FakeDelegatedAdministrator.SUPPORTED_SERVICES = list(
        dict.fromkeys((*FakeDelegatedAdministrator.SUPPORTED_SERVICES, *ADMINISTERED))
    )


def can_register(request: Request) -> None:
    """Refuse an administrator that is no active member, of a service that is not trusted, or beside another one.

    Raises Refusal with ConstraintViolationException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html
    """
    from moto.organizations.models import FakeDelegatedAdministrator

    held = organization(request.sandbox, request.region)
    id, service = request.params["AccountId"], request.params["ServicePrincipal"]
    if is_management(held, id):
        message = "You cannot register master account/yourself as delegated administrator for your organization."
        raise constraint("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", message)
    account = member(held, id)
    if account is None:
        return
    if service not in FakeDelegatedAdministrator.SUPPORTED_SERVICES:
        raise invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")
    if account.status != "ACTIVE":
        message = "You cannot register a suspended account as a delegated administrator."
        raise constraint("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", message)
    if not trusted(held, service):
        message = "You attempted to register a delegated administrator before you enabled service access."
        raise constraint("SERVICE_ACCESS_NOT_ENABLED", message)
    others = [admin for admin in held.admins if service in admin.services and admin.account.id != id]
    if others and service in ONE_ALONE:
        message = "The service has a delegated administrator already; deregister it first."
        raise constraint("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE", message)


def registered(request: Request) -> None:
    """Refuse to deregister who is no administrator of the service; raises Refusal with AccountNotRegisteredException.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeregisterDelegatedAdministrator.html
    """
    held = organization(request.sandbox, request.region)
    id, service = request.params["AccountId"], request.params["ServicePrincipal"]
    if member(held, id) and not is_management(held, id) and not delegated(held, id, service):
        raise Refusal(
            "AccountNotRegisteredException",
            "The specified account is not a delegated administrator for this AWS service.",
        )


RULES = (
    Rule("organizations:RegisterDelegatedAdministrator", before=can_register),
    Rule("organizations:DeregisterDelegatedAdministrator", before=registered),
)
