"""An organization that is there before anybody calls: a management account, and members that it has created."""

import json
from collections.abc import Mapping
from typing import Any

from awsbase.sandbox.moto_state import MotoState
from awsbase.sandbox.organization_state import ACCOUNTS, attach_defaults, progress

ACCESS_ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"


def begin(state: MotoState, management: str, members: Mapping[str, str]) -> None:
    """Let an account have an organization with all features, and these accounts in it: their names by id."""
    with state.open():
        held = state.backend("organizations", "us-east-1", management)
        held.create_organization(region="us-east-1", FeatureSet="ALL")
        for account, name in members.items():
            join(state, held, account, name=name, email=f"aws+{account}@acme.example")
        # Who manages an organization has joined as if invited; and whoever has many accounts was given the quota.
        held.accounts[0].joined_method = "INVITED"
        progress(held).account_quota = max(ACCOUNTS, 2 * len(held.accounts))
        attach_defaults(held)


def join(state: MotoState, organization: Any, account: str, *, name: str, email: str, role: str = ACCESS_ROLE) -> Any:
    """Let an account be a member that the organization has created, with the role that its administrators take.

    `organization` is moto's own object for the management account; returned is the one for the member.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
    """
    from moto.organizations.models import FakeAccount, organizations_backends

    with state.open():
        member = FakeAccount(organization.org, AccountName=name, Email=email, RoleName="drawn")
        # moto has drawn an id, and made a role there.
        state.drop("iam", member.id)
        member.id = account
        organization.accounts.append(member)
        organizations_backends.master_accounts[account] = (organization.account_id, organization.partition)
        give_access(state, account, organization.account_id, role)
        return member


def give_access(state: MotoState, account: str, management: str, role: str = ACCESS_ROLE) -> None:
    """Let the management account's administrators take a role in an account in which all is allowed."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{management}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    with state.open():
        iam = state.bare("iam", account)["aws"]
        # A late read may have found the account finished before it was.
        if not any(each.name == role for each in iam.roles.values()):
            iam.create_role(role, json.dumps(trust), "/", None, "", [], "3600")
            state.attach(account, ADMINISTRATOR_ACCESS, role)
