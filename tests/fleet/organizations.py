"""Small organizations for the tests of fleets: their file, their accounts in one sandbox, and their items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import boto3

from awsbase.engine.changes import Mode
from awsbase.fleet.item import Item, item_of
from awsbase.fleet.results import Result
from awsbase.fleet.work import work
from awsbase.organization import Organization
from awsbase.organization.reach import Route
from awsbase.sandbox import World
from tests.organization.files import loaded

IDS = {"users": "111111111111", "prod": "333333333333", "dev": "444444444444"}
ORGANIZATION = """\
version: 1
organization: {name: acme, home: eu-west-1}
defaults: {manifest: account.yaml}
accounts:
  users: {id: "111111111111", profile: acme-users, identity: true, unit: Core}
  prod:  {id: "333333333333", profile: acme-prod, protected: true, unit: Workloads/Prod}
  dev:   {id: "444444444444", profile: acme-dev, unit: Workloads/Dev}
"""
# What costs a sandbox least.
TEMPLATE = "version: 1\niam: {password_policy: {minimum_length: 15}}\n"
Opens = Callable[[Route], boto3.Session]


def organization(folder: Path, text: str = ORGANIZATION, account: str = TEMPLATE) -> Organization:
    """Return the three accounts that get one template."""
    return loaded(folder, text, account=account)


def opens(world: World) -> Opens:
    """Return what opens each account as its administrator."""
    return lambda route: world.session(route.id, region=route.region)


def items(organization: Organization, mode: Mode, names: Sequence[str] = ()) -> list[Item]:
    """Return the work on the accounts of an organization."""
    return [item_of(organization, member, "run", mode) for member in organization.chosen(names)]


def done(world: World, item: Item) -> Result:
    """Return what becomes of an item in these accounts."""
    return work(item, opens(world), clock=world.first.clock, sandbox=True)
