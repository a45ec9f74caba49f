"""A policy that changes is shown as a diff of its statements."""

from __future__ import annotations

import io
from typing import Any

import pytest

from awsbase.engine.changes import Change, Drift, Outcome, Risk, Unknown
from awsbase.ensure.policy import Policy
from awsbase.facts import tags
from awsbase.facts.authorization import Authorization, GroupFacts, PolicyFacts, authorization, policies
from awsbase.policies.document import difference
from awsbase.view.statements import statement_lines
from awsbase.view.summary import summary
from awsbase.view.text import render
from awsbase.view.tree import tree
from tests.ensure.planned import HOME as SCOPE
from tests.ensure.planned import planned
from tests.view.reports import HOME, report

READ = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def drifts(have: dict[str, Any], want: dict[str, Any]) -> tuple[Drift, ...]:
    return tuple(Drift(*each) for each in difference(have, want))


@pytest.mark.parametrize(
    ("have", "want", "lines"),
    [
        (
            document(),
            document(READ),
            ["+ statement Read: Allow s3:GetObject, s3:ListBucket on *"],
        ),
        (
            document(READ, {**READ, "Sid": "Old", "NotResource": "a", "Action": "s3:*"}),
            document(READ),
            ["- statement Old: Allow s3:* on * on all but a"],
        ),
        (
            document(READ),
            document({**READ, "Action": ["s3:GetObject", "s3:PutObject"]}),
            ["- statement Read Action: s3:ListBucket", "+ statement Read Action: s3:PutObject"],
        ),
        (
            document({**READ, "Condition": MFA}),
            document(READ),
            ["- statement Read Condition: Bool aws:MultiFactorAuthPresent is true"],
        ),
        (
            document(),
            document(
                {
                    "Effect": "Allow",
                    "NotAction": "iam:*",
                    "Principal": {"AWS": ["1", "2"], "Service": "ec2.amazonaws.com"},
                    "Condition": {"StringEquals": {"aws:a": ["x", "y"], "aws:b": "z"}},
                }
            ),
            [
                "+ statement 1: Allow all but iam:* to AWS 1, 2, Service ec2.amazonaws.com"
                " if StringEquals aws:a is x or y and StringEquals aws:b is z"
            ],
        ),
        (
            document(),
            document({**READ, "Resource": Unknown("bucket")}),
            ["+ statement Read: Allow s3:GetObject, s3:ListBucket on <bucket, once made>"],
        ),
        (document(), document("odd"), ["+ statement 1: odd"]),
    ],
    ids=["a new one", "one less", "an action", "a condition", "every element", "an unknown", "no statement"],
)
def test_what_goes_and_what_comes(have: dict[str, Any], want: dict[str, Any], lines: list[str]) -> None:
    assert render(statement_lines(drifts(have, want), 0), io.StringIO()).splitlines() == lines


WIDER = drifts(document(READ), document({**READ, "Action": "s3:*"}))
WHY = "newly allows Action s3:*, Resource * of statement Read, for group Dev"
UPDATED = Outcome(
    "policy/read",
    HOME,
    "planned",
    (Change("update", "document", "iam:CreatePolicyVersion", WIDER, risk=Risk("access", WHY)),),
)


def test_summary_and_tree_show_the_diff_and_what_is_newly_allowed_to_whom() -> None:
    short = render(summary(report(UPDATED)), io.StringIO()).splitlines()
    assert short[3:9] == [
        "  ~ policy/read  document (risky)",
        "      - statement Read Action: s3:GetObject, s3:ListBucket",
        "      + statement Read Action: s3:*",
        "",
        "needs your approval",
        f"  ! policy/read  update document: {WHY}",
    ]
    whole = render(tree(report(UPDATED)), io.StringIO()).splitlines()
    assert whole[2:7] == [
        "  ~ policy/read",
        "      ~ document (risky)",
        "          - statement Read Action: s3:GetObject, s3:ListBucket",
        "          + statement Read Action: s3:*",
        f"          ! {WHY}",
    ]


def test_a_long_statement_is_shortened_unless_verbose() -> None:
    many = drifts(document(), document({**READ, "Action": [f"s3:Action{number}" for number in range(99)]}))
    (short,) = statement_lines(many, 0)
    assert len(short.text) < 220
    (whole,) = statement_lines(many, 0, verbose=True)
    assert "s3:Action50" in whole.text


def test_the_recipe_of_a_policy_gives_such_a_diff() -> None:
    want = Policy(scope=SCOPE, name="read", document=document({**READ, "Action": ["s3:GetObject", "s3:PutObject"]}))
    dev = GroupFacts("Dev", "/", frozenset({want.arn}))
    facts = {
        authorization: Authorization({}, {"dev": dev}, {}, {}),
        policies: {"read": PolicyFacts(want.arn, "/", document(READ))},
        (tags.indexed, "us-east-1"): {want.arn: {"awsbase:address": want.address}},
    }
    planned_changes = tuple(planned(want, facts).changes)
    plan = report(Outcome(want.address, HOME, "planned", planned_changes))
    shown = render(summary(plan), io.StringIO()).splitlines()
    assert shown[4:6] == [
        "      - statement Read Action: s3:ListBucket",
        "      + statement Read Action: s3:PutObject",
    ]
    assert shown[8].endswith("newly allows Action s3:PutObject, Resource * of statement Read, for group Dev")
