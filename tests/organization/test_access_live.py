"""The table of who may do what against accounts in a sandbox: as wanted, missing, and more than wanted with its cause."""

from __future__ import annotations

import json

import pytest

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.execution import execute
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.manifest import resources
from awsbase.organization import Organization
from awsbase.organization.access_live import live_table
from awsbase.organization.access_table import Table
from awsbase.organization.reach import Sessions
from awsbase.sandbox import World
from awsbase.view.access_matrix import MARKS, differences, label
from tests.organization.access import FILE, GRANTS, ROLES, organization

USERS, PROD, DEV = "111111111111", "333333333333", "444444444444"
PROFILES = {"acme-users": USERS, "acme-prod": PROD, "acme-dev": DEV}
BY_PROFILE = FILE.replace("role: OrganizationAccountAccessRole, via: users", "profile: acme-prod", 1).replace(
    "role: OrganizationAccountAccessRole, via: users", "profile: acme-dev", 1
)


def reconcile(world: World, found: Organization) -> list[str]:
    """Bring the accounts to the file; return what was written."""
    changes = []
    for member in found.members.values():
        account = identify(Aws(world.session(member.entry.id), "eu-west-1"), Wire())
        wanted = [each for part in resources(member.manifest).values() for each in part]
        report = execute("reconcile", wanted, KINDS, account, clock=world.clock)
        assert not report.failed
        changes += [change.what for _, change in report.changes]
    return changes


def show(found: Organization, world: World, *accounts: str) -> Table:
    """Return the table of the accounts as they are."""
    sessions = Sessions(lambda profile: world.session(PROFILES[profile or ""]), now=world.clock)
    return live_table(found, accounts or ("users", "prod", "dev"), sessions)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Organization:
    return organization(tmp_path_factory.mktemp("acme"), BY_PROFILE + ROLES + GRANTS)


@pytest.fixture(scope="module")
def world(acme: Organization) -> World:
    """Return three accounts that were reconciled with the file."""
    made = World([USERS, PROD, DEV], management=USERS)
    reconcile(made, acme)
    return made


def remarks(table: Table) -> set[str]:
    """Return how cells differ, as lines."""
    return {
        f"{MARKS[state][0]} {label(row)} in {', '.join(accounts)}: {why}"
        for state, row, accounts, why in differences(table)
    }


def test_accounts_that_were_reconciled_are_as_wanted(world: World, acme: Organization) -> None:
    table = show(acme, world)
    assert [cell.state for row in table.rows for cell in row.cells.values()] == ["as wanted"] * 6
    assert remarks(table) == set()
    assert table.administrators == ("acme-Admin",)


TRUSTING_ALL = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{USERS}:root"}, "Action": "sts:AssumeRole"}


def tamper(world: World) -> None:
    """Change by hand who may do what."""
    users, prod, dev = (world.session(id).client("iam") for id in (USERS, PROD, DEV))
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    # People get in who shall not: by a policy of their own, by another group, by joining, and from a machine.
    users.create_user(UserName="carol")
    users.attach_user_policy(UserName="carol", PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")
    users.create_group(GroupName="Ops")
    users.put_group_policy(
        GroupName="Ops", PolicyName="enter", PolicyDocument=allowing("sts:*", f"arn:aws:iam::{DEV}:role/acme-*")
    )
    users.create_user(UserName="mallory")
    users.add_user_to_group(UserName="mallory", GroupName="Deployers")
    users.remove_user_from_group(UserName="alice", GroupName="Developers")
    users.attach_group_policy(GroupName="Deployers", PolicyArn=admin)
    # Roles do more, or less, than the file gives them.
    prod.attach_role_policy(RoleName="acme-Read", PolicyArn=admin)
    prod.put_role_policy(RoleName="acme-Read", PolicyName="more", PolicyDocument=allowing("s3:*", "*"))
    prod.detach_role_policy(RoleName="acme-Prod", PolicyArn=f"arn:aws:iam::{PROD}:policy/acme-deploy")
    dev.update_assume_role_policy(
        RoleName="acme-Dev", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUSTING_ALL]})
    )
    dev.create_user(UserName="bob")


def allowing(action: str, resource: str) -> str:
    """Return a policy of one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


BY_HAND = {
    "! user carol in dev: carol may assume acme-Admin by PowerUserAccess",
}


def test_what_was_changed_by_hand_is_told_with_who_and_by_which_policy(world: World, acme: Organization) -> None:
    before = world.moto_state
    tamper(world)
    table = show(acme, world)
    assert remarks(table) == BY_HAND
    assert table.elsewhere == {"dev": ("bob",)}
