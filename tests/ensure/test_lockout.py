"""No run ends its own caller, or leaves the account without anybody who administers it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.engine.account import Account
from awsbase.engine.resource import Resource
from awsbase.engine.wire import Wire
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.authorization import (
    Authorization,
    GroupFacts,
    PolicyFacts,
    RoleFacts,
    UserFacts,
    authorization,
)
from awsbase.ensure.group import Group
from awsbase.ensure.lockout import GATE, gate, lockout
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.errors import Refused
from awsbase.policies import render
from awsbase.sandbox import Sandbox
from tests.ensure.planned import HOME, Known

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VALUES = {"partition": "aws", "account": HOME.account}
SELF_SERVICE = Policy(place=HOME, name="awsbase-self-service", document=render("self-service", VALUES))
REQUIRE_MFA = Policy(place=HOME, name=GATE, document=render("require-mfa", VALUES))
IMPLICIT = [SELF_SERVICE, REQUIRE_MFA]

PEOPLE = Group(place=HOME, name="Admins", policies=frozenset({gate(HOME), SELF_SERVICE.arn}))
ROBOTS = Group(place=HOME, name="Robots", policies=frozenset({HOME.global_arn("iam", "policy/deploy")}))
KIM = User(place=HOME, name="kim", groups=frozenset({"Admins"}))


def account(caller: str, *, token: bool = False) -> Account:
    sandbox = Sandbox()
    session = sandbox.session("session/kim" if token else "user/kim")
    service = "sts" if caller.startswith("assumed-role") else "iam"
    return Account(Aws(session, "eu-west-1"), Wire(), HOME.account, f"arn:aws:{service}::{HOME.account}:{caller}")


def statement(action: str, effect: str = "Allow", **more: object) -> dict[str, Any]:
    return {"Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]}


def trusting(**principal: str) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}


def iam(*held: UserFacts | GroupFacts | RoleFacts | PolicyFacts) -> Authorization:
    def only(kind: type) -> dict[str, Any]:
        return {each.name.casefold(): each for each in held if isinstance(each, kind)}

    return Authorization(only(UserFacts), only(GroupFacts), only(RoleFacts), only(PolicyFacts))


def verdict(who: Account, have: Authorization, resources: Iterable[Resource]) -> str:
    """Return what the run is refused for; nothing when it may go on."""
    try:
        lockout(who, list(resources), Known({authorization: have}))
    except Refused as refused:
        return f"{refused} → {refused.hint}"
    return ""


@pytest.mark.parametrize(
    ("caller", "token", "resources", "member", "refused"),
    [
        ("user/kim", False, [PEOPLE], ["admins"], True),
        ("user/team/Kim", False, [PEOPLE], ["Admins"], True),
        ("user/kim", False, [PEOPLE, KIM], [], True),
        ("user/kim", False, [PEOPLE, ROBOTS], ["Robots"], False),
        ("user/kim", False, [ROBOTS], ["Admins"], False),
        ("user/kim", True, [PEOPLE], ["Admins"], False),
        ("assumed-role/admin/kim", False, [PEOPLE], ["Admins"], False),
    ],
    ids=[
        "a member",
        "a member under a path, in other letters",
        "a member to be",
        "a machine",
        "a group that is not managed",
        "with a session",
        "a role",
    ],
)
def test_who_would_be_cut_off_is_refused(
    caller: str, token: bool, resources: list[Resource], member: list[str], refused: bool
) -> None:
    have = iam(UserFacts("Kim", "/", groups=frozenset(member)))
    said = verdict(account(caller, token=token), have, [*IMPLICIT, *resources])
    assert ("awsbase mfa refresh" in said) == refused


OPS = GroupFacts("Ops", "/", frozenset({ADMIN}))
READERS = GroupFacts("Readers", "/", frozenset({READ}))
ROOT = UserFacts("root-of-all", "/", policies=frozenset({ADMIN}))
BOUNDS = PolicyFacts(HOME.global_arn("iam", "policy/bounds"), "/", statement("*"))


def ops(*policies: str, exact: bool = True) -> Group:
    return Group(place=HOME, name="Ops", policies=frozenset(policies), exact=exact)


@pytest.mark.parametrize(
    ("resources", "user", "says"),
    [
        ([AbsentUser(place=HOME, name="Kim")], {}, "that is you"),
        ([ops(READ)], {}, "administer nothing any more"),
        ([User(place=HOME, name="kim", groups=frozenset({"Readers"}))], {}, "administer nothing any more"),
        ([Policy(place=HOME, name="bounds", document=statement("s3:*"))], {"boundary": BOUNDS.arn}, "nothing any more"),
        ([ops(ADMIN, "deny")], {}, "administer nothing any more"),
        ([ops(READ, exact=False)], {}, ""),
        ([ops(READ, ADMIN)], {}, ""),
        ([ops(READ)], {"inline": {"own": statement("iam:*")}}, ""),
        ([ops(READ)], {"policies": frozenset({ADMIN})}, ""),
        ([AbsentUser(place=HOME, name="lee"), Group(place=HOME, name="Other")], {}, ""),
    ],
    ids=[
        "deleted",
        "group loses its rights",
        "leaves the group",
        "the boundary takes them",
        "a policy denies them",
        "not exact",
        "keeps them",
        "an inline policy has them",
        "a policy of the own has them",
        "somebody else",
    ],
)
def test_no_user_takes_the_own_administration_away(resources: list[Resource], user: dict[str, Any], says: str) -> None:
    deny = Policy(place=HOME, name="deny", document=statement("iam:*", "Deny"))
    resources = [
        replace(each, policies=frozenset(map(arn, each.policies))) if isinstance(each, Group) else each
        for each in resources
    ]
    kim = replace(UserFacts("kim", "/", groups=frozenset({"Ops"})), **user)
    said = verdict(account("user/kim", token=True), iam(kim, ROOT, OPS, READERS, BOUNDS), [deny, *resources])
    assert says in said
    assert bool(says) == bool(said)


def arn(policy: str) -> str:
    return policy if policy.startswith("arn:") else HOME.global_arn("iam", f"policy/{policy}")


PEOPLE_HERE = trusting(AWS=HOME.account)
DEPLOYER = RoleFacts(
    HOME.global_arn("iam", "role/deployer"), "deployer", "/", trust=PEOPLE_HERE, policies=frozenset({ADMIN})
)


def deployer(**more: Any) -> Role:
    return Role(place=HOME, name="deployer", **{"trust": PEOPLE_HERE, "policies": frozenset({ADMIN}), **more})


@pytest.mark.parametrize(
    ("want", "says"),
    [
        (deployer(), ""),
        (deployer(policies=frozenset({READ})), "administer nothing any more"),
        (deployer(policies=frozenset({READ}), exact=False), ""),
        (deployer(policies=frozenset(), inline={"all": statement("*")}), ""),
        (deployer(inline={"none": statement("iam:*", "Deny")}), "administer nothing any more"),
        (deployer(inline={"none": statement("iam:*", "Deny", Condition={"Bool": {"aws:ViaAWSService": "true"}})}), ""),
        (deployer(boundary=READ), "administer nothing any more"),
        (deployer(trust=trusting(Service="ec2.amazonaws.com")), "nobody could assume deployer who can now"),
        (deployer(trust=trusting(AWS="*")), ""),
        (deployer(trust=trusting(AWS=f"arn:aws:iam::{HOME.account}:user/kim")), ""),
        (deployer(trust=trusting(AWS="arn:aws:iam::999999999999:root")), "nobody could assume deployer who can now"),
        (deployer(trust={"Statement": [{**PEOPLE_HERE["Statement"][0], "Condition": MFA}]}), ""),
    ],
    ids=[
        "as it is",
        "other policies",
        "more policies",
        "an inline policy instead",
        "an inline policy denies",
        "an inline policy denies some requests",
        "a boundary",
        "another trust",
        "a wider trust",
        "a narrower trust",
        "the trust of another account",
        "a trust that asks for MFA",
    ],
)
def test_no_role_takes_the_own_administration_away(want: Role, says: str) -> None:
    said = verdict(account("assumed-role/deployer/kim"), iam(DEPLOYER, ROOT), [want])
    assert says in said
    assert bool(says) == bool(said)


@pytest.mark.parametrize(
    ("have", "resources", "says"),
    [
        ([OPS, UserFacts("lee", "/", groups=frozenset({"ops"}))], [ops(READ)], "now it is lee"),
        ([ROOT], [AbsentUser(place=HOME, name=ROOT.name)], "now it is root-of-all"),
        ([ROOT, DEPLOYER], [AbsentUser(place=HOME, name=ROOT.name)], ""),
        (
            [ROOT, replace(DEPLOYER, trust=trusting(Service="ec2.amazonaws.com"))],
            [AbsentUser(place=HOME, name=ROOT.name)],
            "now it is root-of-all",
        ),
        ([DEPLOYER], [deployer(trust=trusting(Service="ec2.amazonaws.com"))], "now it is deployer"),
        (
            [OPS, UserFacts("lee", "/", groups=frozenset({"ops"}))],
            [
                ops(READ),
                Group(place=HOME, name="New", policies=frozenset({ADMIN})),
                User(place=HOME, name="mia", groups=frozenset({"New"})),
            ],
            "",
        ),
        ([READERS], [ops(READ)], ""),
    ],
    ids=[
        "the group of administrators loses them",
        "the only one is deleted",
        "a role remains",
        "a role of a service does not count",
        "the only role is for services then",
        "another one is made",
        "there was none",
    ],
)
def test_somebody_always_administers(have: list[Any], resources: list[Resource], says: str) -> None:
    said = verdict(account("assumed-role/elsewhere/kim"), iam(*have), resources)
    assert says in said
    assert bool(says) == bool(said)


LEE = UserFacts("lee", "/team/", groups=frozenset({"Admins"}))
GATED = GroupFacts("Admins", "/", frozenset({gate(HOME)}))
SHUT = Group(place=HOME, name="Admins", policies=frozenset({gate(HOME)}))


@pytest.mark.parametrize(
    ("have", "resources", "refused"),
    [
        ([LEE], [PEOPLE], False),
        ([LEE], [SHUT], True),
        ([], [SHUT, replace(KIM, name="lee")], True),
        ([], [SHUT], False),
        ([LEE, GATED], [SHUT], False),
        ([replace(LEE, policies=frozenset({ADMIN}))], [SHUT], False),
        ([replace(LEE, inline={"with": statement("iam:*", Condition=MFA)})], [SHUT], True),
    ],
    ids=[
        "with self-service",
        "without",
        "a user to be",
        "nobody is in the group",
        "it was so before",
        "may enrol by another policy",
        "may enrol once enrolled",
    ],
)
def test_nobody_is_asked_for_mfa_who_may_not_enrol(have: list[Any], resources: list[Resource], refused: bool) -> None:
    said = verdict(account("assumed-role/elsewhere/kim"), iam(*have), [*IMPLICIT, *resources])
    assert ("lee would be asked for MFA and could not enrol" in said) == refused


def test_a_manifest_without_anybody_reads_nothing_of_iam() -> None:
    lockout(account("user/kim"), [], Known({}))
    with pytest.raises(KeyError):
        lockout(account("user/kim"), [ROBOTS], Known({}))
