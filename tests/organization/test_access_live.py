"""The table of who may do what against accounts in a sandbox: as wanted, missing, and more than wanted with its cause."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def test_accounts_that_were_reconciled_are_as_wanted(world: World, acme: Organization) -> None:
    table = show(acme, world)
    print(table)
    assert [cell.state for row in table.rows for cell in row.cells.values()] == ["as wanted"] * 7
