"""`awsbase accounts`, `awsbase schema --organization`: what an account gets is an ordinary manifest."""

from __future__ import annotations

import importlib
import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from awsbase.engine.resource import Resource
from awsbase.manifest.load import load
from awsbase.manifest.manifest import Manifest, fingerprint, resources
from awsbase.organization.saving import MARK
from awsbase.scripts import Invocation, cli
from awsbase.scripts.accounts import table
from tests.organization.access import DEPLOY
from tests.organization.files import ORGANIZATION, TEMPLATE, loaded, written

# It is imported by name, because it has no types.
Validator: Any = importlib.import_module("jsonschema").Draft202012Validator
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl kim"
WITH_FILES = f"""{TEMPLATE}iam:
  policies: {{deploy: {{file: policies/deploy.json}}}}
  groups: {{Ops: {{policies: [deploy]}}}}
  users:
    kim: {{groups: [Ops], ssh_keys: [keys/kim.pub]}}
    sam: {{groups: [Ops], ssh_keys: ["{KEY}"]}}
"""
USERS_APART = ORGANIZATION.replace("identity: true}", "identity: true, manifest: users.yaml}")
LISTED = """\
ACCOUNT  ID            MANIFEST      UNIT  IS         REACHED BY
users    111111111111  account.yaml  -     identity   profile acme-users
prod     333333333333  account.yaml  -     protected  OrganizationAccountAccessRole from users
dev      444444444444  account.yaml  -     -          OrganizationAccountAccessRole from users
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)), obj=Invocation({}))


def with_files(folder: Path) -> Path:
    """Write an organization whose template names files."""
    for name, text in {"policies/deploy.json": DEPLOY, "keys/kim.pub": KEY}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return written(folder, USERS_APART, users=WITH_FILES)


def test_the_manifest_of_an_account_says_where_it_comes_from(tmp_path: Path) -> None:
    shown = run("accounts", "show", written(tmp_path), "prod")
    head, rest = shown.stdout.split("\n\n", 1)
    assert head.split("\n") == [
        f"{MARK}prod, made from org.yaml and account.yaml: change those instead.",
        "#   awsbase accounts show org.yaml prod",
    ]
    assert rest == loaded(tmp_path).members["prod"].text


@pytest.mark.parametrize("place", [".", "out", "../elsewhere"])
def test_a_saved_manifest_means_the_same_wherever_it_is(place: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = home / place
    folder.mkdir(parents=True)
    organization = with_files(home)
    saved = folder / "compiled.yaml"
    assert run("accounts", "show", organization, "users", "-o", saved).exit_code == 0
    member = loaded(home, USERS_APART, users=WITH_FILES).members["users"]
    assert made(load(saved)) == made(member.manifest)
    if place == ".":
        assert fingerprint(load(saved)) == fingerprint(member.manifest)


def made(manifest: Manifest) -> list[Resource]:
    """Return what a manifest stands for."""
    return [each for section in resources(manifest).values() for each in section]


@pytest.mark.slow
def test_plan_works_on_a_saved_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    saved = tmp_path / "dev.yaml"
    run("accounts", "show", written(tmp_path, account="version: 1\niam: {}\n"), "dev", "-o", saved)
    done = run("plan", saved, "--sandbox", "--json")
    plan = json.loads(done.stdout)
    assert (done.exit_code, plan["account"]) == (0, "444444444444")
    assert [each["address"] for each in plan["resources"]] == ["password-policy/account"]


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    organization = written(tmp_path)
    for _ in range(2):
        assert run("accounts", "show", organization, "prod", "-o", tmp_path / "prod.yaml").exit_code == 0
    done = run("accounts", "show", organization, "prod", "-o", tmp_path / "account.yaml")
    assert (done.exit_code, "exists already, and stays unchanged" in done.stderr) == (2, True)
    assert (tmp_path / "account.yaml").read_text() == TEMPLATE


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "org.yaml", "prd"], "org.yaml has no account 'prd'\n  → did you mean 'prod'?\n"),
        (["list", "account.yaml"], "account.yaml has no accounts: it is the manifest of one\n"),
        (["list", "listed.yaml"], "listed.yaml are listed by AWS, which this command does not ask\n  → add --live"),
    ],
)
def test_what_cannot_be_shown_is_told(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    listed = f"{ORGANIZATION.partition('accounts:')[0]}accounts: {{from: organization}}\n"
    (tmp_path / "listed.yaml").write_text(listed)
    monkeypatch.chdir(tmp_path)
    done = run("accounts", *arguments)
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr


def test_the_accounts_are_listed_with_their_ways(tmp_path: Path) -> None:
    organization = written(tmp_path)
    assert run("accounts", "list", organization).stdout == LISTED
    document = json.loads(run("accounts", "list", organization, "--json").stdout)
    assert (document["schema"], document["organization"]) == (1, "acme")
    assert document["accounts"][1] == {
        "name": "prod",
        "id": "333333333333",
        "region": "eu-west-1",
        "manifest": "account.yaml",
        "unit": None,
        "profile": "acme-users",
        "roles": ["arn:aws:iam::333333333333:role/OrganizationAccountAccessRole"],
        "identity": False,
        "management": False,
        "protected": True,
    }


def test_the_schema_takes_organization_files_and_refuses_others() -> None:
    schema = json.loads(run("schema", "--organization").stdout)
    checker = Validator(schema)
    listed = f"{ORGANIZATION.partition('accounts:')[0]}accounts: {{from: organization, select: {{not: [old]}}}}\n"
    for text, wrong in (
        (ORGANIZATION, False),
        (listed, False),
        (ORGANIZATION.replace("via:", "by:"), True),
        (TEMPLATE, True),
    ):
        assert bool(list(checker.iter_errors(yaml.safe_load(text)))) is wrong
    assert schema["title"] == "awsbase organization"
    assert run("schema", "--organization", "--extras", "x").exit_code == 2


def test_a_printed_manifest_is_one(tmp_path: Path) -> None:
    shown = run("accounts", "show", written(tmp_path), "users")
    assert load(Path("-"), stdin=BytesIO(shown.stdout.encode())).account.name == "acme-users"


def test_a_list_that_does_not_fit_the_terminal_has_a_line_for_each_thing() -> None:
    rows = [
        ("ACCOUNT", "ID", "MANIFEST", "UNIT", "IS", "REACHED BY"),
        ("prod", "333333333333", "account.yaml", "-", "protected", "Admin from users"),
    ]
    assert table(rows, 80) == table(rows, None)
    assert table(rows, 60) == "prod\n  333333333333  account.yaml\n  protected\n  Admin from users\n"
