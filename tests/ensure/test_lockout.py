"""Nobody's run ends by his own gate: who works with an access key and no MFA session is refused beforehand."""

from __future__ import annotations

from typing import cast

import pytest

from awsbase.aws import Aws
from awsbase.engine.account import Account
from awsbase.engine.resource import Resource
from awsbase.engine.wire import Wire
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.authorization import GroupFacts, UserFacts, groups, users
from awsbase.ensure.group import Group
from awsbase.ensure.lockout import gate, lockout
from awsbase.ensure.user import User
from awsbase.errors import Refused
from awsbase.sandbox import Sandbox
from tests.ensure.planned import HOME, Known

PEOPLE = Group(place=HOME, name="Admins", policies=frozenset({gate(HOME)}))
ROBOTS = Group(place=HOME, name="Robots", policies=frozenset({HOME.global_arn("iam", "policy/deploy")}))
KIM = User(place=HOME, name="kim", groups=frozenset({"Admins"}))


def account(caller: str, *, token: bool = False) -> Account:
    sandbox = Sandbox()
    session = sandbox.session("session/kim" if token else "user/kim")
    return Account(Aws(session, "eu-west-1"), Wire(), HOME.account, f"arn:aws:iam::{HOME.account}:{caller}")


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
    facts = Known({users: {"kim": UserFacts("Kim", "/", groups=frozenset(member))}, groups: {}})
    if refused:
        with pytest.raises(Refused) as error:
            lockout(account(caller, token=token), resources, facts)
        assert "awsbase mfa refresh" in cast(str, error.value.hint)
    else:
        lockout(account(caller, token=token), resources, facts)


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        ([AbsentUser(place=HOME, name="Kim")], "that is you"),
        ([Group(place=HOME, name="Ops", policies=frozenset({READ}))], "administer nothing any more"),
        ([User(place=HOME, name="kim", groups=frozenset({"Readers"}))], "administer nothing any more"),
        ([Group(place=HOME, name="Ops", policies=frozenset({READ}), exact=False)], None),
        ([Group(place=HOME, name="Ops", policies=frozenset({READ, ADMIN}))], None),
        ([AbsentUser(place=HOME, name="lee"), Group(place=HOME, name="Other")], None),
    ],
    ids=["deleted", "group loses its rights", "leaves the group", "not exact", "keeps them", "somebody else"],
)
def test_nobody_takes_the_own_administration_away(resources: list[Resource], says: str | None) -> None:
    kim = UserFacts("kim", "/", groups=frozenset({"Ops"}))
    known = {
        "ops": GroupFacts("Ops", "/", frozenset({ADMIN})),
        "readers": GroupFacts("Readers", "/", frozenset({READ})),
    }
    facts = Known({users: {"kim": kim}, groups: known})
    if says:
        with pytest.raises(Refused, match=says):
            lockout(account("user/kim", token=True), resources, facts)
    else:
        lockout(account("user/kim", token=True), resources, facts)
