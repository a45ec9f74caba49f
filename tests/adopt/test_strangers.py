"""Whose something is that awsbase leaves alone, and what an account is called."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from awsbase.adopt.naming import from_alias, name_of
from awsbase.adopt.strangers import told_apart
from awsbase.engine.facts import Facts
from awsbase.engine.scope import Scope
from awsbase.engine.things import Described, LeftAlone
from awsbase.ensure.role import Role
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import HOME, account

NAMELESS = Scope(HOME.account, home=HOME.home, region=HOME.region)


def role(name: str, **more: Any) -> Described:
    return Described(Role(scope=HOME, name=name, trust={}), **more)


@pytest.mark.parametrize(
    ("thing", "owner"),
    [
        (role("AWSServiceRoleForSupport", path="/aws-service-role/support.amazonaws.com/"), "AWS"),
        (role("AWSReservedSSO_Admin_0123456789abcdef", path="/aws-reserved/sso.amazonaws.com/"), "IAM Identity Center"),
        (role("aws-controltower-ConfigRecorderRole"), "AWS Control Tower"),
        (role("AWSControlTowerExecution"), "AWS Control Tower"),
        (role("stacksets-exec-0123456789abcdef0123456789abcdef"), "StackSets"),
        (role("x", tags={"aws:cloudformation:stack-name": "StackSet-baseline-0123"}), "StackSets"),
        (role("x", tags={"aws:cloudformation:stack-name": "CDKToolkit"}), "AWS CDK"),
        (role("cdk-hnb659fds-deploy-role-123456789012-eu-west-1"), "AWS CDK"),
        (role("x", tags={"aws:cloudformation:stack-name": "shop"}), "CloudFormation, stack shop"),
        (role("x", tags={"awsbase:created-by": "other"}), "the manifest of other"),
        (role("OrganizationAccountAccessRole"), "AWS Organizations"),
    ],
)
def test_what_others_made_is_told_apart(thing: Described, owner: str) -> None:
    told = told_apart(thing, HOME)
    assert isinstance(told, LeftAlone)
    assert (told.name, told.owner) == (thing.name, owner)
    assert told.evidence


@pytest.mark.parametrize(
    "thing",
    [
        role("deploy"),
        role("deploy", path="/service-role/"),
        role("x", tags={"awsbase:created-by": "acme"}),
        role("my-cdk-helper"),
        role("x", tags={"aws:cloudformation": "no"}),
    ],
)
def test_what_people_made_is_theirs(thing: Described) -> None:
    assert told_apart(thing, HOME) is thing


@pytest.mark.parametrize(
    ("alias", "name"),
    [("acme", "acme"), ("acme-prod-eu", "acme-prod-eu"), ("9lives", ""), ("a", ""), ("acme--x", "acme-x"), ("", "")],
)
def test_an_alias_becomes_a_name_where_it_can(alias: str, name: str) -> None:
    assert from_alias(alias) == name


def test_the_name_is_that_of_the_manifest_that_made_something_else_the_alias_else_the_id() -> None:
    sandbox = Sandbox()
    assert asked(sandbox) == f"account-{HOME.account}"
    sandbox.client("iam").create_account_alias(AccountAlias="shop-prod")
    assert asked(sandbox) == "shop-prod"
    tags = [{"Key": "awsbase:created-by", "Value": "acme"}, {"Key": "awsbase:address", "Value": "user/x"}]
    sandbox.client("iam").create_user(UserName="x", Tags=tags)
    assert asked(sandbox) == "acme"


def asked(sandbox: Sandbox) -> str:
    with ThreadPoolExecutor(1) as pool:
        return name_of(Facts(account(sandbox, None).aws, pool), NAMELESS)
