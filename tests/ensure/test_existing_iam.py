"""What there is in IAM is listed in few calls, each thing once and as the resource that would make it just so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from awsbase.adopt.survey import survey
from awsbase.engine.execution import execute
from awsbase.engine.facts import ReadCache
from awsbase.engine.permissions import Permissions
from awsbase.engine.resource import Resource
from awsbase.engine.things import Described, LeftAlone, NotExpressible, Thing, Unread
from awsbase.ensure import KINDS
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.group import Group
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.mfa_device import MfaDevice
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.service_linked_role import ServiceLinkedRole
from awsbase.ensure.user import User
from awsbase.permissions import least
from awsbase.samples.iam import ALICE, DEPLOY, OPS, RUNNER, trusting
from awsbase.samples.mfa import CARA, DEVICE
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import account, person
from tests.contract.sample import HOME, go, problems, said

IAM = (
    Group,
    Policy,
    Role,
    User,
    AbsentUser,
    PasswordPolicy,
    InstanceProfile,
    ServiceLinkedRole,
    MfaDevice,
)
HAND = InstanceProfile(scope=HOME, name="runner", role="runner", tags={"owner": "platform"})
PASSWORDS = PasswordPolicy(scope=HOME, length=16, remembered=5, symbols=False, max_age=90, hard_expiry=True)


def things(sandbox: Sandbox, caller: str | None = None) -> Sequence[Thing]:
    """List all that there is in IAM."""
    return survey(account(sandbox, caller), HOME, [KINDS[kind] for kind in IAM]).things


def resources(found: Sequence[Thing]) -> dict[str, Resource]:
    """Return what was described, by address."""
    return {each.name: each.resource for each in found if isinstance(each, Described)}


@pytest.fixture(scope="module")
def full() -> Sandbox:
    """An account with one of everything, made by a run."""
    sandbox = Sandbox(pages=2)
    made = [PASSWORDS, OPS, ALICE, CARA, DEVICE, DEPLOY, RUNNER, HAND]
    assert problems(go(sandbox, "reconcile", made)) == []
    return sandbox


def test_each_thing_is_listed_as_the_resource_that_makes_it(full: Sandbox) -> None:
    found = resources(things(full))

    assert found["group/Ops"] == OPS
    assert found["role/runner"] == replace(RUNNER, made_here=())
    assert found["instance-profile/runner"] == HAND
    assert found["password-policy/account"] == PASSWORDS
    assert found["mfa-device/cara"] == replace(DEVICE, made_here=())
    deploy: Any = found["policy/deploy"]
    assert deploy == replace(DEPLOY, description=deploy.description)
    # Nobody has a password or a device yet, but the one whose device was made.
    assert found["user/alice"] == replace(ALICE, console=False, mfa=False, made_here=())
    assert found["user/cara"] == replace(CARA, path="/", mfa=True)


def test_the_plan_that_follows_is_empty(full: Sandbox) -> None:
    found = list(resources(things(full)).values())
    assert said(go(full, "plan", found)) == []


def test_tags_and_paths_tell_who_made_something(full: Sandbox) -> None:
    told = {each.name: each for each in things(full) if isinstance(each, Described)}
    assert told["role/runner"].path == "/machines/"
    for name in ("role/runner", "user/alice", "policy/deploy", "instance-profile/runner"):
        assert told[name].tags["awsbase:created-by"] == "acme"


def test_listing_asks_for_nothing_one_by_one(full: Sandbox) -> None:
    full.calls.clear()
    found = survey(account(full, None), HOME, [KINDS[kind] for kind in IAM])
    asked = [call.name for call in full.calls]
    each = "GetRole GetUser GetPolicy GetGroup ListPolicyTags GetInstanceProfile ListMFADevices ListMFADeviceTags"
    assert {f"iam:{name}" for name in each.split()}.isdisjoint(asked)
    # The plan finds what the lists have told, also the tags of policies that the index of awsbase does not have.
    assert asked.count("iam:GenerateCredentialReport") == 1
    assert found.unread == []


def test_policies_of_others_are_planned_without_asking_for_the_tags_of_each() -> None:
    sandbox = Sandbox()
    for number in range(3):
        sandbox.client("iam").create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(DEPLOY.document))
    reached, cache = account(sandbox, None), ReadCache()
    found = survey(reached, HOME, [KINDS[Policy]], cache=cache)
    sandbox.calls.clear()
    wanted = [each.resource for each in found.described]
    report = execute("plan", wanted, KINDS, reached, clock=sandbox.clock, cache=cache)

    assert sorted(said(report)) == [f"policy/p{number}: update tags" for number in range(3)]
    assert "iam:ListPolicyTags" not in [call.name for call in sandbox.calls]


def test_roles_of_services_are_left_to_them() -> None:
    sandbox = Sandbox()
    sandbox.client("iam").create_service_linked_role(AWSServiceName="config.amazonaws.com")
    found = [each for each in things(sandbox) if each.name.endswith("AWSServiceRoleForConfig")]
    assert [type(each) for each in found] == [LeftAlone]
    assert found[0].name == "service-linked-role/AWSServiceRoleForConfig"


def test_a_profile_without_a_role_is_listed_too() -> None:
    sandbox = Sandbox()
    sandbox.client("iam").create_instance_profile(InstanceProfileName="empty", Path="/old/")
    found = [each for each in things(sandbox) if each.name.startswith("instance-profile/")]
    assert found == [NotExpressible("instance-profile/empty", ("no role in it",))]


def test_an_account_without_a_password_policy_has_none_to_describe() -> None:
    assert things(Sandbox()) == ()


def test_a_list_that_is_refused_is_named_and_the_others_go_on() -> None:
    sandbox = Sandbox(enforce=True)
    assert problems(go(sandbox, "reconcile", [DEPLOY, RUNNER])) == []
    allowed = {"Effect": "Allow", "Action": ["iam:GetAccountAuthorizationDetails", "tag:GetResources"], "Resource": "*"}
    worker = person(sandbox, {"Version": "2012-10-17", "Statement": [allowed]})
    found = things(sandbox, worker)
    assert "policy/deploy" in resources(found)
    assert {each.name: each.action for each in found if isinstance(each, Unread)} == {
        "regions": "ec2:DescribeRegions",
        "role/*": "iam:ListRoles",
        "user/*": "iam:GenerateCredentialReport",
        "password-policy/*": "iam:GetAccountPasswordPolicy",
        "instance-profile/*": "iam:ListInstanceProfiles",
        "mfa-device/*": "secretsmanager:ListSecrets",
    }


def test_without_the_index_of_tags_policies_are_listed_all_the_same() -> None:
    sandbox = Sandbox(enforce=True)
    assert problems(go(sandbox, "reconcile", [DEPLOY])) == []
    allowed = {"Effect": "Allow", "Action": ["iam:GetAccountAuthorizationDetails"], "Resource": "*"}
    worker = person(sandbox, {"Version": "2012-10-17", "Statement": [allowed]})
    assert "policy/deploy" in resources(things(sandbox, worker))


def listing(kind: Any) -> Any:
    """Return a kind that takes of IAM what listing it takes, and nothing else."""
    allows = Permissions(read=lambda want: kind.describe.permissions(want.scope))
    return replace(kind, quotas=(), permissions=allows)


def test_listing_needs_no_more_than_it_declares() -> None:
    sandbox = Sandbox(enforce=True, pages=2)
    assert problems(go(sandbox, "reconcile", [PASSWORDS, OPS, ALICE, CARA, DEVICE, DEPLOY, RUNNER, HAND])) == []
    kinds: dict[type[Resource], Any] = {kind: listing(KINDS[kind]) for kind in IAM}
    samples = [PASSWORDS, OPS, ALICE, DEVICE, DEPLOY, RUNNER, HAND, AbsentUser(scope=HOME, name="bob")]
    linked = ServiceLinkedRole(scope=HOME, service="config", name="AWSServiceRoleForConfig")
    worker = person(sandbox, *least([*samples, CARA, linked], kinds=kinds).documents)
    found = things(sandbox, worker)
    assert [each.name for each in found if isinstance(each, Unread)] == ["regions"]
    assert "role/runner" in resources(found)


def test_trusts_and_inline_policies_come_as_they_are() -> None:
    sandbox = Sandbox()
    trust = {**trusting("ec2.amazonaws.com"), "Version": "2008-10-17"}
    sandbox.client("iam").create_role(RoleName="old", AssumeRolePolicyDocument=json.dumps(trust))
    found = resources(things(sandbox))["role/old"]
    assert isinstance(found, Role)
    assert found.trust["Version"] == "2008-10-17"
    assert (found.max_session, found.description, found.boundary) == (3600, "", None)
