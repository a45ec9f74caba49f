"""A run is refused that leaves its caller unable to undo it, whatever operator, tag, path or policy does it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.access.decision import Call, permits, says
from awsbase.access.simulated_state import documents
from awsbase.access.worlds import TooMany, candidates, worlds
from awsbase.engine.resource import Resource
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.facts.authorization import GroupFacts, PolicyFacts, RoleFacts, UserFacts
from tests.access.test_lockout import ADMIN, INSIDE, READ, ROOT, account, arn, iam, statement, trusting, verdict
from tests.ensure.planned import HOME
from tests.policies.graph import of_aws

LOST = "administer nothing any more"
KIM = UserFacts("kim", "/", groups=frozenset({"Ops"}), tags={"team": "platform"})
OPS = GroupFacts("Ops", "/", frozenset({ADMIN}))


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def denied(condition: dict[str, Any], **more: object) -> dict[str, Any]:
    always = {} if "NotAction" in more else {"Action": "iam:*"}
    always |= {} if "NotResource" in more else {"Resource": "*"}
    return {"Effect": "Deny", "Condition": condition, **always, **more}


def refused(resources: list[Resource], *have: Any, kim: UserFacts = KIM) -> str:
    return verdict(account("user/kim", token=True), iam(kim, ROOT, *have), resources)


@pytest.mark.parametrize(
    ("denial", "lost"),
    [
        (denied({"StringNotEquals": {"aws:PrincipalArn": f"{INSIDE}:user/k*"}}), True),
        (denied({"StringNotLike": {"aws:PrincipalArn": f"{INSIDE}:user/k*"}}), False),
        (denied({"ArnNotEquals": {"aws:PrincipalArn": f"{INSIDE}:user/k*"}}), False),
        (denied({"StringNotEqualsIgnoreCase": {"aws:username": "KIM"}}), False),
        (denied({"StringNotEquals": {"aws:username": "KIM"}}), True),
        (denied({"StringLike": {"iam:PolicyARN": "*"}}), True),
        (denied({"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/Admin*"}}), True),
        (denied({"ArnNotLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}, Action="iam:Attach*"), False),
        (denied({"Null": {"iam:PolicyARN": "true"}}), True),
        (denied({"Null": {"iam:PolicyARN": "false"}}, Action="iam:DetachGroupPolicy"), True),
        (denied({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}), False),
        (denied({"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}), True),
        (denied({"StringEquals": {"aws:PrincipalTag/team": "platform"}}), True),
        (denied({"StringEquals": {"aws:PrincipalTag/team": "Platform"}}), False),
        (denied({"StringNotEquals": {"aws:PrincipalTag/cost": "1"}}), True),
        (denied({"StringEqualsIfExists": {"aws:PrincipalTag/cost": "1"}}), True),
        (denied({"StringEquals": {"iam:ResourceTag/team": "platform"}}, Resource=f"{INSIDE}:user/*"), False),
        (denied({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}), True),
        (denied({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}), False),
        (denied({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}), False),
        (denied({"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}), True),
        (denied({"IpAddress": {"aws:SourceIp": "192.0.2.7"}}), True),
        (denied({"StringEquivalent": {"aws:username": "lee"}}), True),
        (denied({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}), False),
        (denied({"StringEquals": {"aws:PrincipalAccount": "999999999999"}}), False),
        (denied({"StringLike": {"aws:userid": "AIDA*"}}), True),
        (denied({}, Action="iam:PutGroupPolicy", Resource=f"{INSIDE}:group/Ops"), False),
        (denied({}, Action="iam:Put*Policy"), True),
        (denied({}, NotAction="iam:*"), False),
        (denied({}, NotAction=["iam:Get*", "iam:List*", "s3:*"]), True),
        (denied({}, NotResource=[f"{INSIDE}:user/${{aws:username}}", f"{INSIDE}:group/Ops"]), False),
        (denied({}, NotResource=f"{INSIDE}:user/somebody", Action="*"), True),
    ],
    ids=lambda value: None if isinstance(value, bool) else str({k: v for k, v in value.items() if k != "Effect"}),
)
def test_new_denial_is_refused_when_it_may_leave_the_caller_without_a_way_back(
    denial: dict[str, Any], lost: bool
) -> None:
    deny = Policy(scope=HOME, name="deny", document=document(denial))
    message = refused([deny, Group(scope=HOME, name="Ops", policies=frozenset({ADMIN, deny.arn}))], OPS)
    assert (LOST in message) == lost
    assert bool(message) == lost


def group(name: str = "Ops", **more: Any) -> Group:
    return Group(scope=HOME, **{"name": name, "policies": frozenset({arn("own")}), "exact": False, **more})


def own(allowed: dict[str, Any]) -> Policy:
    return Policy(scope=HOME, name="own", document=allowed)


TEAM = {"StringEquals": {"aws:PrincipalTag/team": "platform"}}
OWN_GROUP = f"{INSIDE}:group/Ops"


@pytest.mark.parametrize(
    ("allowed", "want", "lost"),
    [
        (statement("*", Condition=TEAM), User(scope=HOME, name="kim", exact=False, tags={"team": "sales"}), True),
        (statement("*", Condition=TEAM), User(scope=HOME, name="kim", exact=False, tags={"cost": "1"}), False),
        (
            statement("*", Condition={"StringLike": {"aws:PrincipalArn": f"{INSIDE}:user/kim"}}),
            User(scope=HOME, name="kim", exact=False, path="/team/"),
            True,
        ),
        (
            statement("*", Condition={"StringLike": {"aws:PrincipalArn": f"{INSIDE}:user/*kim"}}),
            User(scope=HOME, name="kim", exact=False, path="/team/"),
            False,
        ),
        (statement("iam:*", Resource=OWN_GROUP), group(path="/team/"), True),
        (statement("iam:*", Resource=f"{INSIDE}:group/*"), group(path="/team/"), False),
        (
            statement("iam:*"),
            Policy(scope=HOME, name="own", document=statement("iam:*", Resource=f"{INSIDE}:role/*")),
            True,
        ),
        (
            statement("iam:*"),
            own(statement(["iam:AttachGroupPolicy", "iam:PutGroupPolicy"])),
            True,
        ),
        (
            statement("iam:*"),
            own(statement(["iam:AttachGroupPolicy", "iam:DetachGroupPolicy", "iam:PutGroupPolicy"])),
            False,
        ),
    ],
    ids=[
        "the tag it asks for is changed",
        "another tag",
        "the path it asks for is changed",
        "a path it does not ask for",
        "the path of the group is changed",
        "the path of the group does not matter",
        "over roles only",
        "what is attached stays",
        "over groups only",
    ],
)
def test_allow_that_a_run_takes_from_its_caller_is_a_loss(allowed: dict[str, Any], want: Resource, lost: bool) -> None:
    have = [PolicyFacts(arn("own"), "/", allowed), replace(OPS, policies=frozenset({arn("own")}))]
    assert (LOST in refused([want], *have)) == lost


def test_office_and_elsewhere_becoming_the_office_only_is_a_loss() -> None:
    office = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    everywhere, at_work = statement("*")["Statement"][0], statement("*", Condition=office)["Statement"][0]
    have = PolicyFacts(arn("own"), "/", document(everywhere, at_work))
    message = refused([own(document(at_work))], have, replace(OPS, policies=frozenset({have.arn})))
    assert LOST in message


@pytest.mark.parametrize(
    ("boundary", "lost"),
    [
        (statement("*"), False),
        (statement(["iam:Attach*", "iam:Detach*", "iam:Put*"]), True),
        (statement("s3:*"), True),
    ],
    ids=["everything", "all but taking it away", "nothing of IAM"],
)
def test_new_boundary_that_the_caller_could_not_take_away_is_a_loss(boundary: dict[str, Any], lost: bool) -> None:
    trust = trusting(AWS=HOME.account)
    have = RoleFacts(HOME.global_arn("iam", "role/deployer"), "deployer", "/", trust=trust, policies=frozenset({ADMIN}))
    bound = Policy(scope=HOME, name="bounds", document=boundary)
    want = Role(scope=HOME, name="deployer", trust=trust, policies=frozenset({ADMIN}), boundary=bound.arn)
    message = verdict(account("assumed-role/deployer/kim"), iam(have, ROOT), [bound, want])
    assert (LOST in message) == lost


@pytest.mark.parametrize(
    ("name", "lost"),
    [("arn:aws:iam::aws:policy/AWSDenyAll", True), (arn("AWSDenyAll"), False), (arn("AdministratorAccess"), True)],
    ids=["of AWS", "of the account, which allows everything", "of the account, which denies everything"],
)
def test_policy_is_what_its_document_says_and_not_its_name(name: str, lost: bool) -> None:
    own = [
        Policy(scope=HOME, name="AWSDenyAll", document=statement("*")),
        Policy(scope=HOME, name="AdministratorAccess", document=statement("*", "Deny")),
    ]
    want = Group(scope=HOME, name="Ops", policies=frozenset({ADMIN, name}))
    assert (LOST in refused([*own, want], OPS)) == lost


CALLS = [
    Call(f"iam:{verb}{kind}Policy", f"{INSIDE}:{kind.lower()}/x")
    for verb in ("Attach", "Detach", "Put")
    for kind in ("User", "Group", "Role")
]


def test_policy_of_aws_that_denies_a_way_back_is_known() -> None:
    """Of AWS's policies only the names are read: those that deny these calls, and that allow them, are written down."""
    nothing = iam()
    for arn_of_aws, theirs in of_aws().items():
        ours = list(documents(nothing, [arn_of_aws]))
        for call in CALLS:
            if says(call, [theirs], "Deny") is not False:
                assert says(call, ours, "Deny"), (arn_of_aws, call.action)
            if permits(call, ours):
                assert permits(call, [theirs]), (arn_of_aws, call.action)


def test_account_keeps_an_administrator_only_if_one_can_undo_a_run() -> None:
    want = Policy(scope=HOME, name="roles", document=statement("iam:*", Resource=f"{INSIDE}:role/*"))
    ops = Group(scope=HOME, name="Ops", policies=frozenset({want.arn}))
    message = verdict(account("assumed-role/elsewhere/kim"), iam(KIM, OPS), [want, ops])
    assert "nobody would administer the account any more but root" in message


def test_policies_that_tell_too_much_apart_are_refused() -> None:
    many = {f"aws:PrincipalTag/{number}": f"{number}" for number in range(12)}
    trust = trusting(AWS=HOME.account)
    have = RoleFacts(HOME.global_arn("iam", "role/deployer"), "deployer", "/", trust=trust, policies=frozenset({ADMIN}))
    deny = Policy(scope=HOME, name="deny", document=document(denied({"StringEquals": many})))
    want = Role(scope=HOME, name="deployer", trust=trust, policies=frozenset({ADMIN, deny.arn}))
    assert LOST in verdict(account("assumed-role/deployer/kim"), iam(have, ROOT), [deny, want])
    with pytest.raises(TooMany):
        list(worlds({key.lower(): [("StringEquals", value)] for key, value in many.items()}))


@pytest.mark.parametrize(
    ("key", "tests", "expected"),
    [
        ("aws:sourceip", [("IpAddress", "192.0.2.0/24")], {("192.0.2.0",), ("192.0.3.0",)}),
        ("aws:username", [("StringLike", "k*m?")], {("kmx",), ("kxmx",), ("something-else",), ()}),
        ("aws:multifactorauthage", [("NumericLessThan", "60")], {("59.5",), ("60",), ("60.5",), ()}),
        ("aws:tagkeys", [("ForAllValues:StringEquals", "a")], {("a",), ("a", "something-else"), ()}),
        ("aws:viaawsservice", [("Bool", True)], {("true",), ("false",), ()}),
    ],
    ids=["an address", "a pattern", "a number", "several values", "yes or no"],
)
def test_each_value_that_policies_tell_apart_is_tried(
    key: str, tests: list[tuple[str, object]], expected: set[tuple[str, ...]]
) -> None:
    assert expected <= set(candidates(key, tests))


def test_reading_roles_loses_nothing() -> None:
    assert not refused([Group(scope=HOME, name="Readers", policies=frozenset({READ}))], OPS)
