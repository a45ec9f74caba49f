"""Changes of policies and memberships are risky when a principal has more permissions afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awsbase.access.widening import ONLY_DENY, has_effect
from awsbase.ensure.group import Group
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.facts.authorization import GroupFacts, PolicyFacts, RoleFacts, UserFacts, groups, policies, roles, users
from awsbase.policies import curated, render
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


HELD = {
    each.name: each for each in (policy("gives", "Allow"), policy("takes", "Deny"), policy("both", "Allow", "Deny"))
}
REQUIRE_MFA = own("awsbase-require-mfa")


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


@pytest.mark.parametrize("age", [timedelta(hours=23), timedelta(hours=25)], ids=["a day", "more than a day"])
def test_completing_a_half_created_resource_is_not_risky(age: timedelta) -> None:
    have = GroupFacts("Ops", "/", created=datetime.now(UTC) - age)
    run = planned(Group(scope=HOME, name="Ops", policies=frozenset({READ})), {groups: {"ops": have}, policies: {}})
    assert [bool(change.risk) for change in run.changes] == [age > timedelta(days=1)]


GROUPS = {
    "readers": GroupFacts("Readers", "/", frozenset({READ, REQUIRE_MFA})),
    "writers": GroupFacts("Writers", "/", frozenset({own("gives"), REQUIRE_MFA})),
    "gated": GroupFacts("Gated", "/", frozenset({REQUIRE_MFA})),
    "robots": GroupFacts("Robots", "/", frozenset({own("gives")})),
    "inline": GroupFacts("Inline", "/", inline={"more": {}}),
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
    facts[users]["kim"] = replace(facts[users]["kim"], created=None)
    assert not any(change.risk for change in planned(kim, facts).changes)


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


def test_only_listed_curated_policies_deny_without_allowing() -> None:
    values = dict.fromkeys(("partition", "account", "state_bucket", "audit_bucket", "trail", "volume_key"), "x")
    found = [name for name in curated() if not has_effect(render(name, values), "Allow")]
    assert {f"/awsbase-{name}" for name in found} == set(ONLY_DENY) - {"/AWSDenyAll"}
