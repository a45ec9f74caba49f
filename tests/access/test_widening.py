"""Changes of policies and memberships are risky when a principal has more permissions afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awsbase.access.widening import has_effect
from awsbase.engine.facts import Facts
from awsbase.engine.lock import unfinished
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.facts import tags
from awsbase.facts.authorization import (
    Authorization,
    GroupFacts,
    PolicyFacts,
    RoleFacts,
    UserFacts,
    authorization,
    groups,
    policies,
    roles,
    users,
)
from awsbase.facts.aws_policies import aws_policy
from awsbase.policies import render
from awsbase.sandbox import Fault, Sandbox
from awsbase.testing.sample import account
from tests.ensure.planned import HOME, planned

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
AWS = "arn:aws:iam::aws:policy"
READ, DENY_ALL, QUARANTINE = f"{AWS}/ReadOnlyAccess", f"{AWS}/AWSDenyAll", f"{AWS}/AWSCompromisedKeyQuarantineV3"
MORE = "it gives new permissions"


def own(name: str) -> str:
    return HOME.global_arn("iam", f"policy/{name}")


def policy(name: str, *effects: str) -> PolicyFacts:
    document = {"Statement": [{"Effect": effect, "Action": "s3:*", "Resource": "*"} for effect in effects]}
    return PolicyFacts(own(name), "/", document)


REQUIRE_MFA = own("awsbase-require-mfa")
GATE = PolicyFacts(REQUIRE_MFA, "/", render("require-mfa", {"partition": "aws", "account": HOME.account}))
HELD = {
    each.name: each
    for each in (policy("gives", "Allow"), policy("takes", "Deny"), policy("both", "Allow", "Deny"), GATE)
}


@pytest.mark.parametrize(
    ("holders", "whom"),
    [
        ((), "nobody yet"),
        (("Ops",), "group Ops"),
        (("Ops", "Dev", "Web", "Old", "All"), "group Ops, group Dev, group Web, and 2 more"),
    ],
)
def test_a_wider_policy_says_to_whom_it_gives_what(holders: tuple[str, ...], whom: str) -> None:
    have = {name.casefold(): GroupFacts(name, "/", frozenset({own("gives")})) for name in holders}
    others = {"theirs": GroupFacts("Theirs", "/", frozenset({READ}))}
    iam = Authorization({}, {**have, **others}, {}, HELD)
    wider: dict[str, object] = {"Statement": [{"Sid": "More", "Effect": "Allow", "Action": "*", "Resource": "*"}]}
    want = Policy(scope=HOME, name="gives", document=wider)
    indexed = {(tags.indexed, "us-east-1"): {want.arn: {"awsbase:address": want.address}}}
    (change,) = planned(want, {authorization: iam, policies: HELD, **indexed}).changes
    assert change.risk
    assert change.risk.reason == f"newly allows Action *, Resource * of statement More, for {whom}"


@pytest.mark.parametrize(
    ("have", "want", "why"),
    [
        ([], [READ], [MORE]),
        ([], [own("gives")], [MORE]),
        ([], [own("takes")], [""]),
        ([], [own("both")], [MORE]),
        ([], [own("to-be-made")], [MORE]),
        ([], [REQUIRE_MFA], [""]),
        ([], [DENY_ALL], [""]),
        ([], [own("AWSDenyAll")], [MORE]),
        ([], [own("awsbase-protect-audit")], [MORE]),
        ([own("unknown")], [], ["what it denies is no longer denied"]),
        ([READ], [], [""]),
        ([own("gives")], [], [""]),
        ([own("takes")], [], ["what it denies is no longer denied"]),
        ([own("both")], [], ["what it denies is no longer denied"]),
        ([REQUIRE_MFA], [], ["what it denies is no longer denied"]),
        ([QUARANTINE], [], ["what it denies is no longer denied"]),
    ],
)
def test_attaching_and_detaching_policies_is_risky_when_it_widens(
    have: list[str], want: list[str], why: list[str]
) -> None:
    group = Group(scope=HOME, name="Ops", policies=frozenset(want))
    facts: dict[Any, Any] = {groups: {"ops": GroupFacts("Ops", "/", frozenset(have), {}, LONG_AGO)}, policies: HELD}
    assert [change.risk.reason if change.risk else "" for change in planned(group, facts).changes] == why

    role = Role(scope=HOME, name="ci", trust={}, policies=frozenset(want))
    have_role = RoleFacts(role.arn, "ci", "/", LONG_AGO, {}, frozenset(have), tags={"awsbase:address": "role/ci"})
    facts = {roles: {"ci": have_role}, policies: HELD}
    assert [change.risk.reason if change.risk else "" for change in planned(role, facts).changes] == why


NEW = f"{AWS}/SomethingNew"


@pytest.mark.parametrize(
    ("document", "risky"),
    [(None, True), (policy("x", "Deny").document, True), (policy("x", "Allow").document, False)],
    ids=["that cannot be read", "that denies", "that only allows"],
)
def test_policy_of_aws_that_is_taken_away_needs_approval_unless_it_denies_nothing(document: Any, risky: bool) -> None:
    known: dict[Any, Any] = {(aws_policy, NEW): document, policies: HELD}
    ops = {"ops": GroupFacts("Ops", "/", frozenset({NEW}), {}, LONG_AGO)}
    bob = {"bob": UserFacts("bob", "/", LONG_AGO, frozenset({"Ops"}), tags={"awsbase:address": "user/bob"})}
    ci = Role(scope=HOME, name="ci", trust={}, policies=frozenset())
    its = RoleFacts(ci.arn, "ci", "/", LONG_AGO, {}, frozenset({NEW}), tags={"awsbase:address": "role/ci"})
    runs = [
        planned(Group(scope=HOME, name="Ops", policies=frozenset()), {groups: ops, **known}),
        planned(ci, {roles: {"ci": its}, **known}),
        planned(User(scope=HOME, name="bob", groups=frozenset()), {users: bob, groups: ops, **known}),
    ]
    assert [[bool(change.risk) for change in run.changes] for run in runs] == [[risky]] * 3


@pytest.mark.parametrize(
    ("name", "denies"), [("ReadOnlyAccess", False), ("AWSPrivateCAUser", True), ("NoSuchPolicy", None)]
)
def test_policies_of_aws_are_read_as_they_are_now(name: str, denies: bool | None) -> None:
    sandbox = Sandbox()
    with ThreadPoolExecutor(1) as pool:
        facts = Facts(account(sandbox, None).aws, pool)
        document = facts.read(aws_policy, f"{AWS}/{name}")
        assert (document if document is None else has_effect(document, "Deny")) == denies
        sandbox.faults.add(Fault("access denied", on="iam:GetPolicy"))
        assert facts.read(aws_policy, f"{AWS}/SecurityAudit") is None


@pytest.mark.parametrize(("denied", "why"), [("Allow", [MORE]), ("Deny", [""])], ids=["that allows all", "that denies"])
def test_policy_that_the_same_run_makes_is_read_whatever_its_name(denied: str, why: list[str]) -> None:
    made = Policy(
        scope=HOME,
        name="AWSDenyAll",
        document={"Statement": [{"Effect": denied, "Action": "*", "Resource": "*"}]},
    )
    group = Group(scope=HOME, name="Ops", policies=frozenset({made.arn}))
    facts: dict[Any, Any] = {groups: {"ops": GroupFacts("Ops", "/", created=LONG_AGO)}, policies: {}}
    run = planned(group, facts, beside=[made])
    assert [change.risk.reason if change.risk else "" for change in run.changes] == why


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("began", "created", "manifest", "risky"),
    [
        (NOW, NOW, "this", False),
        (NOW, NOW + timedelta(days=30), "this", False),
        (NOW, NOW - timedelta(seconds=1), "this", True),
        (None, NOW, "this", True),
        (NOW, NOW, "", True),
        (NOW, None, "this", True),
    ],
    ids=["begun by it", "begun by it, long ago", "older", "no run was interrupted", "no manifest", "of unknown age"],
)
def test_only_what_an_interrupted_run_of_the_manifest_began_is_completed_without_asking(
    began: datetime | None, created: datetime | None, manifest: str, risky: bool
) -> None:
    facts: dict[Any, Any] = {groups: {"ops": GroupFacts("Ops", "/", created=created)}, policies: {}, unfinished: began}
    group = Group(scope=HOME, name="Ops", policies=frozenset({READ}))
    assert [bool(change.risk) for change in planned(group, facts, manifest=manifest).changes] == [risky]


@pytest.mark.parametrize(("made_by", "risky"), [("acme", False), ("other", True), (None, True)])
def test_a_user_without_the_tag_of_origin_was_not_begun_by_an_interrupted_run(made_by: str, risky: bool) -> None:
    kim = User(scope=HOME, name="kim", groups=frozenset({"Writers"}))
    labels = {"awsbase:address": "user/kim", **({"awsbase:created-by": made_by} if made_by else {})}
    held = {"kim": UserFacts("kim", "/", NOW, tags=labels)}
    facts: dict[Any, Any] = {users: held, groups: GROUPS, policies: HELD, unfinished: NOW}
    assert [bool(change.risk) for change in planned(kim, facts, manifest="this").changes] == [risky]


GROUPS = {
    "readers": GroupFacts("Readers", "/", frozenset({READ, REQUIRE_MFA})),
    "writers": GroupFacts("Writers", "/", frozenset({own("gives"), REQUIRE_MFA})),
    "gated": GroupFacts("Gated", "/", frozenset({REQUIRE_MFA})),
    "robots": GroupFacts("Robots", "/", frozenset({own("gives")})),
    "inline": GroupFacts("Inline", "/", inline={"more": policy("x", "Allow").document}),
    "closed": GroupFacts("Closed", "/", inline={"shut": policy("x", "Deny").document}),
    "shut": GroupFacts("Shut", "/", inline={"same": policy("x", "Deny").document}),
}
LOST = "what awsbase-require-mfa denies is no longer denied"


@pytest.mark.parametrize(
    ("have", "want", "why"),
    [
        ([], ["Readers"], [MORE]),
        ([], ["Gated"], [""]),
        ([], ["Inline"], [MORE]),
        ([], ["ToBeMade"], [MORE]),
        (["Readers"], ["Writers"], [MORE, ""]),
        (["Readers"], ["Robots"], [MORE, LOST]),
        (["Gated"], [], [LOST]),
        (["Robots"], [], [""]),
        ([], ["Closed"], [""]),
        (["Closed"], [], ["what shut denies is no longer denied"]),
        (["Closed"], ["Shut"], ["", ""]),
    ],
)
def test_joining_and_leaving_groups_is_risky_when_it_widens(have: list[str], want: list[str], why: list[str]) -> None:
    kim = User(scope=HOME, name="kim", groups=frozenset(want))
    tagged = {"awsbase:address": "user/kim"}
    facts: dict[Any, Any] = {
        users: {"kim": UserFacts("kim", "/", LONG_AGO, frozenset(have), tags=tagged)},
        groups: GROUPS,
        policies: HELD,
    }
    assert [change.risk.reason if change.risk else "" for change in planned(kim, facts).changes] == why


BOUNDS = {each.name: each for each in (policy("none"), policy("gives", "Allow"))}


@pytest.mark.parametrize(
    ("have", "want", "risky"),
    [
        (None, own("gives"), False),
        (own("gives"), own("none"), False),
        (own("none"), own("gives"), True),
        (READ, own("none"), True),
    ],
    ids=["the first", "narrower", "wider", "unknown document"],
)
def test_wider_boundary_of_a_role_is_risky(have: str | None, want: str, risky: bool) -> None:
    role = Role(scope=HOME, name="ci", trust={}, boundary=want)
    have_role = RoleFacts(role.arn, "ci", "/", LONG_AGO, tags={"awsbase:address": "role/ci"}, boundary=have)
    run = planned(role, {roles: {"ci": have_role}, policies: BOUNDS})
    assert [bool(change.risk) for change in run.changes] == [risky]
