"""A role of another account is assumed by whom its trust lets in, and by nobody else; moto alone lets everybody in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from awsbase.sandbox import World
from awsbase.sandbox.callers import Key
from awsbase.sandbox.clients import session
from awsbase.sandbox.organization_state import organization
from awsbase.sandbox.services.iam.mfa import totp
from tests.pipeline.tokens import GITHUB, token
from tests.sandbox.principals import allow, person, policy
from tests.sandbox.refused import refused

USERS, PROD, OUTSIDE = "111111111111", "333333333333", "999999999999"
ALICE = f"arn:aws:iam::{USERS}:user/alice"
DEVICE = f"arn:aws:iam::{USERS}:mfa/alice"
ASSUME, TAG, SOURCE = "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"
TEAM = [{"Key": "team", "Value": "blue"}]


def trust(*actions: str, of: str = ALICE, when: Mapping[str, Any] | None = None) -> dict[str, Any]:
    more = {"Condition": when} if when else {}
    return {"Effect": "Allow", "Principal": {"AWS": of}, "Action": list(actions or (ASSUME,)), **more}


def same(key: str, value: str) -> dict[str, Any]:
    return {"StringEquals": {key: value}}


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
FRESH = {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}
ANYBODY = f"arn:aws:iam::{USERS}:root"
FROM_HERE = f"arn:aws:iam::{PROD}:root"
# Roles of the production account by name, each with the statements of its trust; {org} is the organization's id.
ROLES: dict[str, list[dict[str, Any]]] = {
    "Plain": [trust()],
    "Account": [trust(of=ANYBODY)],
    "Bob": [trust(of=f"arn:aws:iam::{USERS}:user/bob")],
    "Other": [trust(of=f"arn:aws:iam::{OUTSIDE}:root")],
    "External": [trust(when=same("sts:ExternalId", "acme-7"))],
    "Member": [trust(of="*", when=same("aws:PrincipalOrgID", "{org}"))],
    "Stranger": [trust(of="*", when=same("aws:PrincipalOrgID", "o-0000000000"))],
    "Path": [trust(when={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "{org}/r-*"}})],
    "Mfa": [trust(when=MFA | FRESH)],
    "Named": [trust(when=same("sts:RoleSessionName", "alice"))],
    "Source": [trust(ASSUME, SOURCE)],
    "Run": [trust(ASSUME, SOURCE, when={"StringLike": {"sts:SourceIdentity": "run-*"}})],
    "SourceNamed": [trust(ASSUME, SOURCE, when=same("sts:RoleSessionName", "alice"))],
    "SourceTagged": [trust(ASSUME, SOURCE, when=same("aws:RequestTag/team", "blue")), trust(TAG)],
    "Tagged": [trust(ASSUME, TAG)],
    "Blue": [trust(), trust(TAG, when=same("aws:RequestTag/team", "blue"))],
    "TagSourced": [trust(ASSUME, SOURCE), trust(TAG, when={"Null": {"sts:SourceIdentity": "false"}})],
    "Next": [trust(of=FROM_HERE)],
    "NextAll": [trust(ASSUME, TAG, SOURCE, of=FROM_HERE)],
    "NextBlue": [trust(ASSUME, TAG, of=FROM_HERE, when=same("aws:PrincipalTag/team", "blue"))],
    "NextSourced": [trust(ASSUME, SOURCE, of=FROM_HERE, when=same("aws:SourceIdentity", "run-1"))],
}


def made(*, strict: bool = True, enforce: bool = False) -> World:
    """Return a users account with alice, and a production account with the roles, in one organization."""
    world = World([USERS, PROD], management=USERS, strict=strict, enforce=enforce)
    iam = world.accounts[USERS].client("iam")
    for user in ("alice", "bob"):
        iam.create_user(UserName=user)
    world.clock.advance(600)
    id = organization(world.first).org.id
    prod = world.accounts[PROD].client("iam")
    for name, statements in ROLES.items():
        document = json.dumps(policy(*statements)).replace("{org}", id)
        prod.create_role(RoleName=name, AssumeRolePolicyDocument=document, MaxSessionDuration=43200)
    return world


@pytest.fixture(scope="module")
def strict() -> World:
    return made()


@pytest.fixture(scope="module")
def lenient() -> World:
    """Return the same accounts as moto alone has them."""
    return made(strict=False)


def device(world: World) -> str:
    """Give alice an MFA device, or take the one that she has; return a code of it that is good once."""
    iam = world.accounts[USERS].client("iam")
    if not world.accounts[USERS].backend("iam", "aws").virtual_mfa_devices:
        iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")
        iam.enable_mfa_device(
            UserName="alice", SerialNumber=DEVICE, AuthenticationCode1=code(world, -1), AuthenticationCode2=code(world)
        )
    world.clock.advance(90)
    return code(world)


def code(world: World, later: int = 0) -> str:
    seed = world.accounts[USERS].backend("iam", "aws").virtual_mfa_devices[DEVICE].base32_string_seed
    return totp(seed, int(world.clock.time()) // 30 + later)


def role(name: str, account: str = PROD) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def asking(name: str, **params: Any) -> dict[str, Any]:
    return {"RoleArn": role(name), "RoleSessionName": "alice", **params}


def sts(world: World, key: Key) -> Any:
    return session(key, "eu-west-1", world.transport).client("sts")


def alice(world: World) -> Any:
    return world.accounts[USERS].client("sts", "eu-west-1", "user/alice")


def key_of(response: dict[str, Any]) -> Key:
    given = response["Credentials"]
    return Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


@dataclass(frozen=True)
class Asked:
    """A chain of sessions that alice asks for, and the code that the last is refused with; none if she gets it."""

    name: str
    refused: str | None
    steps: tuple[dict[str, Any], ...] = field(repr=False)


def asked(name: str, code: str | None, *steps: dict[str, Any]) -> Asked:
    return Asked(name, code, steps)


NO = "AccessDenied"
SOURCED = asking("Source", SourceIdentity="run-1")
TAGGED = asking("Tagged", Tags=TEAM, TransitiveTagKeys=["team"])
ASKED = [
    asked("a role that trusts the user", None, asking("Plain")),
    asked("a role that trusts the account", None, asking("Account")),
    asked("a role that is not there", NO, asking("Absent")),
    asked("an account that is not there", NO, asking("Plain", RoleArn=role("Plain", "888888888888"))),
    asked("a role that trusts another user", NO, asking("Bob")),
    asked("a role that trusts another account", NO, asking("Other")),
    asked("an external id", None, asking("External", ExternalId="acme-7")),
    asked("no external id", NO, asking("External")),
    asked("another external id", NO, asking("External", ExternalId="acme-8")),
    asked("a member of the organization", None, asking("Member")),
    asked("a place in the organization", None, asking("Path")),
    asked("no member of another organization", NO, asking("Stranger")),
    asked("a code", None, asking("Mfa", SerialNumber=DEVICE, TokenCode="good")),
    asked("no code", NO, asking("Mfa")),
    asked("a wrong code", NO, asking("Mfa", SerialNumber=DEVICE, TokenCode="000000")),
    asked("a code without its device", NO, asking("Mfa", TokenCode="good")),
    asked("a session name", None, asking("Named")),
    asked("another session name", NO, asking("Named", RoleSessionName="bob")),
    asked("a source identity", None, SOURCED),
    asked("a source identity that the trust wants", None, asking("Run", SourceIdentity="run-1")),
    asked("another one than the trust wants", NO, asking("Run", SourceIdentity="alice")),
    asked("a source identity without permission", NO, asking("Plain", SourceIdentity="run-1")),
    asked("setting it sees no session name", NO, asking("SourceNamed", SourceIdentity="run-1")),
    asked("setting it sees no tag", NO, asking("SourceTagged", SourceIdentity="run-1", Tags=TEAM)),
    asked("tags", None, asking("Tagged", Tags=TEAM)),
    asked("the tags that the trust wants", None, asking("Blue", Tags=TEAM)),
    asked("other tags", NO, asking("Blue", Tags=[{"Key": "team", "Value": "red"}])),
    asked("tags without permission", NO, asking("Plain", Tags=TEAM)),
    asked("tagging sees no source identity", NO, asking("TagSourced", SourceIdentity="run-1", Tags=TEAM)),
    asked("twelve hours", None, asking("Plain", DurationSeconds=43200)),
    asked("a chain", None, asking("Plain"), asking("Next", DurationSeconds=3600)),
    asked("a chain over an hour", "ValidationError", asking("Plain"), asking("Next", DurationSeconds=3601)),
    asked("the same source identity", None, SOURCED, asking("NextAll", SourceIdentity="run-1")),
    asked("the inherited source identity", None, SOURCED, asking("NextSourced")),
    asked("no source identity to inherit", NO, asking("Plain"), asking("NextSourced")),
    asked("an inherited one without permission", NO, SOURCED, asking("Next")),
    asked("a new source identity", "ValidationError", SOURCED, asking("NextAll", SourceIdentity="run-2")),
    asked("a tag of the session", None, asking("Tagged", Tags=TEAM), asking("NextBlue")),
    asked("an inherited tag", None, TAGGED, asking("NextAll"), asking("NextBlue")),
    asked("a tag that is not transitive", NO, asking("Tagged", Tags=TEAM), asking("NextAll"), asking("NextBlue")),
    asked("an inherited tag without permission", NO, TAGGED, asking("Next")),
    asked("an inherited tag anew", "InvalidParameterValue", TAGGED,
          asking("NextAll", Tags=[{"Key": "TEAM", "Value": "red"}])),
]  # fmt: skip
REFUSED = [each for each in ASKED if each.refused]


def outcome(world: World, asked: Asked) -> str | None:
    calls = alice(world)
    *steps, last = [
        {**step, "TokenCode": device(world)} if step.get("TokenCode") == "good" else step for step in asked.steps
    ]
    for step in steps:
        calls = sts(world, key_of(calls.assume_role(**step)))
    return refused(calls.assume_role, **last)


@pytest.mark.parametrize("asked", ASKED, ids=[each.name for each in ASKED])
def test_a_role_of_another_account_is_assumed_by_whom_it_trusts(asked: Asked, strict: World) -> None:
    if "000000" in str(asked.steps):
        device(strict)
    assert outcome(strict, asked) == asked.refused


@pytest.mark.parametrize("asked", REFUSED, ids=[each.name for each in REFUSED])
def test_moto_alone_takes_all_of_it(asked: Asked, lenient: World) -> None:
    assert outcome(lenient, asked) is None


@pytest.mark.parametrize(("caller", "code"), [("mfa/alice", None), ("session/alice", NO)])
def test_a_session_with_mfa_meets_a_trust_that_asks_for_it(caller: str, code: str | None, strict: World) -> None:
    calls = strict.accounts[USERS].client("sts", "eu-west-1", caller)
    assert refused(calls.assume_role, **asking("Mfa")) == code


def test_the_session_acts_in_the_other_account_alone(strict: World) -> None:
    key = key_of(alice(strict).assume_role(**SOURCED))
    calls = session(key, "eu-west-1", strict.transport)
    identity = calls.client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (PROD, f"arn:aws:sts::{PROD}:assumed-role/Source/alice")
    assert "Plain" in [each["RoleName"] for each in calls.client("iam").list_roles()["Roles"]]
    assert refused(calls.client("iam").get_user, UserName="alice") == "NoSuchEntity"

    strict.clock.advance(3601)
    assert refused(calls.client("sts").get_caller_identity) == "ExpiredToken"


def test_the_response_names_the_source_identity(strict: World) -> None:
    response = alice(strict).assume_role(**SOURCED)
    assert response["SourceIdentity"] == "run-1"


def test_an_account_outside_the_organization_is_not_let_in(strict: World) -> None:
    key = (strict.accounts.get(OUTSIDE) or strict.add(OUTSIDE)).key()
    assert refused(sts(strict, key).assume_role, **asking("Other")) is None
    assert refused(sts(strict, key).assume_role, **asking("Member")) == NO


@pytest.mark.parametrize(
    ("rights", "params", "code"),
    [
        ([], asking("Plain"), NO),
        ([allow(ASSUME, on=role("Plain"))], asking("Plain"), None),
        ([allow(ASSUME, on=role("Plain"))], asking("Account"), NO),
        ([allow(ASSUME, on="*")], asking("Bob"), NO),
        ([allow(ASSUME, on="*")], asking("Tagged", Tags=TEAM), NO),
        ([allow(ASSUME, TAG, on="*")], asking("Tagged", Tags=TEAM), None),
        ([allow(ASSUME, on="*")], SOURCED, NO),
        ([allow(ASSUME, SOURCE, on="*")], SOURCED, None),
        ([allow(ASSUME, on="*", Condition=same("sts:ExternalId", "acme-7"))], asking("External", ExternalId="acme-7"),
         None),
        ([allow(ASSUME, on="*", Condition=same("aws:ResourceAccount", PROD))], asking("Plain"), None),
        ([allow(ASSUME, on="*", Condition=same("aws:ResourceAccount", USERS))], asking("Plain"), NO),
    ],
)  # fmt: skip
def test_between_accounts_the_policies_of_the_caller_have_to_allow_it_too(
    rights: list[Any], params: dict[str, Any], code: str | None, enforcing: World
) -> None:
    iam = enforcing.accounts[USERS].client("iam")
    text = json.dumps(policy(*rights, allow("sts:GetCallerIdentity")))
    iam.put_user_policy(UserName="alice", PolicyName="rights", PolicyDocument=text)
    assert refused(alice(enforcing).assume_role, **params) == code


@pytest.fixture(scope="module")
def enforcing() -> World:
    return made(enforce=True)


def test_the_refusal_is_the_same_whatever_is_missing(enforcing: World) -> None:
    """Neither that a role is there nor whom it trusts is told to another account."""
    caller = person(enforcing.accounts[USERS], policy(allow(ASSUME, on=[role("Bob"), role("Absent")])), name="eve")
    calls = sts(enforcing, enforcing.key(USERS, caller))
    said = set()
    for name in ("Bob", "Absent", "Plain"):
        with pytest.raises(calls.exceptions.ClientError) as raised:
            calls.assume_role(**asking(name))
        error = raised.value.response
        said.add((error["Error"]["Code"], error["Error"]["Message"].replace(name, "X"), raised.value.operation_name))
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert said == {
        (NO, f"User: arn:aws:iam::{USERS}:user/eve is not authorized to perform: {ASSUME} on resource: {role('X')}",
         "AssumeRole")
    }  # fmt: skip


def test_a_token_of_an_identity_provider_leads_to_the_account_of_the_role() -> None:
    world = World([USERS, PROD])
    iam = world.accounts[PROD].client("iam")
    provider = iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])
    federated = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": provider["OpenIDConnectProviderArn"]},
        "Condition": same(f"{GITHUB.removeprefix('https://')}:sub", "repo:acme/infra:ref:refs/heads/main"),
    }
    iam.create_role(RoleName="Ci", AssumeRolePolicyDocument=json.dumps(policy(federated)))
    text = token(world.accounts[PROD], sub="repo:acme/infra:ref:refs/heads/main")
    ask = {"RoleSessionName": "run", "WebIdentityToken": text}
    calls = world.accounts[USERS].client("sts", "eu-west-1")

    key = key_of(calls.assume_role_with_web_identity(RoleArn=role("Ci"), **ask))
    assert sts(world, key).get_caller_identity()["Arn"] == f"arn:aws:sts::{PROD}:assumed-role/Ci/run"
    # The first account has neither the provider nor the role.
    assert refused(calls.assume_role_with_web_identity, RoleArn=role("Ci", USERS), **ask) == "InvalidIdentityToken"


def test_the_event_histories_of_both_accounts_say_who_came(strict: World) -> None:
    key = key_of(alice(strict).assume_role(**SOURCED))
    session(key, "eu-west-1", strict.transport).client("kms").create_key()

    def last(account: str, name: str) -> dict[str, Any]:
        cloudtrail = strict.accounts[account].client("cloudtrail", "eu-west-1")
        asked = [{"AttributeKey": "EventName", "AttributeValue": name}]
        event: dict[str, Any] = json.loads(
            cloudtrail.lookup_events(LookupAttributes=asked)["Events"][0]["CloudTrailEvent"]
        )
        return event

    assert last(USERS, "AssumeRole")["userIdentity"]["arn"] == ALICE
    there = last(PROD, "AssumeRole")
    assert (there["userIdentity"]["type"], there["userIdentity"]["accountId"]) == ("AWSAccount", USERS)
    assert there["requestParameters"]["sourceIdentity"] == "run-1"
    assert last(PROD, "CreateKey")["userIdentity"]["sessionContext"]["sourceIdentity"] == "run-1"
