"""`awsbase sandbox` with several accounts: their ids, their profiles, and the AWS CLI that goes from one to another."""

from __future__ import annotations

import configparser
import json
import subprocess
from pathlib import Path

import pytest

from awsbase.errors import UsageError
from awsbase.people import exports
from awsbase.scripts.connect import embedded_accounts
from awsbase.scripts.sandbox import chosen
from tests.people.shell import AWS
from tests.scripts.conftest import AWSBASE

USERS, PROD = "111111111111", "333333333333"
ROLE = f"""
[profile prod-admin]
role_arn = arn:aws:iam::{PROD}:role/OrganizationAccountAccessRole
source_profile = users
"""


@pytest.mark.parametrize(
    ("named", "number", "accounts"),
    [
        (["123456789012"], None, {"123456789012": "account-1"}),
        (["123456789012"], 1, {"123456789012": "account-1"}),
        (
            ["123456789012"],
            3,
            {"123456789012": "account-1", "123456789013": "account-2", "123456789014": "account-3"},
        ),
        (["999999999999"], 2, {"999999999999": "account-1", "000000000000": "account-2"}),
        ([f"users={USERS}", f"prod={PROD}"], None, {USERS: "users", PROD: "prod"}),
        ([f"users={USERS}", PROD], 3, {USERS: "users", PROD: "account-2", "333333333334": "account-3"}),
    ],
)
def test_accounts_without_an_id_count_on_from_the_last_one(
    named: list[str], number: int | None, accounts: dict[str, str]
) -> None:
    assert chosen(named, number) == accounts


@pytest.mark.parametrize(
    ("named", "number", "message"),
    [
        (["12345678901"], None, "'12345678901' is no account id"),
        (["prod="], None, "'' is no account id"),
        ([f"a b={USERS}"], None, "'a b' cannot name a profile"),
        ([f"={USERS}"], None, "'' cannot name a profile"),
        ([USERS, USERS], None, f"two accounts are called {USERS}"),
        ([f"prod={USERS}", f"prod={PROD}"], None, "two accounts are called prod"),
        ([f"account-2={USERS}"], 2, "two accounts are called account-2"),
        ([USERS, PROD], 1, "--account names 2 accounts, --accounts 1"),
    ],
)
def test_a_mistake_in_the_accounts_is_told(named: list[str], number: int | None, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        chosen(named, number)
    assert raised.value.hint


def test_the_profiles_are_for_their_owner_alone(tmp_path: Path) -> None:
    exports.profiles({"users": ("AKIA1", "s1"), "prod": ("AKIA2", "s2")}, "eu-west-1", tmp_path)
    config, credentials = configparser.ConfigParser(), configparser.ConfigParser()
    config.read(tmp_path / "config")
    credentials.read(tmp_path / "credentials")
    assert config.sections() == ["profile users", "profile prod"]
    assert dict(config["profile prod"]) == {"region": "eu-west-1"}
    assert dict(credentials["prod"]) == {"aws_access_key_id": "AKIA2", "aws_secret_access_key": "s2"}
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.slow
def test_the_aws_cli_goes_to_another_account_by_its_role(nobody: dict[str, str]) -> None:
    """The role is that of the organization; its profile names the one of the users account as its source."""
    arguments = ["--account", f"users={USERS}", "--account", f"prod={PROD}", "--organization"]
    go = f'printf %s "$0" >> "$AWS_CONFIG_FILE"; exec {AWS} sts get-caller-identity --profile prod-admin --query Arn'
    ended = subprocess.run(
        [*AWSBASE, "sandbox", *arguments, "--", "sh", "-c", go, ROLE],
        env=nobody,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert f"arn:aws:sts::{PROD}:assumed-role/OrganizationAccountAccessRole/" in ended.stdout, ended.stderr
    assert ended.returncode == 0


def test_a_control_policy_does_not_bind_the_management_account(tmp_path: Path) -> None:
    file = tmp_path / "deny.json"
    deny = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    world = embedded_accounts({USERS: "users", PROD: "prod"}, management=USERS, deny=[file])
    assert world.accounts[USERS].client("iam").list_users()["Users"] == []
    iam = world.accounts[PROD].client("iam")
    with pytest.raises(iam.exceptions.ClientError, match="explicit deny in a service control policy"):
        iam.list_users()
    members = world.accounts[USERS].client("organizations").list_accounts()["Accounts"]
    assert {member["Id"]: member["Name"] for member in members}[PROD] == "prod"
