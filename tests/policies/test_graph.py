"""No member of a group in a shipped manifest can become an administrator but the administrators."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure.group import Group
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from tests.ensure.planned import HOME
from tests.policies.graph import ADMINISTRATOR, Account, account, reaches
from tests.policies.mapped import FILE, MEMBER, digest
from tests.policies.shipped import MANIFESTS

INSIDE = f"arn:aws:iam::{HOME.account}"


@cache
def shipped(manifest: Path) -> Account:
    return account([each for section in resources(load(manifest)).values() for each in section], INSIDE)


PAIRS = [(manifest, group) for manifest in MANIFESTS for group in sorted(shipped(manifest).iam.groups)]


@pytest.mark.parametrize(("manifest", "group"), PAIRS, ids=lambda value: getattr(value, "stem", value))
def test_only_administrators_can_become_administrators(manifest: Path, group: str) -> None:
    here = shipped(manifest)
    found = reaches(here, here.member(group))
    assert (ADMINISTRATOR in found) == (group == "administrators"), found


@pytest.mark.parametrize(("manifest", "group"), PAIRS, ids=lambda value: getattr(value, "stem", value))
def test_members_reach_no_other_group_through_a_role(manifest: Path, group: str) -> None:
    """Whoever takes a role of a manifest is a member of a group that may: administrators, and who enters its host."""
    here = shipped(manifest)
    roles = set(reaches(here, here.member(group))) - {ADMINISTRATOR}
    assert not roles or group in ("administrators", "systemadministrators", "powerusers", "engineers", "operators"), (
        roles
    )


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ROOT_OF_ACCOUNT = {"AWS": f"{INSIDE}:root"}


def trust(**principal: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}


def allowing(*actions: str, on: str = "*", **more: object) -> list[Resource]:
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}
    policy = Policy(scope=HOME, name="own", document={"Version": "2012-10-17", "Statement": [allowed]})
    return [policy, Group(scope=HOME, name="Ops", policies=frozenset({policy.arn}))]


def role(**principal: Any) -> Role:
    return Role(scope=HOME, name="strong", trust=trust(**principal), policies=frozenset({ADMIN}))


KIM = User(scope=HOME, name="kim", groups=frozenset())


@pytest.mark.parametrize(
    ("made", "reached"),
    [
        ([*allowing("sts:AssumeRole"), role(**ROOT_OF_ACCOUNT)], True),
        ([*allowing("sts:AssumeRole", on=f"{INSIDE}:role/weak"), role(**ROOT_OF_ACCOUNT)], False),
        ([*allowing("sts:AssumeRole"), role(Service="ec2.amazonaws.com")], False),
        ([*allowing("iam:PassRole", "ec2:RunInstances"), role(Service="ec2.amazonaws.com")], True),
        ([*allowing("iam:PassRole"), role(Service="ec2.amazonaws.com")], False),
        ([*allowing("iam:PassRole", "lambda:CreateFunction"), role(Service="ec2.amazonaws.com")], False),
        ([*allowing("iam:PassRole"), role(Service="new.amazonaws.com")], True),
        (
            [
                *allowing("ssm:SendCommand"),
                role(Service="ec2.amazonaws.com"),
                InstanceProfile(scope=HOME, name="host", role="strong"),
            ],
            True,
        ),
        ([*allowing("iam:UpdateAssumeRolePolicy"), role(Service="ec2.amazonaws.com")], True),
        (allowing("iam:PutGroupPolicy"), True),
        (allowing("iam:AttachUserPolicy", on=f"{INSIDE}:user/other"), False),
        (allowing("iam:CreatePolicyVersion"), True),
        (allowing("iam:AddUserToGroup"), True),
        ([*allowing("iam:CreateAccessKey"), KIM], True),
        ([*allowing("iam:UpdateLoginProfile", on=f"{INSIDE}:user/${{aws:username}}"), KIM], False),
        (allowing("iam:TagUser", Condition={"StringEqualsIfExists": {"aws:PrincipalTag/team": "x"}}), True),
        (allowing("iam:TagUser"), False),
    ],
    ids=[
        "a role",
        "another role",
        "a role of a service",
        "a role for an instance",
        "a role, and nothing to start with it",
        "a role for another service",
        "a role for a service that nobody knows",
        "a host",
        "a trust",
        "a policy of the group",
        "a policy of somebody else",
        "a version",
        "a group",
        "a key of somebody else",
        "the own password",
        "a tag that a policy asks for",
        "a tag that no policy asks for",
    ],
)
def test_each_way_is_found(made: list[Resource], reached: bool) -> None:
    here = account(made, INSIDE)
    assert (ADMINISTRATOR in reaches(here, here.member("ops"))) == reached


ENTERS_HOSTS = "who builds enters the hosts of the account, and the role of the bastion can do little"
RUNS_SERVERS = "who builds runs the servers, and their role can do less"
# Whom PMapper finds a member of a group to reach, and why it may be so.
ROWS = {("cis", "powerusers", "acme-bastion"): ENTERS_HOSTS, ("startup", "engineers", "server"): RUNS_SERVERS}
MAPPED = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("manifest", "group"), PAIRS, ids=lambda value: getattr(value, "stem", value))
def test_pmapper_finds_the_same_administrators_and_nobody_whom_we_do_not(manifest: Path, group: str) -> None:
    here, found, member = shipped(manifest), MAPPED[manifest.stem], f"user/{MEMBER}{group}"
    assert (member in found["administrators"]) == (group == "administrators")
    roles = {each.partition(":")[0].removeprefix("role/") for each in found["reached"].get(member, ())}
    assert roles <= set(reaches(here, here.member(group)))
    assert roles == {role for stem, whose, role in ROWS if (stem, whose) == (manifest.stem, group)}


@pytest.mark.parametrize("manifest", dict.fromkeys(manifest for manifest, _ in PAIRS), ids=lambda value: value.stem)
def test_policies_are_those_that_pmapper_saw(manifest: Path) -> None:
    assert MAPPED[manifest.stem]["digest"] == digest(shipped(manifest)), "ask again: python -m tests.policies.mapped"
