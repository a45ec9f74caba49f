"""The organization that the account manages: its root, units, accounts, policies and trusted services.

Each fact is empty where the account is in no organization, so that a plan can go on from nothing. AWS answers most of
these questions to the management account alone, and slowly: each list is read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from awsbase.aws import Aws
from awsbase.engine.facts import Facts
from awsbase.engine.scope import FIRST_REGIONS, Scope, partition
from awsbase.errors import AwsbaseError
from awsbase.facts.optional import empty_if
from awsbase.policies.document import Document, parsed
from awsbase.records import record

SCP = "SERVICE_CONTROL_POLICY"
NOT_IN_USE = "AWSOrganizationsNotInUseException"
# What a new account answers for a while: https://github.com/hashicorp/terraform-provider-aws/issues/15654
NOT_YET = ("AccessDenied", "RegionDisabledException", "SubscriptionRequiredException", "OptInRequired")
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html
ADVICE = {
    "ACCOUNT_LIMIT_EXCEEDED": "ask AWS for more: aws service-quotas list-service-quotas --service-code organizations",
    "CONCURRENT_ACCOUNT_MODIFICATION": "run again in a while",
    "EMAIL_ALREADY_EXISTS": "take another address: that of a closed account stays taken",
    "INTERNAL_FAILURE": "run again in a while, and ask AWS's support if it happens again",
    "INVALID_EMAIL": "correct the address",
}


class AccountNotCreated(AwsbaseError):
    """AWS has refused to make an account, some time after it was asked to."""


class NotTheManagementAccount(AwsbaseError):
    """Only the management account of an organization may change it."""


@record
class OrganizationFacts:
    """The organization of the account: its id, the account that manages it, and whether it has all features."""

    id: str
    management: str
    all_features: bool


@record
class RootFacts:
    """The root of an organization, with the state of each policy type that is not off: ENABLED, or on its way."""

    id: str
    policy_types: Mapping[str, str] = field(default_factory=dict)


@record
class AccountFacts:
    """An account of the organization; a closed one is listed for 90 days, and its e-mail address stays taken."""

    id: str
    name: str
    email: str
    state: str
    joined: datetime | None = None

    @property
    def open(self) -> bool:
        """Tell whether it is neither closed nor being closed."""
        return self.state not in ("SUSPENDED", "PENDING_CLOSURE", "CLOSED")


@record
class ControlPolicyFacts:
    """A service control policy, of AWS or of the organization's own."""

    id: str
    name: str
    description: str = ""
    of_aws: bool = False


def client(aws: Aws) -> Any:
    """Return the client of AWS Organizations, which lives in the first region of each partition alone.

    https://docs.aws.amazon.com/general/latest/gr/ao.html
    """
    return aws.at(FIRST_REGIONS.get(partition(aws.region), aws.region)).organizations


def organization(facts: Facts) -> OrganizationFacts | None:
    """Read the organization that the account is in; None when it is in none."""
    found = empty_if(NOT_IN_USE, client(facts.aws).describe_organization)
    if not found:
        return None
    described = found["Organization"]
    return OrganizationFacts(described["Id"], described["MasterAccountId"], described["FeatureSet"] == "ALL")


def managed(facts: Facts) -> OrganizationFacts | None:
    """Return the organization if these credentials may read all of it."""
    return facts.read(organization)


def manages(facts: Facts, scope: Scope) -> bool:
    """Tell whether the account manages an organization."""
    found = facts.read(organization)
    return bool(found and found.management == scope.account)


def root(facts: Facts) -> RootFacts | None:
    """Read the root of the organization; None without one."""
    if facts.read(managed) is None:
        return None
    listed = [each for page in client(facts.aws).get_paginator("list_roots").paginate() for each in page["Roots"]]
    (only,) = listed
    return RootFacts(only["Id"], {each["Type"]: each["Status"] for each in only.get("PolicyTypes", ())})


def root_id(facts: Facts) -> str | None:
    """Return the id of the root; None without an organization."""
    found = facts.read(root)
    return found.id if found else None


def policy_type_on(facts: Facts, type: str) -> bool | None:
    """Tell whether a policy type is enabled, which AWS does some time after it was asked to; None until it is."""
    found = facts.read(root)
    return True if found and found.policy_types.get(type) == "ENABLED" else None


def units_below(facts: Facts, parent: str) -> Mapping[str, str]:
    """Read the units directly below a root or a unit: their ids by their names."""
    pages = client(facts.aws).get_paginator("list_organizational_units_for_parent").paginate(ParentId=parent)
    return {each["Name"]: each["Id"] for page in pages for each in page["OrganizationalUnits"]}


def unit(facts: Facts, path: str) -> str | None:
    """Find a unit by the names on its path, level by level; None when there is none."""
    found = facts.read(root_id)
    for name in path.split("/"):
        if found is None:
            return None
        found = facts.read(units_below, found).get(name)
    return found


def all_units(facts: Facts) -> Mapping[str, str]:
    """Read all units: their ids by their paths, parents first."""
    found: dict[str, str] = {}
    start = facts.read(root_id)
    waiting = [("", start)] if start else []
    while waiting:
        path, id = waiting.pop(0)
        for name, below in sorted(facts.read(units_below, id).items()):
            found[f"{path}{name}"] = below
            waiting.append((f"{path}{name}/", below))
    return found


def accounts(facts: Facts) -> Sequence[AccountFacts]:
    """Read all accounts of the organization, those that are closed included."""
    if facts.read(managed) is None:
        return ()
    pages = client(facts.aws).get_paginator("list_accounts").paginate()
    return [account_facts(each) for page in pages for each in page["Accounts"]]


def account_facts(described: Mapping[str, Any]) -> AccountFacts:
    """Return the facts of an account as AWS Organizations describes it."""
    # Status is the older of the two, and AWS takes it away.
    state = described.get("State") or described.get("Status", "ACTIVE")
    return AccountFacts(
        described["Id"], described.get("Name", ""), described.get("Email", ""), state, described.get("JoinedTimestamp")
    )


def accounts_in(facts: Facts, parent: str) -> Sequence[str]:
    """Read the ids of the accounts that are directly in a root or a unit."""
    pages = client(facts.aws).get_paginator("list_accounts_for_parent").paginate(ParentId=parent)
    return [each["Id"] for page in pages for each in page["Accounts"]]


def parent_of(facts: Facts, child: str) -> str:
    """Read in which root or unit an account or a unit is."""
    (only,) = client(facts.aws).list_parents(ChildId=child)["Parents"]
    return str(only["Id"])


def control_policies(facts: Facts) -> Mapping[str, ControlPolicyFacts]:
    """Read the service control policies of the organization, by name."""
    if facts.read(managed) is None:
        return {}
    pages = client(facts.aws).get_paginator("list_policies").paginate(Filter=SCP)
    listed = [each for page in pages for each in page["Policies"]]
    return {
        each["Name"]: ControlPolicyFacts(
            each["Id"], each["Name"], each.get("Description", ""), each.get("AwsManaged", False)
        )
        for each in listed
    }


def control_document(facts: Facts, id: str) -> Document:
    """Read the document of one service control policy."""
    return parsed(client(facts.aws).describe_policy(PolicyId=id)["Policy"]["Content"])


def attached_to(facts: Facts, id: str) -> Mapping[str, str]:
    """Read to what a service control policy is attached: the names of roots, units and accounts by their ids."""
    pages = client(facts.aws).get_paginator("list_targets_for_policy").paginate(PolicyId=id)
    return {each["TargetId"]: each.get("Name", "") for page in pages for each in page["Targets"]}


def attached_at(facts: Facts, target: str) -> Mapping[str, str]:
    """Read which service control policies are attached to a root, unit or account itself: their ids by name."""
    pages = client(facts.aws).get_paginator("list_policies_for_target").paginate(TargetId=target, Filter=SCP)
    return {each["Name"]: each["Id"] for page in pages for each in page["Policies"]}


def trusted_services(facts: Facts) -> frozenset[str]:
    """Read which services of AWS may act in all accounts, by their principals."""
    if facts.read(managed) is None:
        return frozenset()
    pages = client(facts.aws).get_paginator("list_aws_service_access_for_organization").paginate()
    return frozenset(each["ServicePrincipal"] for page in pages for each in page["EnabledServicePrincipals"])


def delegates(facts: Facts, principal: str) -> frozenset[str]:
    """Read the ids of the accounts that administer a service for the organization."""
    if facts.read(managed) is None:
        return frozenset()
    pages = client(facts.aws).get_paginator("list_delegated_administrators").paginate(ServicePrincipal=principal)
    return frozenset(each["Id"] for page in pages for each in page["DelegatedAdministrators"])


def labels(facts: Facts, id: str) -> Mapping[str, str]:
    """Read the tags of a root, unit, account or policy of the organization."""
    pages = client(facts.aws).get_paginator("list_tags_for_resource").paginate(ResourceId=id)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


@record
class CreationFacts:
    """A request for an account that AWS is working on, or has finished: its id, and the name that it was asked with."""

    id: str
    name: str


def creations(facts: Facts) -> Mapping[str, CreationFacts]:
    """Read which accounts are being created, by the names that they were asked with: that is all AWS tells of them."""
    if facts.read(managed) is None:
        return {}
    pages = client(facts.aws).get_paginator("list_create_account_status").paginate(States=["IN_PROGRESS"])
    listed = [each for page in pages for each in page["CreateAccountStatuses"]]
    return {each["AccountName"]: CreationFacts(each["Id"], each["AccountName"]) for each in listed}


def created_account(facts: Facts, request: str) -> str | None:
    """Return the id of an account that was asked for, once AWS has made it; None until then.

    Raises AccountNotCreated when AWS will not make it.
    """
    status = client(facts.aws).describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
    if status["State"] == "FAILED":
        reason = status.get("FailureReason", "INTERNAL_FAILURE")
        raise AccountNotCreated(f"AWS has not created the account: {reason}", hint=ADVICE.get(reason))
    return status.get("AccountId") if status["State"] == "SUCCEEDED" else None


def account_id(facts: Facts, email: str) -> str | None:
    """Return the id of the account with an e-mail address; None when the organization has none."""
    found = (each.id for each in facts.read(accounts) if each.email.casefold() == email.casefold())
    return next(found, None)


def entered(facts: Facts, role: str) -> bool | None:
    """Tell whether a role of a new account can be assumed, which takes a minute and more; None until it can."""
    from botocore.exceptions import ClientError

    name = "awsbase-looks"
    try:
        facts.aws.sts.assume_role(RoleArn=role, RoleSessionName=name, DurationSeconds=900)
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_YET:
            raise
        return None
    return True
