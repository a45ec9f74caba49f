"""Samples of an organization: its units, its policies, and what services may do in all accounts."""

import json
from typing import Any

from awsbase.ensure.organization import ADDRESS, Organization
from awsbase.ensure.organization_policy import OrganizationPolicy
from awsbase.ensure.organizational_unit import OrganizationalUnit
from awsbase.facts.organization import SCP
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

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


def weaker(aws: Reached) -> None:
    """Let accounts leave again."""
    shorter = json.dumps({**LEAVE.document, "Statement": CLOSING})
    organizations(aws).update_policy(PolicyId=policy(aws, LEAVE.name), Content=shorter)


def elsewhere(aws: Reached) -> None:
    """Attach the policy to production instead of all workloads."""
    id, workloads = policy(aws, LEAVE.name), unit(aws, "Workloads")
    organizations(aws).attach_policy(PolicyId=id, TargetId=unit(aws, "Prod", workloads))
    organizations(aws).detach_policy(PolicyId=id, TargetId=workloads)


ATTACHED_AGAIN = f"{LEAVE.address}: create attachment to Workloads"
DETACHED = f"{LEAVE.address}: delete attachment to Prod"

SAMPLES = (
    Sample(
        "organization",
        [ORGANIZATION, WORKLOADS, PROD, SECURITY, LEAVE],
        not_on_aws=NOT_ON_AWS,
        tamperings={
            "unit deleted": Tampering(unit_deleted, [f"{PROD.address}: create organizational unit"]),
            "unit without its tag": Tampering(untagged, [f"{SECURITY.address}: update tags"]),
            "policies disabled": Tampering(type_disabled, [f"{ADDRESS}: create service control policies"]),
            "weaker policy": Tampering(weaker, [f"{LEAVE.address}: update document"]),
            "policy elsewhere": Tampering(elsewhere, [ATTACHED_AGAIN, DETACHED], [DETACHED]),
        },
    ),
)
