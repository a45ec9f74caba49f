"""What is allowed becomes as few statements as say the same, in policies that IAM takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsbase.engine.permissions import Allow, allow, equals
from awsbase.engine.scope import Scope
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.role import Role
from awsbase.ensure.trail import Trail
from awsbase.ensure.user import User
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.permissions import ATTACHED, least
from awsbase.permissions.documents import LIMIT, fitting, statements
from awsbase.policies import problems, size
from tests.contract.sample import HOME

MANIFESTS = sorted((Path(__file__).parents[2] / "manifests").glob("*.yaml"))
A, B = "arn:aws:sns:eu-west-1:123456789012:a", "arn:aws:sns:eu-west-1:123456789012:b"
EC2, LOGS = equals("iam:PassedToService", "ec2.amazonaws.com"), equals("iam:PassedToService", "logs.amazonaws.com")


def said(allows: list[Allow]) -> list[tuple[Any, Any, Any]]:
    written = [each.written for each in statements(allows, "Write")]
    return [(each["Action"], each["Resource"], each.get("Condition")) for each in written]


@pytest.mark.parametrize(
    ("allows", "written"),
    [
        (
            [allow("sns", "Subscribe", on=(A,)), allow("sns", "Subscribe", "Publish", on=(B, A))],
            [(["sns:Publish", "sns:Subscribe"], [A, B], None)],
        ),
        (
            [allow("sns", "Publish", on=(A,)), allow("sns", "Subscribe", on=(B,))],
            [(["sns:Publish"], [A], None), (["sns:Subscribe"], [B], None)],
        ),
        ([allow("sns", "Publish", on=(A,)), allow("sns", "Publish")], [(["sns:Publish"], ["*"], None)]),
        (
            [allow("sns", "Publish", on=(A,), when=EC2), allow("sns", "Publish", on=(A,))],
            [(["sns:Publish"], [A], None)],
        ),
        (
            [allow("sns", "Publish", on=(A,), when=EC2), allow("sns", "Publish", on=(A,), when=LOGS)],
            [
                (
                    ["sns:Publish"],
                    [A],
                    {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "logs.amazonaws.com"]}},
                )
            ],
        ),
        (
            [allow("iam", "PassRole", on=(A,), when=EC2), allow("iam", "PassRole", on=(B,), when=LOGS)],
            [
                (["iam:PassRole"], [A], {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com"]}}),
                (["iam:PassRole"], [B], {"StringEquals": {"iam:PassedToService": ["logs.amazonaws.com"]}}),
            ],
        ),
    ],
    ids=[
        "the same resources share a statement",
        "no action gets a resource that is another's",
        "everything says it for each",
        "no condition says it for each condition",
        "values of one condition join",
        "a condition stays with its resource",
    ],
)
def test_statements_say_what_is_allowed_and_no_more(allows: list[Allow], written: list[object]) -> None:
    assert said(allows) == written


def test_the_order_of_resources_means_nothing() -> None:
    groups = [Group(scope=HOME, name=name, policies=frozenset({f"arn:aws:iam::aws:policy/{name}"})) for name in "cab"]
    assert least(groups).documents == least(reversed(groups)).documents


@pytest.mark.parametrize("plan_only", [True, False], ids=["plan only", "reconcile"])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest.stem)
def test_policies_of_a_manifest_are_good_iam_and_not_too_long(manifest: Path, plan_only: bool) -> None:
    found = least([each for section in resources(load(manifest)).values() for each in section], plan_only=plan_only)
    assert 0 < len(found.documents) <= ATTACHED
    assert found.widened == ()
    for document in found.documents:
        assert size(document) <= LIMIT
        assert problems(document, "identity") == []


def team(count: int) -> list[User]:
    return [User(scope=HOME, name=f"person-{number:04}", path="/", console=True, mfa=True) for number in range(count)]


def test_many_names_are_split_and_far_too_many_are_named_by_their_beginning() -> None:
    split, widened = least(team(100)), least(team(500))
    assert 1 < len(split.documents) <= ATTACHED
    assert split.widened == ()
    assert len(widened.documents) <= ATTACHED
    assert "ReadIamUser" in widened.widened
    told = [each for document in widened.documents for each in document["Statement"]]  # type: ignore[attr-defined]
    named = next(each["Resource"] for each in told if each["Sid"] == "ReadIamUser")
    assert named == ["arn:aws:iam::123456789012:user/*"]


def test_what_cannot_be_widened_becomes_more_policies_than_fit() -> None:
    wide = [allow("sns", f"Publish{number}{'x' * 500}", on=(f"{A}{number}",)) for number in range(150)]
    assert len(fitting(statements(wide, "Write")).documents) > ATTACHED


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eu-west-1"])
def test_arns_and_services_are_of_the_partition(region: str) -> None:
    scope = Scope("123456789012", region, region)
    key = Key(scope=scope, name="acme", policy=key_policy(scope))
    role = Role(scope=scope, name="trail", path="/logs/", trust={})
    trail = Trail(
        scope=scope, name="acme", bucket_name="a", bucket="b", key=key.address, log_group="l", role=role.address
    )
    written = str(least([key, role, trail]).documents)
    assert f"arn:{scope.partition}:iam::123456789012:role/logs/trail" in written
    assert written.count("arn:") == written.count(f"arn:{scope.partition}:")


def test_what_is_elsewhere_is_allowed_there_alone() -> None:
    here = Key(scope=HOME, name="acme", policy=key_policy(HOME))
    there = replace(here, scope=HOME.at("us-east-1"))
    assert "us-east-1" not in str(least([here]).documents)
    assert "arn:aws:kms:us-east-1:123456789012:key/*" in str(least([here, there]).documents)


def test_a_plan_takes_no_right_to_write() -> None:
    from awsbase.engine.wire import is_read

    for manifest in MANIFESTS:
        found = least([each for section in resources(load(manifest)).values() for each in section], plan_only=True)
        told = [each for document in found.documents for each in document["Statement"]]  # type: ignore[attr-defined]
        actions = {action for each in told for action in each["Action"]}
        # A budget is viewed by no API of that name, and neither is a view of bills.
        reads = {"billing:GetBillingViewData", "budgets:ViewBudget"}
        assert {each for each in actions if not is_read(*each.split(":"))} <= reads
