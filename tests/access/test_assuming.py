"""Whoever a new role lets in without being certainly meant is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from awsbase.access.assuming import assumers, letting_in
from awsbase.engine.changes import Unknown
from awsbase.engine.lock import unfinished
from awsbase.ensure.group import Group
from awsbase.facts.authorization import Authorization, GroupFacts, RoleFacts, UserFacts, authorization, groups
from awsbase.facts.tags import origin
from tests.ensure.planned import HOME, planned

GITHUB = f"arn:aws:iam::{HOME.account}:oidc-provider/token.actions.githubusercontent.com"
GITLAB = f"arn:aws:iam::{HOME.account}:oidc-provider/gitlab.example"
SAML = f"arn:aws:iam::{HOME.account}:saml-provider/acme"
SUB, AUD = "token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:aud"
MAIN = "repo:acme/infra:ref:refs/heads/main"
KNOWN = f"whoever {GITHUB} knows can assume it"
BEGAN, LATER = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
ANYBODY = "everybody who is not named can assume it"
ACCOUNT = "kim can assume it"


def deputy(service: str) -> str:
    return f"{service} can assume it for whomever it works: no condition names a source"


@pytest.mark.parametrize(
    ("principal", "condition", "why"),
    [
        ({"AWS": f"arn:aws:iam::{HOME.account}:root"}, {}, ACCOUNT),
        ({"AWS": HOME.account}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, ACCOUNT),
        ({"AWS": f"arn:aws:iam::{HOME.account}:user/kim"}, {}, "user/kim can assume it"),
        ({"AWS": f"arn:aws:iam::{HOME.account}:role/teams/ci"}, {}, "role/teams/ci can assume it"),
        ({"AWS": "210987654321"}, {}, "principals of 210987654321 can assume it"),
        ({"AWS": ["arn:aws:iam::210987654321:root"]}, {}, "principals of 210987654321 can assume it"),
        ({"AWS": "*"}, {}, "every AWS account can assume it"),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "every AWS account can assume it"),
        ({"AWS": Unknown("role")}, {}, "somebody who is made by this run can assume it"),
        ({"CanonicalUser": "79a59d"}, {}, "principals of 79a59d can assume it"),
        ({"Federated": GITHUB}, {}, KNOWN),
        ({"Federated": GITHUB}, {"StringEquals": {AUD: "sts.amazonaws.com"}}, KNOWN),
        ({"Federated": GITHUB}, {"StringEquals": {SUB: MAIN}}, ""),
        ({"Federated": GITHUB}, {"StringLike": {SUB: "repo:acme/infra:*"}}, KNOWN),
        ({"Federated": GITHUB}, {"StringLike": {SUB: [MAIN, "repo:acme/*"]}}, KNOWN),
        ({"Federated": GITHUB}, {"StringEqualsIfExists": {SUB: MAIN}}, KNOWN),
        ({"Federated": GITHUB}, {"ForAllValues:StringEquals": {SUB: MAIN}}, KNOWN),
        ({"Federated": GITHUB}, {"StringNotEquals": {SUB: MAIN}}, KNOWN),
        ({"Federated": GITHUB}, {"StringWeird": {SUB: MAIN}}, KNOWN),
        ({"Federated": GITLAB}, {"StringLike": {"gitlab.example:sub": "project_path:acme/*:ref:main"}},
         f"whoever {GITLAB} knows can assume it"),
        ({"Federated": SAML}, {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, ""),
        ({"Federated": SAML}, {}, f"whoever {SAML} knows can assume it"),
        ({"Service": "ec2.amazonaws.com"}, {}, ""),
        ({"Service": "scheduler.amazonaws.com"}, {}, deputy("scheduler.amazonaws.com")),
        ({"Service": "scheduler.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": HOME.account}}, ""),
        ({"Service": "scheduler.amazonaws.com"}, {"ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*:*:x"}},
         deputy("scheduler.amazonaws.com")),
        ({"Service": "scheduler.amazonaws.com"}, {"StringLike": {"aws:SourceAccount": "*"}},
         deputy("scheduler.amazonaws.com")),
        ({"Service": ["ec2.amazonaws.com", "glue.amazonaws.com"]}, {}, deputy("glue.amazonaws.com")),
    ],
)  # fmt: skip
def test_new_role_lets_in_nobody_unnamed(principal: Any, condition: Any, why: str) -> None:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}
    assert letting_in({"Statement": [statement]}, HOME, lambda: ["kim"]) == why
    assert letting_in({"Statement": [{**statement, "Effect": "Deny"}]}, HOME, lambda: ["kim"]) == ""


def test_exceptions_let_in_everybody_else() -> None:
    named = {"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": HOME.account}}
    assert letting_in({"Statement": named}, HOME, list) == ANYBODY
    assert letting_in({"Statement": ["what is this"]}, HOME, list) == ANYBODY


ROLE = HOME.global_arn("iam", "role/support")
ALL = "arn:aws:iam::aws:policy/AdministratorAccess"
AWS_OWN = "arn:aws:iam::aws:policy/job-function/SystemAdministrator"


def allows(action: str, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*", **more}}


@pytest.mark.parametrize(
    ("who", "named"),
    [
        (UserFacts("kim", "/"), []),
        (UserFacts("kim", "/", inline={"all": allows("sts:*")}), ["kim"]),
        (UserFacts("kim", "/", inline={"all": allows("sts:*", Condition={"Weird": {"a": "b"}})}), ["kim"]),
        (UserFacts("kim", "/", inline={"all": allows("s3:*")}), []),
        (UserFacts("kim", "/", policies=frozenset({ALL})), []),
        (UserFacts("kim", "/", policies=frozenset({AWS_OWN})), ["kim"]),
        (UserFacts("kim", "/", groups=frozenset({"Ops"})), ["kim"]),
        (RoleFacts("arn", "ci", "/", inline={"all": allows("sts:AssumeRole")}), ["ci"]),
        (RoleFacts("arn", "ci", "/aws-service-role/x/", policies=frozenset({AWS_OWN})), []),
    ],
)
def test_a_role_for_the_account_is_for_those_whose_policies_let_them(who: Any, named: list[str]) -> None:
    ops = GroupFacts("Ops", "/", inline={"roles": allows("sts:AssumeRole")})
    one = {who.name: who}
    users, roles = (one, {}) if isinstance(who, UserFacts) else ({}, one)
    iam = Authorization(users, {"ops": ops}, roles, {})
    group = Group(scope=HOME, name="Ops")
    run = planned(group, {authorization: iam, groups: iam.groups})
    run.facts.values = {authorization: iam}  # type: ignore[attr-defined]
    assert assumers(run, ROLE, HOME) == named


@pytest.mark.parametrize(
    ("tags", "created", "since", "named"),
    [
        (origin(HOME), LATER, BEGAN, []),
        (origin(HOME), BEGAN, LATER, ["kim"]),
        (origin(HOME), LATER, None, ["kim"]),
        (origin(HOME), None, BEGAN, ["kim"]),
        ({}, LATER, BEGAN, ["kim"]),
    ],
)
def test_those_whom_an_interrupted_run_made_are_as_new_as_the_role(
    tags: dict[str, str], created: datetime | None, since: datetime | None, named: list[str]
) -> None:
    kim = UserFacts("kim", "/", created, inline={"all": allows("sts:*")}, tags=tags)
    iam = Authorization({"kim": kim}, {}, {}, {})
    facts = {authorization: iam, groups: {}, unfinished: since}
    run = planned(Group(scope=HOME, name="Ops"), facts, manifest="mine")
    assert assumers(run, ROLE, HOME) == named
