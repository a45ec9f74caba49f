"""IAM as it will stand: what a run changes is replaced, and all else stays the same object, which compares at once."""

from __future__ import annotations

from typing import Any

from awsbase.access.simulated_state import simulated
from awsbase.engine.resource import Resource
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.group import Group
from awsbase.ensure.key_pair import KeyPair
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.facts.authorization import Authorization
from awsbase.samples.sample import HOME

NOBODY = Authorization({}, {}, {}, {})
TRUST: dict[str, Any] = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
MADE: list[Resource] = [
    User(scope=HOME, name="Alice", groups=frozenset({"ops"}), tags={"team": "web"}),
    Group(scope=HOME, name="ops", policies=frozenset({"arn:aws:iam::aws:policy/ReadOnlyAccess"})),
    Role(scope=HOME, name="app", trust=TRUST),
    Policy(scope=HOME, name="app", document={"Statement": []}),
    KeyPair(scope=HOME, name="alice", public_key="ssh-ed25519 AAAA"),
]


def test_what_a_run_leaves_is_the_same() -> None:
    have = simulated(NOBODY, MADE)
    assert [list(each) for each in (have.users, have.groups, have.roles, have.policies)] == [
        *(["alice"], ["ops"], ["app"], ["app"])
    ]
    then = simulated(have, MADE)
    assert then.users["alice"] is have.users["alice"]
    assert then.groups["ops"] is have.groups["ops"]
    assert then.roles["app"] is have.roles["app"]
    assert then.policies["app"] is have.policies["app"]


def test_what_a_run_changes_is_another() -> None:
    have = simulated(NOBODY, MADE)
    moved = [User(scope=HOME, name="Alice", groups=frozenset({"dev"})), Group(scope=HOME, name="ops", path="/x/")]
    then = simulated(have, moved)
    assert (have.users["alice"].groups, then.users["alice"].groups) == (frozenset({"ops"}), frozenset({"dev"}))
    assert (have.groups["ops"].path, then.groups["ops"].path) == ("/", "/x/")
    assert simulated(then, [AbsentUser(scope=HOME, name="alice")]).users == {}
