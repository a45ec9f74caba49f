"""Samples of an organization: its units, its policies, and what services may do in all accounts."""

import json
from threading import Event
from typing import Any

from awsbase.ensure.central_root import CentralRoot
from awsbase.ensure.delegated_administrator import DelegatedAdministrator
from awsbase.ensure.member_account import MemberAccount
from awsbase.ensure.organization import ADDRESS, Organization
from awsbase.ensure.organization_policy import OrganizationPolicy
from awsbase.ensure.organizational_unit import OrganizationalUnit
from awsbase.ensure.trail import Trail
from awsbase.ensure.trusted_service import TrustedService
from awsbase.facts.organization import SCP
from awsbase.manifest.manifest import Manifest, resources
from awsbase.samples.sample import ACCOUNT, HOME, Reached, Sample, Tampering

NOT_ON_AWS = "an account that is in an organization cannot make another one, and a test may not leave one behind"
OWNER = {"owner": "platform"}
ORGANIZATION = Organization(scope=HOME, policy_types=(SCP,))
WORKLOADS = OrganizationalUnit(scope=HOME, path="Workloads", tags=OWNER)
PROD = OrganizationalUnit(scope=HOME, path="Workloads/Prod", tags=OWNER)
SECURITY = OrganizationalUnit(scope=HOME, path="Security", tags=OWNER)
STAYING = {"Sid": "Stay", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
CLOSING = {"Sid": "Close", "Effect": "Deny", "Action": "account:CloseAccount", "Resource": "*"}
LEAVE = OrganizationPolicy(
    scope=HOME,
    name="deny-leave",
    document={"Version": "2012-10-17", "Statement": [STAYING, CLOSING]},
    targets=(WORKLOADS.address, SECURITY.address),
    description="Accounts stay in the organization",
    tags=OWNER,
)


def organizations(aws: Reached) -> Any:
    """Return the client of AWS Organizations."""
    return aws.client("organizations")


def root(aws: Reached) -> str:
    """Return the id of the root."""
    return str(organizations(aws).list_roots()["Roots"][0]["Id"])


def unit(aws: Reached, name: str, parent: str | None = None) -> str:
    """Return the id of a unit below the root, or below another unit."""
    below = organizations(aws).list_organizational_units_for_parent(ParentId=parent or root(aws))
    return str(next(each["Id"] for each in below["OrganizationalUnits"] if each["Name"] == name))


def policy(aws: Reached, name: str) -> str:
    """Return the id of a service control policy."""
    listed = organizations(aws).list_policies(Filter=SCP)["Policies"]
    return str(next(each["Id"] for each in listed if each["Name"] == name))


def unit_deleted(aws: Reached) -> None:
    """Delete the unit of production."""
    organizations(aws).delete_organizational_unit(OrganizationalUnitId=unit(aws, "Prod", unit(aws, "Workloads")))


def untagged(aws: Reached) -> None:
    """Take a tag of a unit away."""
    organizations(aws).untag_resource(ResourceId=unit(aws, "Security"), TagKeys=["owner"])


def type_disabled(aws: Reached) -> None:
    """Disable service control policies for the whole organization."""
    organizations(aws).disable_policy_type(RootId=root(aws), PolicyType=SCP)
    while organizations(aws).list_roots()["Roots"][0]["PolicyTypes"]:
        aws.clock.sleep(10, Event())


def weaker(aws: Reached) -> None:
    """Let accounts leave again."""
    shorter = json.dumps({**LEAVE.document, "Statement": CLOSING})
    organizations(aws).update_policy(PolicyId=policy(aws, LEAVE.name), Content=shorter)


def elsewhere(aws: Reached) -> None:
    """Attach the policy to production instead of all workloads."""
    id, workloads = policy(aws, LEAVE.name), unit(aws, "Workloads")
    organizations(aws).attach_policy(PolicyId=id, TargetId=unit(aws, "Prod", workloads))
    organizations(aws).detach_policy(PolicyId=id, TargetId=workloads)


DEV = MemberAccount(scope=HOME, name="dev2", email="aws+dev2@acme.example", unit=WORKLOADS.path, tags=OWNER)
ANALYZER = TrustedService(scope=HOME, service="access-analyzer")
IAM = TrustedService(scope=HOME, service="iam")
DELEGATE = DelegatedAdministrator(scope=HOME, service="access-analyzer", account=DEV.address)
CENTRAL = CentralRoot(scope=HOME)


def account(aws: Reached) -> str:
    """Return the id of the account that the sample makes."""
    listed = organizations(aws).list_accounts()["Accounts"]
    return str(next(each["Id"] for each in listed if each["Email"] == DEV.email))


def moved(aws: Reached) -> None:
    """Move the account back to the root."""
    where = {"SourceParentId": unit(aws, "Workloads"), "DestinationParentId": root(aws)}
    organizations(aws).move_account(AccountId=account(aws), **where)


def untrusted(aws: Reached) -> None:
    """Trust a service no longer."""
    organizations(aws).disable_aws_service_access(ServicePrincipal=IAM.principal)


def deregistered(aws: Reached) -> None:
    """Let the account administer nothing for the others."""
    arguments = {"AccountId": account(aws), "ServicePrincipal": ANALYZER.principal}
    organizations(aws).deregister_delegated_administrator(**arguments)


REGISTERED = f"{DELEGATE.address}: create delegated administrator"
SESSIONS = f"{CENTRAL.address}: create root sessions"
MANIFEST = Manifest.model_validate(
    {
        "version": 1,
        "account": {"id": ACCOUNT, "name": "acme", "region": HOME.region},
        "audit": {},
        "organization": {"trail": True},
    }
)
RECORD = [each for section in resources(MANIFEST).values() for each in section]
TRAIL = next(each for each in RECORD if isinstance(each, Trail))


def own_account_alone(aws: Reached) -> None:
    """Let the trail record the management account alone."""
    aws.client("cloudtrail", HOME.region).update_trail(Name=TRAIL.name, IsOrganizationTrail=False)


FEATURES = [f"{CENTRAL.address}: create management of root credentials", SESSIONS]
ATTACHED_AGAIN = f"{LEAVE.address}: create attachment to Workloads"
BOTH_AGAIN = [ATTACHED_AGAIN, f"{LEAVE.address}: create attachment to Security"]
DETACHED = f"{LEAVE.address}: delete attachment to Prod"

SAMPLES = (
    Sample(
        "organization",
        [ORGANIZATION, WORKLOADS, PROD, SECURITY, LEAVE],
        not_on_aws=NOT_ON_AWS,
        tamperings={
            "unit deleted": Tampering(unit_deleted, [f"{PROD.address}: create organizational unit"]),
            "unit without its tag": Tampering(untagged, [f"{SECURITY.address}: update tags"]),
            "policies disabled": Tampering(type_disabled, [f"{ADDRESS}: create service control policies", *BOTH_AGAIN]),
            "weaker policy": Tampering(weaker, [f"{LEAVE.address}: update document"]),
            "policy elsewhere": Tampering(elsewhere, [ATTACHED_AGAIN, DETACHED], [DETACHED]),
        },
    ),
    Sample(
        "accounts of an organization",
        [ORGANIZATION, WORKLOADS, DEV, ANALYZER, IAM, DELEGATE, CENTRAL],
        not_on_aws=NOT_ON_AWS,
        tamperings={
            "account moved": Tampering(moved, [f"{DEV.address}: update unit"]),
            "service no longer trusted": Tampering(
                untrusted, [f"{IAM.address}: create trusted service", *FEATURES], FEATURES
            ),
            "delegated no longer": Tampering(deregistered, [REGISTERED], [REGISTERED]),
            "root sessions off": Tampering(
                lambda aws: aws.client("iam").disable_organizations_root_sessions(), [SESSIONS], [SESSIONS]
            ),
        },
    ),
    Sample(
        "trail of all accounts",
        RECORD,
        not_on_aws=NOT_ON_AWS,
        tamperings={
            "members not recorded": Tampering(own_account_alone, [f"{TRAIL.address}: update settings"]),
        },
    ),
)
