"""The iam section says who is in an account and what they may do, as it is; what it cannot say is told by its field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.iam import policies
from awsbase.adopt.sections.iam.trust import trust_of
from awsbase.adopt.sections.iam.users import unused_since
from awsbase.engine.resource import Resource
from awsbase.ensure.group import Group
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import resources
from awsbase.manifest.trust import Trust
from awsbase.policies.document import same
from awsbase.samples.iam import ALICE, BILLING, DEPLOY, OPS, READ, RUNNER, allow, new_version, trusting
from awsbase.samples.mfa import CARA, DEVICE
from awsbase.sandbox import Rule, Sandbox
from awsbase.sandbox.wire import Refusal
from awsbase.testing.adopted import Adopted, adopted
from tests.adopt.reconciled import reasons
from tests.contract.sample import HOME, go, problems

ACCOUNT = f"arn:aws:iam::{HOME.account}"


def trust(principal: object, action: object = "sts:AssumeRole", **more: object) -> dict[str, Any]:
    """Return a trust with one statement."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action, **more}],
    }


def text(document: object) -> str:
    return json.dumps(document)


def plain(resource: Any) -> Any:
    """Return a resource without what only orders a run, and without what needs no saying."""
    if isinstance(resource, Group | User) and resource.path == "/":
        resource = replace(resource, path=None)
    if isinstance(resource, User):
        resource = replace(resource, console=False, mfa=False)
    return replace(resource, made_here=()) if hasattr(resource, "made_here") else resource


@pytest.mark.parametrize(
    "made",
    [
        [OPS],
        [OPS, ALICE],
        [DEPLOY, replace(RUNNER, description="")],
        [PasswordPolicy(scope=HOME, length=20, max_age=90)],
    ],
    ids=["group", "user", "policy and role", "password policy"],
)
def test_what_is_adopted_compiles_to_what_was_made(made: Sequence[Resource]) -> None:
    sandbox = Sandbox(pages=2)
    assert problems(go(sandbox, "reconcile", made)) == []
    found = adopted(sandbox, only=["iam"])
    assert reasons(found) == {}
    assert found.proven.refuted == {}
    for each in made:
        # Tags of a policy are those of the account.
        want = replace(each, tags={}) if each is DEPLOY else each
        have: Any = found.resources[each.address]
        if isinstance(want, PasswordPolicy):
            have = replace(have, hard_expiry=want.hard_expiry)
        assert plain(have) == plain(want)


MANIFEST = """
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}
state: {}
iam:
  password_policy: {}
  groups:
    Admins: {policies: ["awsbase:administrator", "aws:ReadOnlyAccess"]}
    Bots: {policies: ["awsbase:read-only"], people: false}
  users:
    alice: {groups: [Admins], console: true}
    bob: {}
    ci: {groups: [Bots]}
  roles:
    admin: {trust: {groups: [Admins]}, policies: ["awsbase:power-user"]}
    auditor: {trust: {accounts: ["210987654321"], mfa: false}, policies: [], boundary: "awsbase:read-only"}
"""


def test_an_account_of_a_manifest_is_adopted_as_that_manifest() -> None:
    sandbox = Sandbox()
    made = resources(load_text(MANIFEST, Path("acme.yaml"), {}))
    assert problems(go(sandbox, "reconcile", made["iam"])) == []

    found = adopted(sandbox, only=["iam"])
    assert found.proven.refuted == {}
    assert reasons(found) == {}
    have = {address: plain(each) for address, each in found.resources.items()}
    want = {each.address: plain(each) for each in made["iam"]}
    assert have.keys() == want.keys()
    for address in have:
        if isinstance(want[address], Group | User):
            want[address] = replace(want[address], exact=True)
        assert have[address] == want[address], address
    # What every group of people has is not written again.
    assert "    Admins: {policies: ['awsbase:administrator', 'aws:ReadOnlyAccess', acme-roles-Admins]}\n" in found.text
    assert "    acme-people: {policies: []}\n" in found.text


def test_a_second_adoption_writes_the_same_bytes() -> None:
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", [OPS, ALICE, DEPLOY, RUNNER])) == []
    first, second = adopted(sandbox, only=["iam"]), adopted(sandbox, only=["iam"])
    assert (first.text, first.proven.files) == (second.text, second.proven.files)


def in_sandbox(sandbox: Sandbox) -> None:
    """Make what people make by hand over the years."""
    iam = sandbox.client("iam")
    for name in ("Ops", "Bots", "Old"):
        iam.create_group(GroupName=name, **({"Path": "/old/"} if name == "Old" else {}))
    iam.attach_group_policy(GroupName="Ops", PolicyArn=READ)
    iam.attach_group_policy(GroupName="Ops", PolicyArn=BILLING)
    iam.put_group_policy(GroupName="Old", PolicyName="legacy", PolicyDocument=text(allow("s3:*")))
    for name, groups in {"Ann": ["Ops", "Bots"], "ci": ["Bots"], "solo": [], "old": ["Old"]}.items():
        iam.create_user(UserName=name, Tags=[{"Key": "équipe", "Value": "Zürich"}])
        for group in groups:
            iam.add_user_to_group(UserName=name, GroupName=group)
    iam.create_login_profile(UserName="Ann", Password="correct-Horse-7-battery")
    iam.create_access_key(UserName="ci")
    iam.put_user_policy(UserName="ci", PolicyName="legacy", PolicyDocument=text(allow("s3:*")))
    iam.attach_user_policy(UserName="ci", PolicyArn=READ)
    statements: Any = allow("s3:GetObject")["Statement"]
    old = {"Version": "2012-10-17", "Statement": statements[0]}
    iam.create_policy(
        PolicyName="ünlike".replace("ü", "u"), Path="/teams/", PolicyDocument=text(old), Description="für alle"
    )
    iam.create_policy(PolicyName="deploy", PolicyDocument=text(allow("s3:*")))
    for number in range(4):
        new_version(sandbox, allow(f"s3:{number}"), default=number == 2)
    iam.create_policy(PolicyName="awsbase-mine", PolicyDocument=text(allow("s3:*")))
    iam.create_policy(PolicyName="most", PolicyDocument=text(allow("s3:*")))


def trusts(sandbox: Sandbox) -> None:
    """Make roles with all sorts of trusts."""
    iam = sandbox.client("iam")
    iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
    )
    oidc = f"{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    subject = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/infra:*"}}
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": True}}
    made = {
        "Machine": trust({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}),
        "ancient": {**trust({"Service": "ec2.amazonaws.com"}), "Version": "2008-10-17"},
        "people": trust({"AWS": f"{ACCOUNT}:root"}, Condition=mfa),
        "open": trust({"AWS": [HOME.account, "210987654321"]}),
        "external": trust({"AWS": "210987654321"}, Condition={"StringEquals": {"sts:ExternalId": "x"}}),
        "github": trust({"Federated": oidc}, "sts:AssumeRoleWithWebIdentity", Condition=subject),
        "saml": trust({"Federated": f"{ACCOUNT}:saml-provider/okta"}, "sts:AssumeRoleWithSAML"),
        "first": trust({"AWS": f"{ACCOUNT}:root"}),
        "second": trust({"AWS": f"{ACCOUNT}:root"}),
        "dead": trust({"Service": "ec2.amazonaws.com"}),
        "itself": trust({"Service": "ec2.amazonaws.com"}),
        "anybody": trust({"AWS": "*"}),
        "bounded": trust({"Service": "ec2.amazonaws.com"}),
    }
    for name, document in made.items():
        more = {"PermissionsBoundary": f"{ACCOUNT}:policy/most"} if name == "bounded" else {}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(document), **more)
    held = {role.name: role for role in sandbox.backend("iam", "aws").roles.values()}
    held["first"].assume_role_policy_document = text(trust({"AWS": f"{ACCOUNT}:role/second"}))
    held["second"].assume_role_policy_document = text(trust({"AWS": f"{ACCOUNT}:role/first"}))
    held["itself"].assume_role_policy_document = text(trust({"AWS": f"{ACCOUNT}:role/itself"}))
    held["dead"].assume_role_policy_document = text(trust({"AWS": ["AROAEXAMPLE0000000000", "210987654321"]}))
    iam.put_role_policy(
        RoleName="Machine", PolicyName="own", PolicyDocument=text({**allow("s3:*"), "Version": "2008-10-17"})
    )
    held["open"].policies["broken"] = text(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3"}]}
    )
    iam.attach_role_policy(RoleName="open", PolicyArn=f"{ACCOUNT}:policy/awsbase-mine")
    iam.attach_role_policy(RoleName="Machine", PolicyArn=f"{ACCOUNT}:policy/teams/unlike")
    iam.attach_role_policy(RoleName="Machine", PolicyArn=f"{ACCOUNT}:policy/awsbase-mine")
    # Nothing but the role's boundary is left of it.
    del sandbox.backend("iam", "aws").managed_policies[f"{ACCOUNT}:policy/most"]


@pytest.fixture(scope="module")
def by_hand() -> Adopted:
    """An account that people made by hand over the years, adopted."""
    sandbox = Sandbox()
    in_sandbox(sandbox)
    trusts(sandbox)
    return adopted(sandbox, only=["iam"])


def test_the_plan_of_what_was_made_by_hand_is_empty_at_once(by_hand: Adopted) -> None:
    assert by_hand.proven.refuted == {}
    assert by_hand.proven.left_out == {}
    assert {change.what for _, change in by_hand.proven.plan.changes} == {"tags"}


def test_everything_is_counted(by_hand: Adopted) -> None:
    count = by_hand.count
    assert count.listed == 3 + 4 + 3 + 13
    assert count.unread == ()
    assert count.left_alone == ()
    assert reasons(by_hand) == {
        "group/Old": ("inline policy 'legacy'",),
        "policy/awsbase-mine": ("its name, which awsbase keeps for policies of its own",),
        "user/ci": ("inline policy 'legacy'", f"attachment {READ}"),
        "user/solo": ("is in no group, and a manifest has users in groups only",),
        "role/dead": reasons(by_hand)["role/dead"],
        "role/first": ("trust: role/first, role/second trust one another, and a manifest makes one first",),
        "role/second": ("trust: role/first, role/second trust one another, and a manifest makes one first",),
        "role/itself": ("trust: names the role itself, which a manifest could not make",),
        "role/open": reasons(by_hand)["role/open"],
    }
    assert "'AROAEXAMPLE0000000000' is the id of a deleted user or role" in reasons(by_hand)["role/dead"][0]
    assert all(each.startswith("inline policy 'broken': ") for each in reasons(by_hand)["role/open"])


def said(found: Adopted, *path: str) -> Any:
    """Return what the iam section says at a place."""
    value = found.proven.drafts[0].value
    for step in path:
        value = value[step]
    return value


def test_groups_and_users_are_written_as_they_are(by_hand: Adopted) -> None:
    assert said(by_hand, "groups") == {
        "Bots": {"policies": [], "people": False},
        "Old": {"policies": [], "path": "/old/", "people": False},
        "Ops": {"policies": ["aws:ReadOnlyAccess", "aws:job-function/Billing"], "people": False},
    }
    assert list(said(by_hand, "users")) == ["Ann", "ci", "old"]
    assert said(by_hand, "users", "Ann") == {"groups": ["Bots", "Ops"], "tags": {"équipe": "Zürich"}}


def test_a_user_without_password_and_keys_is_marked(by_hand: Adopted) -> None:
    marked = [path for path, texts in by_hand.proven.drafts[0].remarks.items() if "unused since" in " ".join(texts)]
    assert marked == [("users", "old")]
    assert "    old:" in by_hand.text
    assert by_hand.text.count("# unused since 20") == 1


def test_only_groups_of_people_who_sign_in_are_weaker_without_the_gate(by_hand: Adopted) -> None:
    weaker = [path for path in by_hand.proven.drafts[0].weaker_at if path[0] == "groups"]
    assert weaker == [("groups", "Bots", "people"), ("groups", "Ops", "people")]


def test_policies_are_files(by_hand: Adopted) -> None:
    assert said(by_hand, "policies") == {
        "deploy": {"file": "policies/deploy.json"},
        "unlike": {"file": "policies/unlike.json", "path": "/teams/", "description": "für alle"},
    }
    files = by_hand.proven.files
    assert json.loads(files["policies/deploy.json"]) == allow("s3:2")
    assert files["policies/unlike.json"].splitlines()[:5] == [
        "{",
        '  "Version": "2012-10-17",',
        '  "Statement": [',
        "    {",
        '      "Sid": "Allow",',
    ]


def test_roles_are_written_as_they_are(by_hand: Adopted) -> None:
    roles = said(by_hand, "roles")
    assert roles["Machine"] == {
        "trust": {"services": ["ec2.amazonaws.com", "lambda.amazonaws.com"]},
        "policies": ["unlike", f"{ACCOUNT}:policy/awsbase-mine"],
        "inline": {"own": allow("s3:*")["Statement"]},
    }
    assert roles["ancient"] == {"trust": {"services": ["ec2.amazonaws.com"]}, "policies": []}
    assert roles["people"]["trust"] == {"accounts": ["{id}"]}
    assert roles["external"]["trust"]["statements"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": "x"}}
    assert roles["github"]["trust"]["statements"][0]["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert roles["saml"]["trust"]["statements"][0]["Action"] == "sts:AssumeRoleWithSAML"


def test_a_role_with_an_inline_policy_that_is_refused_keeps_what_it_has(by_hand: Adopted) -> None:
    assert said(by_hand, "roles", "open") == {"trust": {"accounts": ["{id}", "210987654321"], "mfa": False}}
    assert ("roles", "open", "trust", "mfa") in by_hand.proven.drafts[0].weaker_at


def test_a_boundary_that_was_deleted_is_marked(by_hand: Adopted) -> None:
    assert said(by_hand, "roles", "bounded", "boundary") == f"{ACCOUNT}:policy/most"
    assert f"boundary: {ACCOUNT}:policy/most  # this policy is no longer there" in by_hand.text


def test_a_weak_password_policy_is_written_and_marked() -> None:
    sandbox = Sandbox()
    sandbox.client("iam").update_account_password_policy(
        MinimumPasswordLength=8, RequireNumbers=True, MaxPasswordAge=30
    )
    found = adopted(sandbox, only=["iam"])
    assert said(found, "password_policy") == {
        "minimum_length": 8,
        "reuse_prevention": 0,
        "lowercase": False,
        "uppercase": False,
        "symbols": False,
        "users_may_change": False,
        "max_age_days": 30,
    }
    tight: Draft = found.proven.drafts[0].tightened()
    assert tight.value == {"password_policy": {"max_age_days": 30}}


def test_an_account_without_anything_has_no_section() -> None:
    found = adopted(Sandbox(), only=["iam"])
    assert "iam" not in found.text
    assert found.count.listed == 0


def test_a_device_whose_seed_waits_is_provided_and_needs_a_group() -> None:
    sandbox = Sandbox()
    people = Group(scope=HOME, name="acme-people")
    made = load_text(MANIFEST.replace("bob: {}", "bob: {mfa: {provision: true}}"), Path("acme.yaml"), {})
    assert problems(go(sandbox, "reconcile", [*resources(made)["iam"], CARA, DEVICE])) == []
    found = adopted(sandbox, only=["iam"])
    assert found.proven.refuted == {}
    assert people.address in found.resources
    assert said(found, "users", "bob") == {"groups": ["acme-people"], "mfa": {"provision": True}}
    assert reasons(found) == {
        "user/cara": ("is in no group, and a manifest has users in groups only",),
        "mfa-device/cara": ("its user is not in the manifest",),
    }


def test_a_hundred_groups_cost_no_call_each() -> None:
    sandbox = Sandbox()
    for number in range(100):
        sandbox.client("iam").create_group(GroupName=f"Team{number}")
    sandbox.calls.clear()
    found = adopted(sandbox, only=["iam"])
    assert len(found.count.described) == 100
    assert len(sandbox.calls) < 30


def test_until_the_report_is_made_nothing_is_said_of_who_signs_in() -> None:
    def making(request: object) -> None:
        raise Refusal("ReportInProgress", "Report generation in progress.", 404)

    sandbox = Sandbox(rules=(Rule("iam:GetCredentialReport", before=making),))
    assert problems(go(sandbox, "reconcile", [OPS, replace(ALICE, console=False, mfa=False)])) == []
    found = adopted(sandbox, only=["iam"])
    assert "unused since" not in found.text
    assert "  users:  # AWS showed no credential report" in found.text


@pytest.mark.parametrize(
    "document",
    [
        trust({"Service": "ec2.amazonaws.com"}),
        trust({"Service": ["ec2.amazonaws.com"], "AWS": HOME.account}),
        trust({"AWS": [HOME.account, f"{ACCOUNT}:root"]}),
        trust({"AWS": HOME.account}, Condition={"Bool": {"aws:multifactorauthpresent": ["true"]}}),
        trust({"AWS": HOME.account}, Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
        trust({"AWS": HOME.account}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        trust({"Service": "ec2.amazonaws.com"}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        trust({"AWS": f"{ACCOUNT}:user/ann"}),
        trust({"Service": "not a service"}),
        trust("*"),
        {
            "Version": "2012-10-17",
            "Statement": [trust({"Service": f"{each}.amazonaws.com"})["Statement"][0] for each in "ab"],
        },
        {**trust({"AWS": "210987654321"}, ["sts:AssumeRole", "sts:TagSession"])},
    ],
)
def test_a_trust_in_the_words_of_a_manifest_means_the_same(document: Mapping[str, Any]) -> None:
    found, mfa = trust_of(dict(document), HOME)
    said: dict[str, Any] = {
        **found,
        "accounts": tuple(HOME.account if each == "{id}" else each for each in found.get("accounts", ())),
    }
    if mfa is not None:
        said["mfa"] = mfa
    again = Trust(**said).document(HOME)
    assert same(again, document)


@pytest.mark.parametrize(
    ("row", "since"),
    [
        ({"password_enabled": "true", "user_creation_time": "2020-01-01T00:00:00+00:00"}, ""),
        ({"password_enabled": "false", "access_key_2_active": "true", "user_creation_time": "2020-01-01T00:00:00"}, ""),
        (
            {
                "password_enabled": "false",
                "access_key_1_active": "false",
                "access_key_2_active": "false",
                "password_last_used": "no_information",
                "access_key_1_last_used_date": "2024-05-06T07:08:09+00:00",
                "access_key_2_last_used_date": "N/A",
                "user_creation_time": "2020-01-01T00:00:00+00:00",
            },
            "2024-05-06",
        ),
        (
            {"password_enabled": "false", "password_last_used": "N/A", "user_creation_time": "2020-01-02T00:00:00"},
            "2020-01-02",
        ),
        ({}, ""),
    ],
    ids=["password", "second key", "last used", "never used", "nothing known"],
)
def test_a_user_is_unused_since_the_last_use_or_since_ever(row: Mapping[str, str], since: str) -> None:
    assert unused_since(row) == since


def test_documents_are_written_in_one_order_whatever_aws_returns() -> None:
    one: dict[str, Any] = {
        "Statement": {"Resource": "*", "Action": "s3:*", "Effect": "Deny", "Sid": "A"},
        "Version": "2012-10-17",
    }
    other: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
    }
    assert policies.as_text(one) == policies.as_text(other)


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "aws:ReadOnlyAccess"),
        ("arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM", "aws:service-role/AmazonEC2RoleforSSM"),
        (f"{ACCOUNT}:policy/deploy", "deploy"),
        (f"{ACCOUNT}:policy/other", f"{ACCOUNT}:policy/other"),
        ("arn:aws-cn:iam::aws:policy/ReadOnlyAccess", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"),
    ],
)
def test_policies_are_named_as_people_name_them(arn: str, name: str) -> None:
    assert policies.Names({f"{ACCOUNT}:policy/deploy": "deploy"}, "aws").of(arn) == name


def test_roles_are_compared_as_roles(by_hand: Adopted) -> None:
    machine = by_hand.resources["role/Machine"]
    assert isinstance(machine, Role)
    assert same(machine.trust, trusting("ec2.amazonaws.com", "lambda.amazonaws.com"))
