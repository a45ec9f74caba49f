"""What service control policies would take from people is told before it happens, from what they used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from awsbase.access.lockout import lockout
from awsbase.access.patterns import Held
from awsbase.access.rehearsal import denies, known
from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.ensure.member_account import MemberAccount
from awsbase.ensure.organization import ADDRESS, Organization
from awsbase.ensure.organization_policy import OrganizationPolicy
from awsbase.ensure.organizational_unit import OrganizationalUnit, unit_address
from awsbase.facts.member_use import MemberPrincipal, Use
from awsbase.facts.organization import SCP
from awsbase.permissions import least
from awsbase.sandbox.world import World
from awsbase.testing.sample import HOME, said

MANAGEMENT, APP, QUIET = "123456789012", "333333333333", "444444444444"
DEPLOY = MemberPrincipal(f"arn:aws:iam::{APP}:role/teams/deploy", {"team": "web"})
ORGANIZATION = Organization(scope=HOME, policy_types=(SCP,))
WORKLOADS = OrganizationalUnit(scope=HOME, path="Workloads")
DAY = 86_400
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def deny(action: object, condition: Mapping[str, Any] | None = None, **others: object) -> dict[str, Any]:
    """Return a policy that denies an action, on everything unless others say so."""
    statement = {"Effect": "Deny", "Action": action, "Resource": "*", **others}
    if condition:
        statement["Condition"] = condition
    return {
        "Version": "2012-10-17",
        "Statement": [{key: value for key, value in statement.items() if value is not None}],
    }


def control(document: Mapping[str, Any], *targets: str) -> OrganizationPolicy:
    """Return a policy of an organization, on its root unless targets are given."""
    return OrganizationPolicy(scope=HOME, name="control", document=dict(document), targets=targets or (ADDRESS,))


IRELAND = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
OTHERS = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/teams/deploy"}}


@pytest.mark.parametrize(
    ("document", "used", "denied"),
    [
        (deny("s3:PutObject"), "s3:PutObject", True),
        (deny("S3:Put*"), "s3:PutObject", True),
        (deny("s3:GetObject"), "s3:PutObject", False),
        (deny(None, NotAction=["iam:*", "sts:*"]), "s3:PutObject", True),
        (deny(None, NotAction=["iam:*", "s3:*"]), "s3:PutObject", False),
        (deny("s3:PutObject", Resource="arn:aws:s3:::secret/*"), "s3:PutObject", None),
        (deny("*", Resource="arn:aws:s3:::secret/*"), "sqs:SendMessage", False),
        (deny("s3:*", Resource=None, NotResource="arn:aws:s3:::open/*"), "s3:PutObject", None),
        (deny("s3:*", IRELAND), "s3:PutObject", False),
        (deny("s3:*", {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), "s3:PutObject", True),
        (deny("s3:*", OTHERS), "s3:PutObject", False),
        (deny("s3:*", {"StringEquals": {"aws:PrincipalTag/team": "web"}}), "s3:PutObject", True),
        (deny("s3:*", {"StringEquals": {"aws:PrincipalTag/shift": "night"}}), "s3:PutObject", None),
        (deny("s3:*", {"Bool": {"aws:MultiFactorAuthPresent": "false"}}), "s3:PutObject", None),
        (deny("s3:*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-acme"}}), "s3:PutObject", False),
        (deny("s3:*"), "s3:", True),
        (deny("s3:PutObject"), "s3:", None),
        (deny("sqs:*"), "s3:", False),
        (deny(None, NotAction=["s3:Get*"]), "s3:", None),
        (deny(None, NotAction=["iam:*"]), "s3:", True),
    ],
)
def test_what_was_used_is_denied_not_denied_or_that_is_not_known(document: Any, used: str, denied: Held) -> None:
    use = Use(used, "eu-west-1", datetime(2026, 1, 1, tzinfo=UTC))
    assert denies([document], use, known(DEPLOY, use, "o-acme")) is denied


def member(world: World) -> None:
    """Let the role deploy of one member make a bucket, and another role do nothing."""
    iam = world.accounts[APP].client("iam")
    owner = {"AWS": f"arn:aws:iam::{APP}:root"}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": owner, "Action": "sts:AssumeRole"}],
    }
    for name in ("deploy", "idle"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    s3 = world.accounts[APP].client("s3", "eu-west-1", caller="role/deploy")
    s3.create_bucket(Bucket="acme-app", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def world(*, days: int = 10) -> World:
    """Return an organization of three accounts, so many days after the role deploy made a bucket."""
    made = World([MANAGEMENT, APP, QUIET], management=MANAGEMENT, enforce=True)
    member(made)
    made.clock.advance(days * DAY)
    return made


@cache
def reached(there: World) -> Account:
    """Return the management account."""
    wire = Wire()
    session = there.session(MANAGEMENT, region="eu-west-1")
    return identify(Aws(session, "eu-west-1", attach=[wire.attach], attempts=1), wire)


def go(there: World, mode: Mode, *resources: Resource) -> Report:
    """Plan or reconcile in the management account."""
    report = execute(mode, [ORGANIZATION, *resources], KINDS, reached(there), clock=there.clock)
    assert [(outcome.address, outcome.error) for outcome in report.outcomes if outcome.error] == []
    return report


def reasons(report: Report) -> list[str]:
    """List why changes are risky."""
    return [f"{change.risk.kind}: {change.risk.reason}" for _, change in report.changes if change.risk]


def notes(report: Report) -> list[str]:
    """List the notes of a report."""
    return [note for outcome in report.outcomes for note in outcome.notes]


@pytest.fixture(scope="module")
def untouched() -> World:
    """Return an organization that tests look at and do not change."""
    return world()


CUT = f"outage: cuts off role/deploy in {APP} from s3:CreateBucket"


def test_who_used_what_a_policy_denies_is_named_before_it_is_attached(untouched: World) -> None:
    there = untouched
    assert reasons(go(there, "plan", control(deny("s3:CreateBucket")))) == [CUT]
    harmless = go(there, "plan", control(deny("organizations:LeaveOrganization")))
    assert reasons(harmless) == []
    assert notes(harmless) == ["nobody in the 2 accounts below used in 90 days what it denies"]


def test_what_is_denied_in_some_cases_alone_may_cut_off(untouched: World) -> None:
    document = deny("s3:*", Resource="arn:aws:s3:::secret")
    assert reasons(go(untouched, "plan", control(document))) == [
        f"outage: may cut off role/deploy in {APP} from s3:CreateBucket"
    ]


def test_what_was_used_in_the_last_hours_counts_and_what_was_used_long_ago_does_not() -> None:
    assert reasons(go(world(days=0), "plan", control(deny("s3:CreateBucket")))) == [CUT]
    assert reasons(go(world(days=100), "plan", control(deny("s3:CreateBucket")))) == []


def test_a_member_that_nobody_can_look_into_is_named() -> None:
    there = world()
    iam = there.accounts[QUIET].client("iam")
    nobody = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}
    iam.update_assume_role_policy(RoleName="OrganizationAccountAccessRole", PolicyDocument=json.dumps(nobody))
    (why,) = reasons(go(there, "plan", control(deny("sqs:*"))))
    assert why == f"outage: what was used in {QUIET} (AccessDenied) cannot be read, so nobody knows who is cut off"


def test_a_stricter_document_is_rehearsed_where_the_policy_is_attached() -> None:
    there = world()
    go(there, "reconcile", control(deny("sqs:*")))
    stricter = go(there, "plan", control(deny(["sqs:*", "s3:CreateBucket"])))
    assert (said(stricter), reasons(stricter)) == (["organization-policy/control: update document"], [CUT])


def test_an_account_that_moves_is_rehearsed_with_what_holds_in_its_new_unit() -> None:
    there, policy = world(), control(deny("s3:CreateBucket"), unit_address("Workloads"))
    go(there, "reconcile", WORKLOADS)
    moved = MemberAccount(scope=HOME, name=APP, id=APP, unit="Workloads")
    # Whether the policy comes with the account, or was there before.
    assert CUT in reasons(go(there, "plan", WORKLOADS, policy, moved))
    go(there, "reconcile", WORKLOADS, policy)
    assert reasons(go(there, "plan", WORKLOADS, policy, moved)) == [CUT]


def test_a_plan_of_what_is_attached_looks_into_no_member() -> None:
    there, policy = world(), control(deny("sqs:*"))
    go(there, "reconcile", policy)
    there.forget_calls()
    assert said(go(there, "plan", policy)) == []
    assert [call.name for call in there.calls if call.name == "sts:AssumeRole"] == []


def test_sessions_in_members_can_only_read(untouched: World) -> None:
    there = untouched
    go(there, "plan", control(deny("s3:CreateBucket")))
    inside = [call for account in (APP, QUIET) for call in there.accounts[account].calls]
    assert {call.name for call in inside if call.caller and call.caller.name == "OrganizationAccountAccessRole"} == {
        "cloudtrail:LookupEvents",
        "iam:GenerateServiceLastAccessedDetails",
        "iam:GetAccountAuthorizationDetails",
        "iam:GetServiceLastAccessedDetails",
    }
    asked = [call for call in there.accounts[MANAGEMENT].calls if call.name == "sts:AssumeRole"]
    assert asked
    assert not any("iam:Put" in call.params["Policy"] for call in asked)


def test_who_may_only_plan_cannot_enter_a_member() -> None:
    wanted = [ORGANIZATION, WORKLOADS, control(deny("sqs:*")), MemberAccount(scope=HOME, name=APP, id=APP)]
    assert "sts:AssumeRole" not in str(least(wanted, plan_only=True).documents)
    assert "sts:AssumeRole" in str(least(wanted).documents)


SPARED = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}}


@pytest.mark.parametrize(
    ("document", "keeps", "refused"),
    [
        (deny("iam:*"), (), ["OrganizationAccountAccessRole"]),
        (deny("*"), (), ["OrganizationAccountAccessRole"]),
        (deny("iam:*", SPARED), (), []),
        (deny("iam:*", SPARED), ("Emergency",), ["Emergency"]),
        (deny(None, IRELAND, NotAction=["iam:*", "sts:*"]), (), []),
        (
            deny(None, {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}, NotAction="sts:*"),
            (),
            ["Organization"],
        ),
        (deny("cloudtrail:StopLogging"), ("Emergency",), []),
    ],
    ids=["iam", "everything", "spared", "another role", "regions", "regions with iam", "no repair"],
)
def test_a_policy_that_keeps_from_repairing_is_refused_like_a_lock_out(
    document: Any, keeps: tuple[str, ...], refused: Sequence[str], untouched: World
) -> None:
    policy = replace(control(document), keeps=keeps)
    with ThreadPoolExecutor(2) as pool:
        account = reached(untouched)
        found = lockout(account, [ORGANIZATION, policy], Facts(account.aws, pool))
    assert len(found) == len(refused)
    for refusal, role in zip(found, refused, strict=True):
        assert f"role/{role}" in refusal.message
        assert "aws:PrincipalArn" in str(refusal.hint)


def test_what_is_attached_already_refuses_no_run() -> None:
    there, policy = world(), control(deny("iam:*"))
    go(there, "reconcile", policy)
    with ThreadPoolExecutor(2) as pool:
        account = reached(there)
        assert lockout(account, [ORGANIZATION, policy], Facts(account.aws, pool)) == []
