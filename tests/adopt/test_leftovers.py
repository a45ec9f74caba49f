"""What is left over is found, or it is said where and why nobody could look for it."""

from __future__ import annotations

import re

import pytest

from awsbase.adopt.leftovers import Leftovers, leftovers
from awsbase.ensure import KINDS
from awsbase.ensure.role import Role
from awsbase.ensure.topic import Topic
from awsbase.manifest.notify import topic_policy
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import HOME, account, go, person, problems

TOPIC = Topic(scope=HOME, name="acme-ops", policy=topic_policy(HOME, "acme-ops"))
ROLE = Role(
    scope=HOME,
    name="old",
    trust={
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    },
)
EVERYTHING = [
    "ec2:DescribeRegions",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetRole",
    "iam:List*",
    "sns:Get*",
    "sns:List*",
    "tag:Get*",
]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    made = Sandbox(enforce=True)
    assert problems(go(made, "reconcile", [TOPIC, ROLE])) == []
    made.clock.advance(60)
    return made


def found(sandbox: Sandbox, *without: str) -> Leftovers:
    """Look for what is left over as somebody without some rights."""
    allowed = [each for each in EVERYTHING if each not in without]
    statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
    name = "-".join(["operator", *(re.sub(r"\W", "-", each) for each in without)])
    caller = person(sandbox, {"Version": "2012-10-17", "Statement": [statement]}, name=name)
    return leftovers(account(sandbox, caller), HOME, KINDS, (), sandbox.clock.now())


def test_what_is_left_over_is_found(sandbox: Sandbox) -> None:
    done = found(sandbox)
    assert ([each.address for each in done.resources], done.unknown) == ([ROLE.address, TOPIC.address], {})


def test_a_role_whose_use_nobody_may_see_stays(sandbox: Sandbox) -> None:
    stays = found(sandbox, "iam:GetRole").stays
    assert stays.keys() == {ROLE.address}
    assert stays[ROLE.address].endswith("when it was used takes iam:GetRole to see")


@pytest.mark.parametrize(
    ("right", "place", "why"),
    [
        ("sns:List*", TOPIC.address, "topic/* could not be read: AuthorizationError"),
        ("tag:Get*", f"region {HOME.region}", "awsbase cannot look there: AccessDeniedException"),
        ("iam:GetAccountAuthorizationDetails", "IAM", "awsbase cannot look there: AccessDenied"),
        ("ec2:DescribeRegions", "regions", "awsbase cannot look there: UnauthorizedOperation"),
    ],
)
def test_where_nobody_can_look_is_told(sandbox: Sandbox, right: str, place: str, why: str) -> None:
    unknown = found(sandbox, right).unknown
    assert place in unknown
    assert unknown[place].startswith(why)
