"""Whoever a new role lets in without being certainly meant is named."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.access.assuming import letting_in
from awsbase.engine.changes import Unknown
from tests.ensure.planned import HOME

GITHUB = f"arn:aws:iam::{HOME.account}:oidc-provider/token.actions.githubusercontent.com"
GITLAB = f"arn:aws:iam::{HOME.account}:oidc-provider/gitlab.example"
SAML = f"arn:aws:iam::{HOME.account}:saml-provider/acme"
SUB, AUD = "token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:aud"
MAIN = "repo:acme/infra:ref:refs/heads/main"
KNOWN = f"whoever {GITHUB} knows can assume it"
ANYBODY = "everybody who is not named can assume it"
ACCOUNT = "whoever of this account may assume roles can assume it"


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
    assert letting_in({"Statement": [statement]}, HOME) == why
    assert letting_in({"Statement": [{**statement, "Effect": "Deny"}]}, HOME) == ""


def test_exceptions_let_in_everybody_else() -> None:
    named = {"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": HOME.account}}
    assert letting_in({"Statement": named}, HOME) == ANYBODY
    assert letting_in({"Statement": ["what is this"]}, HOME) == ANYBODY
