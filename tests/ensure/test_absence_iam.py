"""What a manifest made in IAM goes again, in the order of IAM; what it did not make stays, and why is said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.removal import absent_of
from awsbase.engine.resource import Resource
from awsbase.ensure import KINDS
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.group import Group
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.service_linked_role import ServiceLinkedRole
from awsbase.ensure.user import User
from awsbase.permissions import least
from awsbase.samples.iam import ALICE, BILLING, DEPLOY, OPS, RUNNER, allow, new_version, trusting
from awsbase.samples.mfa import CARA, DEVICE
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import person
from tests.contract.sample import HOME, go, problems, said
from tests.ensure.removal import remarks, take_all_away, take_away

HAND = InstanceProfile(scope=HOME, name="runner", role="runner", tags={"owner": "platform"})
WORKER = replace(RUNNER, path="/", policies=frozenset({DEPLOY.arn}), boundary=None)
NOBODY = json.dumps(allow("s3:*"))


def made(*resources: Resource) -> Sandbox:
    """Return an account in which a run has made these."""
    sandbox = Sandbox(pages=2)
    assert problems(go(sandbox, "reconcile", resources)) == []
    return sandbox


@pytest.mark.parametrize(
    "resources",
    [
        [OPS],
        [DEPLOY],
        [DEPLOY, RUNNER],
        [DEPLOY, RUNNER, HAND],
        [OPS, ALICE],
        [DEPLOY, replace(OPS, policies=frozenset({DEPLOY.arn}), made_here=(DEPLOY.address,))],
    ],
    ids=["group", "policy", "role", "instance profile", "user", "policy of a group"],
)
def test_what_was_made_goes_and_the_account_is_as_before(resources: Sequence[Resource]) -> None:
    before = Sandbox().snapshot()
    sandbox = made(*resources)

    planned = said(take_away(sandbox, "plan", resources))
    assert sorted(take_all_away(sandbox, resources)) == sorted(planned)
    assert sandbox.snapshot() == before
    assert take_all_away(sandbox, resources) == []


def test_a_device_made_for_somebody_goes_with_the_user_and_its_seed_waits_for_30_days() -> None:
    sandbox = made(CARA, DEVICE)

    planned = said(take_away(sandbox, "plan", [CARA, DEVICE]))
    assert planned == [
        "user/cara: delete user",
        "mfa-device/cara: delete assignment",
        "mfa-device/cara: delete MFA device",
        "mfa-device/cara: delete secret",
    ]
    assert sorted(take_all_away(sandbox, [CARA, DEVICE])) == sorted(planned)
    assert take_all_away(sandbox, [CARA, DEVICE]) == []

    left, before = sandbox.snapshot(), Sandbox().snapshot()
    assert {name for name in left if left[name] != before.get(name)} == set(absent_of(KINDS, DEVICE).leaves)
    found = sandbox.client("secretsmanager", HOME.region).describe_secret(SecretId=DEVICE.secret)
    assert (found["DeletedDate"].date() - sandbox.clock.now().date()).days == 30


def test_a_device_that_somebody_works_with_is_told_as_lost() -> None:
    sandbox = made(CARA, DEVICE)
    planned = take_away(sandbox, "plan", [CARA, DEVICE], DEVICE.address)
    assert {change.risk.reason for _, change in planned.changes if change.risk} == {
        "cara has no second factor then",
        "whoever has its seed on a phone enrols anew",
        "the seed is lost after 30 days",
    }


def test_a_user_goes_with_all_that_was_added_since() -> None:
    sandbox = made(OPS, ALICE)
    iam = sandbox.client("iam")
    iam.create_access_key(UserName="alice")
    iam.create_login_profile(UserName="alice", Password="correct-Horse-7-battery")
    iam.put_user_policy(UserName="alice", PolicyName="extra", PolicyDocument=NOBODY)
    said_before = said(take_away(sandbox, "plan", [OPS, ALICE]))
    assert [each.partition(" …")[0] for each in said_before if each.startswith("user/")] == [
        "user/alice: delete login profile",
        "user/alice: delete access key",
        "user/alice: delete inline policy extra",
        "user/alice: delete membership in Ops",
        "user/alice: delete user",
    ]

    done = take_all_away(sandbox, [OPS, ALICE])
    assert sorted(done) == sorted(said_before)
    assert "alice" not in sandbox.snapshot()["iam"]["aws"]["users"]


def hand_made(sandbox: Sandbox, *, tag: str | None = None) -> None:
    """Make a role, its policy, its profile and a user by hand, or by another manifest."""
    iam, tags = sandbox.client("iam"), [{"Key": "awsbase:created-by", "Value": tag}] if tag else []
    iam.create_policy(PolicyName="deploy", PolicyDocument=NOBODY, Tags=tags)
    iam.create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps(trusting("ec2.amazonaws.com")), Tags=tags)
    iam.attach_role_policy(RoleName="runner", PolicyArn=DEPLOY.arn)
    iam.create_instance_profile(InstanceProfileName="runner", Tags=tags)
    iam.add_role_to_instance_profile(InstanceProfileName="runner", RoleName="runner")
    iam.create_user(UserName="alice", Tags=tags)


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        (
            None,
            "it has no tag awsbase:created-by, so it was there before; `awsbase own MANIFEST ADDRESS` says otherwise",
        ),
        ("elsewhere", "its tag awsbase:created-by is elsewhere, not acme"),
    ],
    ids=["made by hand", "made by another manifest"],
)
def test_what_others_made_stays_also_once_it_is_adopted(tag: str | None, why: str) -> None:
    sandbox, resources = Sandbox(), [DEPLOY, WORKER, HAND, ALICE, OPS]
    hand_made(sandbox, tag=tag)
    go(sandbox, "reconcile", resources)
    adopted = sandbox.snapshot()

    report = take_away(sandbox, "reconcile", resources, *(each.address for each in resources if each is not OPS))
    assert problems(report) == []
    assert said(report) == []
    assert sorted(remarks(report)) == [
        f"instance-profile/runner: kept: {why}",
        "policy/deploy: kept: it is used by role/runner, which stays",
        "role/runner: kept: it is used by instance-profile/runner, which stays",
        f"user/alice: kept: {why}",
    ]
    for alone in (DEPLOY, replace(WORKER, made_here=(), policies=frozenset())):
        assert remarks(take_away(sandbox, "plan", [alone])) == [f"{alone.address}: kept: {why}"]
    assert sandbox.snapshot() == adopted


def test_a_policy_that_others_have_stays_and_they_are_named() -> None:
    boundary = replace(DEPLOY, name="most")
    sandbox = made(OPS, DEPLOY, boundary)
    iam = sandbox.client("iam")
    iam.attach_group_policy(GroupName="Ops", PolicyArn=DEPLOY.arn)
    iam.create_user(UserName="carl")
    iam.attach_user_policy(UserName="carl", PolicyArn=DEPLOY.arn)
    iam.create_role(
        RoleName="theirs",
        AssumeRolePolicyDocument=json.dumps(trusting("ec2.amazonaws.com")),
        PermissionsBoundary=boundary.arn,
    )

    report = take_away(sandbox, "reconcile", [DEPLOY, boundary])
    assert said(report) == []
    assert remarks(report) == [
        "policy/deploy: kept: group/Ops, user/carl have it",
        "policy/most: kept: role/theirs has it",
    ]


def test_versions_go_before_their_policy() -> None:
    sandbox = made(DEPLOY)
    for number in range(4):
        new_version(sandbox, allow(f"s3:{number}"), default=number == 2)

    assert take_all_away(sandbox, [DEPLOY]) == [
        *(f"policy/deploy: delete version v{number}" for number in (1, 2, 3, 5)),
        "policy/deploy: delete policy",
    ]


def test_a_group_with_members_stays_and_they_are_named() -> None:
    sandbox = made(OPS, ALICE)
    sandbox.client("iam").create_user(UserName="carl")
    sandbox.client("iam").add_user_to_group(UserName="carl", GroupName="Ops")

    report = take_away(sandbox, "plan", [OPS])
    assert (said(report), remarks(report)) == ([], ["group/Ops: kept: alice, carl are in it"])
    # A user who goes in the same run is no reason.
    report = take_away(sandbox, "plan", [OPS, ALICE])
    assert remarks(report) == ["group/Ops: kept: carl is in it"]


def test_a_group_with_what_awsbase_never_gives_it_stays() -> None:
    sandbox, open_group = made(OPS), replace(OPS, exact=False)
    sandbox.client("iam").attach_group_policy(GroupName="Ops", PolicyArn=BILLING)
    assert remarks(take_away(sandbox, "plan", [open_group])) == [
        f"group/Ops: kept: it has {BILLING} from somebody else"
    ]

    sandbox.client("iam").put_group_policy(GroupName="Ops", PolicyName="legacy", PolicyDocument=NOBODY)
    assert remarks(take_away(sandbox, "plan", [OPS])) == [
        "group/Ops: kept: it has the inline policies legacy, and awsbase makes none"
    ]


def test_a_role_that_a_profile_of_others_hands_out_stays_with_its_policy() -> None:
    sandbox = made(DEPLOY, RUNNER)
    sandbox.client("iam").create_instance_profile(InstanceProfileName="theirs")
    sandbox.client("iam").add_role_to_instance_profile(InstanceProfileName="theirs", RoleName="runner")

    report = take_away(sandbox, "plan", [DEPLOY, RUNNER])
    assert said(report) == []
    assert remarks(report) == [
        "policy/deploy: kept: it is used by role/runner, which stays",
        "role/runner: kept: theirs, which this manifest did not make, hands it to instances",
    ]


def test_a_role_leaves_its_own_profile_also_when_only_the_role_goes() -> None:
    sandbox = made(DEPLOY, RUNNER, HAND)
    report = take_away(sandbox, "reconcile", [DEPLOY, RUNNER], RUNNER.address)
    assert problems(report) == []
    assert said(report)[0] == "role/runner: delete place in instance profile runner"


def test_a_trust_that_names_a_role_is_told_before_the_role_goes() -> None:
    sandbox = made(DEPLOY, RUNNER)
    sandbox.clock.advance(300)
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": RUNNER.arn}, "Action": "sts:AssumeRole"}],
    }
    sandbox.client("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=json.dumps(trust))

    assert remarks(take_away(sandbox, "plan", [DEPLOY, RUNNER])) == [
        "role/runner: the trust of role/theirs names it, and lets nobody in by that from then on"
    ]


def test_what_denies_goes_last() -> None:
    fence: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
    }
    wall = replace(DEPLOY, name="a-wall", document=fence)
    want = replace(
        RUNNER, inline={"a": fence, "z": allow("s3:*")}, policies=frozenset({wall.arn, DEPLOY.arn}), made_here=()
    )
    sandbox = made(wall, DEPLOY)
    assert problems(go(sandbox, "reconcile", [want])) == []

    assert said(take_away(sandbox, "plan", [want])) == [
        "role/runner: delete inline policy z",
        "role/runner: delete inline policy a",
        f"role/runner: delete attachment {DEPLOY.arn}",
        f"role/runner: delete attachment {wall.arn}",
        "role/runner: delete role",
    ]


@pytest.mark.parametrize(
    "want",
    [
        PasswordPolicy(scope=HOME),
        AbsentUser(scope=HOME, name="bob"),
        ServiceLinkedRole(scope=HOME, service="config", name="AWSServiceRoleForConfig"),
    ],
    ids=lambda want: want.address,
)
def test_what_is_never_reverted_says_why(want: Resource) -> None:
    absent = KINDS[type(want)].absent
    assert absent is not None
    assert absent.remove is None
    assert absent.why


@pytest.mark.parametrize("kind", [User, Group, type(DEVICE)], ids=lambda kind: kind.__name__)
def test_what_people_work_with_stays_unless_it_is_named(kind: type[Resource]) -> None:
    absent = KINDS[kind].absent
    assert absent
    assert absent.exempt


@pytest.mark.parametrize("kind", [Policy, Role, InstanceProfile], ids=lambda kind: kind.__name__)
def test_the_rest_of_iam_goes(kind: type[Resource]) -> None:
    absent = KINDS[kind].absent
    assert absent
    assert not absent.exempt


def test_removal_needs_no_more_than_it_declares() -> None:
    resources = [OPS, ALICE, CARA, DEVICE, DEPLOY, RUNNER, HAND]
    sandbox = Sandbox(enforce=True, pages=2)
    assert problems(go(sandbox, "reconcile", resources)) == []
    worker = person(sandbox, *least(resources, destroy=True).documents)

    assert len(take_all_away(sandbox, resources, caller=worker)) > 10
    assert set(sandbox.snapshot()["iam"]["aws"]["roles"]) == set()
