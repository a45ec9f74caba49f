"""Users follow the manifest, and what only they can do is a manual action, with few reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.ensure.user import User
from awsbase.facts.authorization import GroupFacts, UserFacts, groups, users
from awsbase.facts.credential_report import ReportedUser, devices, login, report, virtual_devices
from tests.ensure.planned import HOME, described, planned, reads

ALICE = User(scope=HOME, name="alice", groups=frozenset({"Ops"}), tags={"team": "platform"})
HAVE = UserFacts(
    "alice", "/", groups=frozenset({"Ops"}), tags={"team": "platform", "awsbase:address": "user/alice", "level": "3"}
)
KNOWN = {"ops": GroupFacts("Ops", "/")}


@pytest.mark.parametrize(
    ("want", "have", "changes"),
    [
        (ALICE, None, ["create user", "create membership in Ops"]),
        (ALICE, HAVE, []),
        (ALICE, replace(HAVE, name="Alice"), []),
        (ALICE, replace(HAVE, path="/people/"), []),
        (replace(ALICE, path="/people/"), HAVE, ["update path"]),
        (ALICE, replace(HAVE, tags={"team": "none"}), ["update tags"]),
        (
            ALICE,
            replace(HAVE, groups=frozenset({"Old"})),
            ["create membership in Ops", "delete membership in Old"],
        ),
        (replace(ALICE, exact=False), replace(HAVE, groups=frozenset({"Old"})), ["create membership in Ops"]),
        (replace(ALICE, groups=frozenset({"OPS"})), HAVE, []),
    ],
    ids=[
        "missing",
        "converged",
        "in other letters",
        "other path, not in the manifest",
        "other path",
        "other tag",
        "other group",
        "in more groups, not exact",
        "a group in other letters",
    ],
)
def test_user_gets_tags_and_groups(want: User, have: UserFacts | None, changes: list[str]) -> None:
    assert described(planned(want, {users: {"alice": have} if have else {}, groups: KNOWN})) == changes


PERSON = replace(ALICE, console=True, mfa=True)
PHONE = "arn:aws:iam::123456789012:mfa/phone"
NO_PASSWORD, NO_DEVICE = "alice has no password for the console", "alice has no MFA device"


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({report: {"alice": ReportedUser(password=True, mfa=True)}}, []),
        (
            {report: {"alice": ReportedUser(password=True, mfa=False)}, virtual_devices: {PHONE: "alice"}},
            [],
        ),
        (
            {
                report: {"alice": ReportedUser(password=False, mfa=False)},
                virtual_devices: {PHONE: "bob", f"{PHONE}-2": None},
                (login, "alice"): True,
                (devices, "alice"): ("GAHT12345678",),
            },
            [],
        ),
        (
            {
                report: {"alice": ReportedUser(password=False, mfa=False)},
                virtual_devices: {},
                (login, "alice"): False,
                (devices, "alice"): (),
            },
            [NO_PASSWORD, NO_DEVICE],
        ),
        ({report: {}, virtual_devices: {}, (login, "alice"): False, (devices, "alice"): (PHONE,)}, [NO_PASSWORD]),
    ],
    ids=[
        "the report is content, nothing else is read",
        "a device newer than the report",
        "password and hardware device newer than the report",
        "nothing",
        "no report yet",
    ],
)
def test_missing_credentials_are_manual_actions_with_few_reads(facts: dict[Any, Any], asked: list[str]) -> None:
    run = planned(PERSON, {users: {"alice": HAVE}, groups: KNOWN, **facts})
    assert described(run) == []
    assert [ask.title for ask in run.manual_actions] == asked


def test_new_user_gets_manual_actions_without_reads() -> None:
    run = planned(PERSON, {users: {}, groups: KNOWN})
    assert [ask.title for ask in run.manual_actions] == [NO_PASSWORD, NO_DEVICE]
    assert "awsbase passwd alice" in run.manual_actions[0].steps[0]


def test_machine_user_needs_no_credential_report() -> None:
    assert report not in [fact for fact, *_ in reads(ALICE)]
    assert report in [fact for fact, *_ in reads(PERSON)]
