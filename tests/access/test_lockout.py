"""A run is refused when it would lock out its own caller, or leave the account without an administrator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from awsbase.access.lockout import lockout
from awsbase.aws import Aws
from awsbase.engine.account import Account
from awsbase.engine.resource import Resource
from awsbase.engine.wire import Wire
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.facts.authorization import (
    Authorization,
    GroupFacts,
    PolicyFacts,
    RoleFacts,
    UserFacts,
    authorization,
)
from awsbase.policies import render
from awsbase.sandbox import Sandbox
from tests.ensure.planned import HOME, KnownFacts

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VALUES = {"partition": "aws", "account": HOME.account}
SELF_SERVICE = Policy(scope=HOME, name="awsbase-self-service", document=render("self-service", VALUES))
REQUIRE_MFA = Policy(scope=HOME, name="awsbase-require-mfa", document=render("require-mfa", VALUES))
IMPLICIT = [SELF_SERVICE, REQUIRE_MFA]

OTHER_GATE = HOME.global_arn("iam", "policy/code-please")
PEOPLE = Group(scope=HOME, name="Admins", policies=frozenset({REQUIRE_MFA.arn, SELF_SERVICE.arn}))
ROBOTS = Group(scope=HOME, name="Robots", policies=frozenset({HOME.global_arn("iam", "policy/deploy")}))
OTHERWISE = [
    replace(REQUIRE_MFA, name="code-please"),
    replace(PEOPLE, policies=frozenset({SELF_SERVICE.arn, OTHER_GATE})),
]
KIM = User(scope=HOME, name="kim", groups=frozenset({"Admins"}))


def account(caller: str, *, token: bool = False) -> Account:
    sandbox = Sandbox()
    session = sandbox.session("session/kim" if token else "user/kim")
    service = "sts" if caller.startswith("assumed-role") else "iam"
    return Account(Aws(session, "eu-west-1"), Wire(), HOME.account, f"arn:aws:{service}::{HOME.account}:{caller}")


def statement(action: str | list[str], effect: str = "Allow", **more: object) -> dict[str, Any]:
    return {"Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]}


def trusting(**principal: str) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}


def iam(*entities: UserFacts | GroupFacts | RoleFacts | PolicyFacts) -> Authorization:
    def only(kind: type) -> dict[str, Any]:
        return {each.name.casefold(): each for each in entities if isinstance(each, kind)}

    return Authorization(only(UserFacts), only(GroupFacts), only(RoleFacts), only(PolicyFacts))


def verdict(who: Account, have: Authorization, resources: Iterable[Resource]) -> str:
    """Return the reasons why the run is refused; empty when it is allowed."""
    refusals = lockout(who, list(resources), KnownFacts({authorization: have}))
    return "\n".join(f"{refused.message} → {refused.hint}" for refused in refusals)


@pytest.mark.parametrize(
    ("caller", "token", "resources", "member", "refused"),
    [
        ("user/kim", False, [PEOPLE], ["admins"], True),
        ("user/team/Kim", False, [PEOPLE], ["Admins"], True),
        ("user/kim", False, [PEOPLE, KIM], [], True),
        ("user/kim", False, [PEOPLE, ROBOTS], ["Robots"], False),
        ("user/kim", False, OTHERWISE, ["Admins"], True),
        ("user/kim", True, OTHERWISE, ["Admins"], False),
        ("user/kim", False, [ROBOTS], ["Admins"], False),
        ("user/kim", True, [PEOPLE], ["Admins"], False),
        ("assumed-role/admin/kim", False, [PEOPLE], ["Admins"], False),
    ],
    ids=[
        "a member",
        "a member under a path, in other letters",
        "a member to be",
        "a machine",
        "a member of a group with an own require-mfa policy",
        "a member of the same group, with a session",
        "a group that is not managed",
        "with a session",
        "a role",
    ],
)
def test_run_that_would_lock_out_its_caller_is_refused(
    caller: str, token: bool, resources: list[Resource], member: list[str], refused: bool
) -> None:
    have = iam(UserFacts("Kim", "/", groups=frozenset(member)))
    message = verdict(account(caller, token=token), have, [*IMPLICIT, *resources])
    assert ("awsbase mfa refresh" in message) == refused


OPS = GroupFacts("Ops", "/", frozenset({ADMIN}))
READERS = GroupFacts("Readers", "/", frozenset({READ}))
ROOT = UserFacts("root-of-all", "/", policies=frozenset({ADMIN}))
BOUNDS = PolicyFacts(HOME.global_arn("iam", "policy/bounds"), "/", statement("*"))


def ops(*policies: str, exact: bool = True) -> Group:
    return Group(scope=HOME, name="Ops", policies=frozenset(policies), exact=exact)


@pytest.mark.parametrize(
    ("resources", "user", "expected"),
    [
        ([AbsentUser(scope=HOME, name="Kim")], {}, "that is you"),
        ([ops(READ)], {}, "administer nothing any more"),
        ([User(scope=HOME, name="kim", groups=frozenset({"Readers"}))], {}, "administer nothing any more"),
        ([Policy(scope=HOME, name="bounds", document=statement("s3:*"))], {"boundary": BOUNDS.arn}, "nothing any more"),
        ([ops(ADMIN, "deny")], {}, "administer nothing any more"),
        ([ops(READ, exact=False)], {}, ""),
        ([ops(READ, ADMIN)], {}, ""),
        ([ops(READ)], {"inline": {"own": statement("iam:*")}}, ""),
        ([ops(READ)], {"policies": frozenset({ADMIN})}, ""),
        ([AbsentUser(scope=HOME, name="lee"), Group(scope=HOME, name="Other")], {}, ""),
    ],
    ids=[
        "deleted",
        "group loses its permissions",
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
def test_user_cannot_remove_own_administration(resources: list[Resource], user: dict[str, Any], expected: str) -> None:
    deny = Policy(scope=HOME, name="deny", document=statement("iam:*", "Deny"))
    resources = [
        replace(each, policies=frozenset(map(arn, each.policies))) if isinstance(each, Group) else each
        for each in resources
    ]
    kim = replace(UserFacts("kim", "/", groups=frozenset({"Ops"})), **user)
    message = verdict(account("user/kim", token=True), iam(kim, ROOT, OPS, READERS, BOUNDS), [deny, *resources])
    assert expected in message
    assert bool(expected) == bool(message)


def arn(policy: str) -> str:
    return policy if policy.startswith("arn:") else HOME.global_arn("iam", f"policy/{policy}")


INSIDE = f"arn:aws:iam::{HOME.account}"
OURSELVES = f"{INSIDE}:group/Ops"
LESS = {
    "scoped": statement("iam:*", Resource=[f"{INSIDE}:{kind}/*" for kind in ("user", "group", "role", "policy")]),
    "of one kind": statement("iam:*", Resource=f"{INSIDE}:role/*"),
    "in the office": statement("*", Condition=OFFICE),
    "with a tag": statement("iam:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "platform"}}),
    "putting": statement(["iam:Put*", "iam:Create*", "iam:Get*", "iam:List*"]),
    "what it is of": statement("iam:*", Resource=OURSELVES),
    "one policy": statement(
        "iam:AttachGroupPolicy", Resource=OURSELVES, Condition={"ArnEquals": {"iam:PolicyARN": [ADMIN, READ]}}
    ),
    "its own policy": statement("iam:CreatePolicyVersion", Resource=f"{INSIDE}:policy/own"),
    "who is in it": statement("iam:AddUserToGroup", Resource=OURSELVES),
}


@pytest.mark.parametrize(
    ("want", "kept"),
    [
        ([ops(READ)], False),
        ([User(scope=HOME, name="kim")], False),
        ([ops(READ, arn("own"))], True),
        ([ops(ADMIN)], True),
        ([ops(ADMIN, "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3")], False),
        ([Policy(scope=HOME, name="own", document=statement("*"))], True),
        ([Policy(scope=HOME, name="own", document=statement("s3:*"))], False),
        ([Group(scope=HOME, name="Others")], True),
    ],
    ids=[
        "the group loses it",
        "the caller leaves",
        "the group keeps it",
        "the group gets all",
        "AWS denies it",
        "it becomes all",
        "it becomes another",
        "another group",
    ],
)
@pytest.mark.parametrize("document", LESS.values(), ids=LESS)
def test_user_with_part_of_iam_keeps_it(document: dict[str, Any], want: list[Resource], kept: bool) -> None:
    own = PolicyFacts(arn("own"), "/", document)
    kim = UserFacts("kim", "/", groups=frozenset({"Ops"}), tags={"team": "platform"})
    have = iam(kim, ROOT, own, GroupFacts("Ops", "/", frozenset({own.arn})))
    message = verdict(account("user/kim", token=True), have, want)
    assert ("administer nothing any more" in message) == (not kept)
    assert bool(message) == (not kept)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (OFFICE, {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]}}, True),
        (OFFICE, {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, False),
        (OFFICE, {**OFFICE, **MFA}, True),
        (OFFICE, {**OFFICE, "StringEquals": {"aws:PrincipalTag/team": "platform"}}, False),
        ({}, OFFICE, False),
        (OFFICE, {}, True),
        ({"ArnEquals": {"iam:PolicyARN": READ}}, {"ArnEquals": {"iam:PolicyARN": ADMIN}}, True),
        ({}, {"ArnEquals": {"iam:PolicyARN": READ}}, False),
    ],
    ids=[
        "more offices",
        "another office",
        "the office with MFA",
        "the office with a tag",
        "the office only",
        "everywhere",
        "other things",
        "one thing only",
    ],
)
def test_condition_on_own_permissions_can_only_be_relaxed(before: object, after: object, kept: bool) -> None:
    own = PolicyFacts(arn("own"), "/", statement("iam:*", Condition=before))
    kim = UserFacts("kim", "/", policies=frozenset({own.arn}))
    want = Policy(scope=HOME, name="own", document=statement("iam:*", Condition=after))
    message = verdict(account("user/kim", token=True), iam(kim, ROOT, own), [want])
    assert ("only on a new condition" in message) == (not kept)


DENIED = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
AWAY = {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


@pytest.mark.parametrize(
    ("denied", "kept"),
    [
        ({"Condition": AWAY}, False),
        ({"Action": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}, False),
        ({"Action": ["s3:*", "ec2:*"], "Condition": AWAY}, True),
        ({"Condition": {"StringEquals": {"aws:ResourceTag/kept": "yes"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:ResourceTag/mine": "yes"}}}, False),
        ({"Condition": {"Null": {"aws:ResourceTag/kept": "false"}}}, True),
        ({"Condition": {"Null": {"aws:ResourceTag/mine": "true"}}}, False),
        ({"Condition": {"ArnNotLike": {"aws:PrincipalArn": f"{INSIDE}:user/k*"}}}, True),
        ({"Condition": {"ArnNotLike": {"aws:PrincipalArn": f"{INSIDE}:user/lee"}}}, False),
        ({"Condition": {"ArnLike": {"aws:PrincipalArn": f"{INSIDE}:user/lee"}}}, True),
        ({"Condition": {"ArnLike": {"aws:PrincipalArn": f"{INSIDE}:user/${{aws:username}}"}}}, False),
        ({"Resource": f"{INSIDE}:role/kept"}, True),
        ({"Resource": f"{INSIDE}:*"}, False),
        ({"Action": ["iam:Attach*", "iam:Put*"], "Condition": NO_MFA}, True),
    ],
    ids=[
        "away from the office",
        "in other regions",
        "away, but not of IAM",
        "what is tagged",
        "what is not tagged so",
        "what has a tag",
        "what has no tag",
        "everybody but the caller",
        "everybody but somebody else",
        "somebody else",
        "any principal",
        "one role",
        "all of the account",
        "without MFA",
    ],
)
@pytest.mark.parametrize("known", [False, True], ids=["new", "there before"])
def test_new_denial_under_a_condition_is_a_loss(denied: dict[str, Any], kept: bool, known: bool) -> None:
    document: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{**DENIED, **denied}]}
    deny = Policy(scope=HOME, name="deny", document=document)
    kim = UserFacts("kim", "/", groups=frozenset({"Ops"}))
    existing = [PolicyFacts(deny.arn, "/", deny.document), GroupFacts("Ops", "/", frozenset({ADMIN, deny.arn}))]
    have = iam(kim, ROOT, *(existing if known else [OPS]))
    message = verdict(account("user/kim", token=True), have, [deny, ops(ADMIN, READ, deny.arn)])
    assert ("administer nothing any more" in message) == (not kept and not known)
    assert bool(message) == (not kept and not known)


PEOPLE_HERE = trusting(AWS=HOME.account)
DEPLOYER = RoleFacts(
    HOME.global_arn("iam", "role/deployer"), "deployer", "/", trust=PEOPLE_HERE, policies=frozenset({ADMIN})
)


def door(**more: object) -> dict[str, Any]:
    return {"Statement": [{**PEOPLE_HERE["Statement"][0], **more}]}


def but(**denied: object) -> dict[str, Any]:
    return {"Statement": [*PEOPLE_HERE["Statement"], {"Effect": "Deny", "Action": "sts:AssumeRole", **denied}]}


def deployer(**more: Any) -> Role:
    return Role(scope=HOME, name="deployer", **{"trust": PEOPLE_HERE, "policies": frozenset({ADMIN}), **more})


@pytest.mark.parametrize(
    ("want", "expected"),
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
        (deployer(trust=door(Condition=MFA)), ""),
        (deployer(trust=door(Condition={"StringEquals": {"sts:ExternalId": "x"}})), "could assume deployer"),
        (deployer(trust=door(Condition=OFFICE)), "could assume deployer"),
        (deployer(trust=door(Action=["sts:TagSession", "sts:SetSourceIdentity"])), "could assume deployer"),
        (deployer(trust=door(Action="sts:*")), ""),
        (deployer(trust=but(Principal="*")), "could assume deployer"),
        (deployer(trust=but(Principal={"AWS": HOME.account}, Condition=OFFICE)), "could assume deployer"),
        (deployer(trust=but(NotPrincipal={"AWS": f"arn:aws:iam::{HOME.account}:user/lee"})), "could assume deployer"),
        (deployer(trust=but(NotPrincipal={"AWS": HOME.account})), ""),
        (deployer(trust=but(Principal={"AWS": "arn:aws:iam::999999999999:root"})), ""),
        (deployer(trust=but(Principal="*", Action="sts:TagSession")), ""),
        (deployer(trust=but(Principal="*", Condition=NO_MFA)), ""),
        (deployer(inline={"gate": statement("*", "Deny", Condition=NO_MFA)}), "administer nothing any more"),
        (deployer(inline={"gate": statement("*", "Deny", Condition=NO_MFA)}, trust=door(Condition=MFA)), ""),
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
        "a trust that asks for an external id",
        "a trust that asks for an address",
        "a trust that lets nobody assume it",
        "a trust that lets do more",
        "a trust that denies everybody",
        "a trust that denies some requests",
        "a trust that denies all but somebody else",
        "a trust that denies all but the account",
        "a trust that denies another account",
        "a trust that denies something else",
        "a trust that denies who has no MFA",
        "an MFA gate on whom the trust lets in without MFA",
        "an MFA gate on whom the trust lets in with MFA",
    ],
)
def test_role_cannot_remove_own_administration(want: Role, expected: str) -> None:
    message = verdict(account("assumed-role/deployer/kim"), iam(DEPLOYER, ROOT), [want])
    assert expected in message
    assert bool(expected) == bool(message)


LEE_OF_OPS = UserFacts("lee", "/", groups=frozenset({"ops"}))
OWN_IN_OFFICE = Policy(scope=HOME, name="own", document=statement("*", Condition=OFFICE))
IN_OFFICE = [PolicyFacts(arn("own"), "/", OWN_IN_OFFICE.document), GroupFacts("Ops", "/", frozenset({arn("own")}))]


GITHUB = f"arn:aws:iam::{HOME.account}:oidc-provider/token.actions.githubusercontent.com"


def pipeline(subject: str, operator: str = "StringLike", also: Mapping[str, object] = MappingProxyType({})) -> Any:
    condition = {operator: {"token.actions.githubusercontent.com:sub": subject}, **also}
    return {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": GITHUB},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": condition,
            }
        ]
    }


@pytest.mark.parametrize(
    ("trust", "kept"),
    [
        (pipeline("repo:acme/*"), True),
        (pipeline("repo:acme/base:ref:refs/heads/main", "StringEquals"), True),
        (pipeline("repo:other/*"), False),
        (pipeline("repo:acme/*", also=OFFICE), False),
        (pipeline("repo:acme/*", also=MFA), False),
        (PEOPLE_HERE, False),
    ],
    ids=["as it is", "one branch", "another owner", "from the office", "with MFA, which it has not", "people instead"],
)
def test_pipeline_cannot_remove_itself_from_its_trust(trust: dict[str, Any], kept: bool) -> None:
    have = replace(DEPLOYER, trust=pipeline("repo:acme/*"))
    message = verdict(account("assumed-role/deployer/kim"), iam(have, ROOT), [deployer(trust=trust)])
    assert ("could assume deployer" in message) == (not kept)


@pytest.mark.parametrize(
    ("have", "resources", "expected"),
    [
        ([OPS, LEE_OF_OPS], [ops(READ)], "now it is lee"),
        ([ROOT], [AbsentUser(scope=HOME, name=ROOT.name)], "now it is root-of-all"),
        ([ROOT, DEPLOYER], [AbsentUser(scope=HOME, name=ROOT.name)], ""),
        (
            [ROOT, replace(DEPLOYER, trust=trusting(Service="ec2.amazonaws.com"))],
            [AbsentUser(scope=HOME, name=ROOT.name)],
            "now it is root-of-all",
        ),
        ([DEPLOYER], [deployer(trust=trusting(Service="ec2.amazonaws.com"))], "now it is deployer"),
        (
            [OPS, LEE_OF_OPS],
            [
                ops(READ),
                Group(scope=HOME, name="New", policies=frozenset({ADMIN})),
                User(scope=HOME, name="mia", groups=frozenset({"New"})),
            ],
            "now it is lee",
        ),
        (
            [OPS, LEE_OF_OPS, UserFacts("mia", "/")],
            [
                ops(READ),
                Group(scope=HOME, name="New", policies=frozenset({ADMIN})),
                User(scope=HOME, name="mia", groups=frozenset({"New"})),
            ],
            "",
        ),
        ([READERS], [ops(READ)], ""),
        ([*IN_OFFICE, LEE_OF_OPS], [ops(READ)], "now it is lee"),
        ([*IN_OFFICE, LEE_OF_OPS], [ops(READ, arn("own"))], ""),
        ([*IN_OFFICE, LEE_OF_OPS], [ops(ADMIN)], ""),
        ([OPS, LEE_OF_OPS], [OWN_IN_OFFICE, ops(arn("own"))], "now it is lee"),
    ],
    ids=[
        "the group of administrators loses them",
        "the only one is deleted",
        "a role remains",
        "a role of a service does not count",
        "the only role is for services then",
        "another one is made, who has no password",
        "another one is promoted",
        "there was none",
        "the only one is only one in the office",
        "who remains so",
        "and becomes one everywhere",
        "the only one is to be one in the office only",
    ],
)
def test_run_that_would_leave_no_administrator_is_refused(
    have: list[Any], resources: list[Resource], expected: str
) -> None:
    message = verdict(account("assumed-role/elsewhere/kim"), iam(*have), resources)
    assert expected in message
    assert bool(expected) == bool(message)


LEE = UserFacts("lee", "/team/", groups=frozenset({"Admins"}))
GATED = GroupFacts("Admins", "/", frozenset({REQUIRE_MFA.arn}))
ENROLS = GroupFacts("Admins", "/", frozenset({REQUIRE_MFA.arn, SELF_SERVICE.arn}))
KNOWN = [PolicyFacts(each.arn, "/", each.document) for each in IMPLICIT]


def gates(**denied: object) -> list[Resource]:
    """Return a require-mfa policy of another name, with a group that can enrol as far as the policy allows it."""
    denial = {"Effect": "Deny", "Resource": "*", "Condition": NO_MFA, **denied}
    gate = Policy(scope=HOME, name="code-please", document={"Statement": [denial]})
    return [gate, Group(scope=HOME, name="Admins", policies=frozenset({gate.arn, SELF_SERVICE.arn}))]


SHUT = Group(scope=HOME, name="Admins", policies=frozenset({REQUIRE_MFA.arn}))


@pytest.mark.parametrize(
    ("have", "resources", "refused"),
    [
        ([LEE], [PEOPLE], False),
        ([LEE], [SHUT], True),
        ([], [SHUT, replace(KIM, name="lee")], True),
        ([], [SHUT], False),
        ([LEE, GATED, *KNOWN], [SHUT], False),
        ([LEE, ENROLS, *KNOWN], [SHUT], True),
        ([LEE, ENROLS, *KNOWN], [PEOPLE], False),
        ([LEE, ENROLS, *KNOWN], [PEOPLE, replace(KIM, name="lee", groups=frozenset())], False),
        ([LEE], gates(NotAction=["iam:*MFA*", "sts:*"]), False),
        ([LEE], gates(NotAction=["s3:*"]), True),
        ([LEE], gates(Action="*"), True),
        ([LEE], gates(Action="ec2:TerminateInstances"), False),
        ([LEE], gates(Action="iam:*"), False),
        ([replace(LEE, inline={"half": statement("iam:PutUserPolicy")})], gates(Action="iam:*"), True),
        ([replace(LEE, policies=frozenset({ADMIN}))], [SHUT], False),
        ([replace(LEE, inline={"with": statement("iam:*", Condition=MFA)})], [SHUT], True),
    ],
    ids=[
        "with self-service",
        "without",
        "a user to be",
        "nobody is in the group",
        "it was so before",
        "self-service is taken away",
        "nothing is taken away",
        "the gate goes, too",
        "another gate",
        "another gate that enrolment does not pass",
        "a gate before everything",
        "a gate before something",
        "a gate before what one does not do",
        "a gate before what one does",
        "can enrol by another policy",
        "can enrol once enrolled",
    ],
)
def test_requiring_mfa_of_a_user_who_cannot_enrol_is_refused(
    have: list[Any], resources: list[Resource], refused: bool
) -> None:
    message = verdict(account("assumed-role/elsewhere/kim"), iam(*have), [*IMPLICIT, *resources])
    assert ("lee would be asked for MFA and could not enrol" in message) == refused


def test_manifest_without_iam_reads_nothing_of_iam() -> None:
    lockout(account("user/kim"), [], KnownFacts({}))
    with pytest.raises(KeyError):
        lockout(account("user/kim"), [ROBOTS], KnownFacts({}))
