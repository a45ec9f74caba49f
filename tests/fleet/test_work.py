"""One account's work: an item in, a result out, and nothing raised."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from awsbase.errors import UsageError
from awsbase.fleet.item import Item, item_of, read_item
from awsbase.fleet.results import read_result
from awsbase.fleet.work import work
from awsbase.organization import Organization
from awsbase.sandbox import Fault, World
from awsbase.scripts import cli
from tests.fleet.organizations import IDS, done, items, organization

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}

BARE = 'version: 1\naccount: {id: "444444444444", name: acme-dev, region: eu-west-1}\n'


@pytest.fixture
def acme(tmp_path: Path) -> Organization:
    return organization(tmp_path)


@pytest.fixture
def world() -> World:
    return World(list(IDS.values()))


def test_an_item_is_the_same_once_it_has_been_json(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/list.json").write_text(json.dumps(POLICY))
    acme = organization(tmp_path, account="version: 1\niam: {policies: {list: {file: policies/list.json}}}\n")
    item = item_of(acme, acme.members["prod"], "run", "reconcile", only=("iam",), approved={}, allow_risky=True)
    assert read_item(json.loads(json.dumps(item.document()))) == item
    assert json.loads(item.files["policies/list.json"]) == POLICY


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "this is no item of a fleet"),
        ({"schema": "awsbase.fleet.item/1"}, "this item of a fleet is not complete"),
        ({"schema": "awsbase.fleet.item/1", "mode": "destroy", "reach": {}}, "its mode is 'destroy'"),
    ],
)
def test_what_is_no_item_is_refused(value: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_item(value)


def test_an_account_is_planned_reconciled_and_then_unchanged(acme: Organization, world: World) -> None:
    (plan,), (apply,) = items(acme, "plan", ["dev"]), items(acme, "reconcile", ["dev"])
    results = [done(world, item) for item in (plan, apply, apply, plan)]
    assert [each.status for each in results] == ["changes", "done", "unchanged", "unchanged"]
    assert [each.exit for each in results] == [0, 0, 0, 0]
    assert [name for name, id in IDS.items() if world.accounts[id].calls] == ["dev"]
    assert read_result(json.loads(json.dumps(results[1].document()))).report == results[1].report
    assert results[1].report
    assert results[1].report["account"] == IDS["dev"]


def test_only_what_was_approved_is_applied(acme: Organization, world: World, tmp_path: Path) -> None:
    approved = done(world, items(acme, "plan", ["dev"])[0]).report
    (item,) = items(acme, "reconcile", ["dev"])
    assert done(world, replace(item, approved=approved)).status == "done"
    world.session(IDS["dev"]).client("iam").delete_account_password_policy()
    late = done(world, replace(item, approved={**(approved or {}), "resources": []}))
    assert (late.status, late.exit) == ("failed", 1)
    assert "is not in the approved plan" in json.dumps(late.report)


def spoilt(item: Item, how: str) -> Item:
    """Return an item with which something is wrong."""
    if how == "another version":
        return replace(item, version="0.0.1")
    if how == "another manifest":
        return replace(item, manifest=item.manifest.replace("15", "20"))
    if how == "a file of this machine":
        return replace(item, manifest=f"{BARE}iam: {{policies: {{x: {{file: setup.cfg}}}}}}\n")
    return replace(item, route=replace(item.route, id=IDS["prod"]))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("another version", "the item was made by awsbase 0.0.1"),
        ("another manifest", "the manifest is not the one that the item was made for"),
        ("a file of this machine", "dev:3: iam.policies.x.file: setup.cfg cannot be read"),
        ("another account", "the manifest is not the one that the item was made for"),
    ],
)
def test_an_item_that_does_not_fit_writes_nothing(acme: Organization, world: World, how: str, message: str) -> None:
    result = done(world, spoilt(items(acme, "reconcile", ["dev"])[0], how))
    assert (result.status, result.exit) == ("failed", 2)
    assert message in (result.message or "")
    assert world.calls == []


def test_an_account_that_is_another_one_is_not_read(acme: Organization, world: World) -> None:
    (item,) = items(acme, "reconcile", ["dev"])
    result = work(item, lambda route: world.session(IDS["prod"]), clock=world.first.clock, sandbox=True)
    assert (result.status, result.exit) == ("unreachable", 1)
    assert f"these credentials reach {IDS['prod']}, and accounts.dev says {IDS['dev']}" in (result.message or "")
    assert [call.name for call in world.calls] == ["sts:GetCallerIdentity"]


def test_a_defect_is_a_result_too(acme: Organization, world: World) -> None:
    def opens_nothing(route: object) -> Any:
        raise RuntimeError("a defect")

    result = work(items(acme, "plan", ["dev"])[0], opens_nothing, sandbox=True)
    assert (result.status, result.exit, result.message) == ("failed", 1, "unforeseen: RuntimeError: a defect")


def test_an_account_that_denies_costs_the_others_nothing(acme: Organization, world: World) -> None:
    world.accounts[IDS["prod"]].faults.add(Fault("access denied", on="iam:GetAccountPasswordPolicy", times=9))
    results = {item.account: done(world, item).status for item in items(acme, "reconcile", ["prod", "dev"])}
    assert results == {"prod": "failed", "dev": "done"}


def fleet_work(given: str, folder: Path) -> Result:
    """Run the command that engines run, as somebody without any AWS configuration."""
    environment = {"HOME": str(folder), "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return CliRunner(env=environment).invoke(cli, ["fleet", "work"], input=given)


def test_the_command_takes_an_item_and_prints_its_result(acme: Organization, tmp_path: Path) -> None:
    (item,) = items(acme, "plan", ["dev"])
    printed = fleet_work(json.dumps(item.document()), tmp_path)
    result = read_result(json.loads(printed.stdout))
    assert (result.account, result.status, result.exit) == ("dev", "unreachable", 1)
    assert result.message == "dev cannot be reached: no profile called acme-dev in the AWS files"
    assert (printed.exit_code, printed.stderr) == (1, "")


@pytest.mark.parametrize("given", ["", "{", "[]", '{"schema": "awsbase.fleet.item/1"}'])
def test_the_command_refuses_what_is_no_item(tmp_path: Path, given: str) -> None:
    refused = fleet_work(given, tmp_path)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "item" in refused.stderr
