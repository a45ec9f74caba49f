"""A change that hides something from people, or keeps it for a shorter time, is risky; the reverse is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure.anomaly_alert import above, anomaly_tags, monitor, never_opened, subscriptions
from awsbase.ensure.budget import BudgetFacts, Notice, budget, budget_tags
from awsbase.ensure.password_policy import password_policy
from awsbase.ensure.snapshot_policy import snapshot_policy
from tests.ensure import test_alarm as of_alarms
from tests.ensure import test_anomaly as of_anomalies
from tests.ensure import test_bucket as of_buckets
from tests.ensure import test_budget as of_budgets
from tests.ensure import test_password_policy as of_passwords
from tests.ensure import test_snapshot_policy as of_snapshots
from tests.ensure.planned import planned

OLD = "arn:aws:sns:eu-west-1:123456789012:acme-old"


def reasons(want: Resource, facts: Any, results: Any = None) -> list[str]:
    return [
        change.risk.reason if change.risk else "" for change in planned(want, facts, results).changes if change.risk
    ]


DAILY, WEEKLY = of_snapshots.DAILY, of_snapshots.WEEKLY


@pytest.mark.parametrize(
    ("schedules", "have", "why"),
    [
        ((replace(DAILY, keep_days=7),), {}, ["snapshots: daily keeps them for a shorter time"]),
        ((replace(DAILY, keep_days=30),), {}, []),
        ((replace(DAILY, hours=6),), {}, []),
        ((replace(WEEKLY, name="daily"),), {}, ["snapshots: daily makes them more seldom"]),
        ((replace(DAILY, name="nightly"),), {}, ["snapshots: no more of the schedule daily"]),
        ((DAILY, WEEKLY), {}, []),
        ((DAILY,), {"volumes": {"backup": "yes"}}, ["snapshots: no more of volumes with backup=yes"]),
        ((DAILY,), {"volumes": {}}, []),
        ((replace(DAILY, keep_days=7),), {"state": "DISABLED"}, []),
    ],
    ids=[
        "shorter",
        "longer",
        "more often",
        "more seldom",
        "renamed",
        "one more",
        "other volumes",
        "more volumes",
        "switched off until now",
    ],
)
def test_fewer_backups_are_risky(schedules: Any, have: dict[str, Any], why: list[str]) -> None:
    facts = {snapshot_policy: replace(of_snapshots.GOOD, **have)}
    assert reasons(replace(of_snapshots.WANT, schedules=schedules), facts) == why


@pytest.mark.parametrize(
    ("have", "why"),
    [
        ({"TreatMissingData": "breaching"}, ["it no longer rings when nothing is measured"]),
        ({"TreatMissingData": "ignore"}, []),
        ({"AlarmActions": [OLD]}, []),
    ],
    ids=["breaching before", "ignored before", "another action before"],
)
def test_alarm_that_ignores_missing_data_is_risky(have: dict[str, Any], why: list[str]) -> None:
    assert reasons(of_alarms.WANT, of_alarms.facts({**of_alarms.GOOD, **have})) == why


@pytest.mark.parametrize(
    ("want", "have", "why"),
    [
        ({"length": 10}, {"MinimumPasswordLength": 14}, "passwords of 10 characters pass (was 14)"),
        ({"length": 14}, {"MinimumPasswordLength": 10}, ""),
        ({"remembered": 5}, {}, "old passwords pass after 5 others (was 24)"),
        ({"remembered": 0, "symbols": False}, {}, "passwords without symbols pass; old passwords pass"),
        ({"max_age": 0}, {"MaxPasswordAge": 90}, "passwords last for ever (was 90 days)"),
        ({"max_age": 180}, {"MaxPasswordAge": 90}, "passwords last 180 days (was 90 days)"),
        ({"max_age": 90}, {"MaxPasswordAge": 180}, ""),
        ({"max_age": 90}, {}, ""),
        (
            {"hard_expiry": False},
            {"MaxPasswordAge": 90, "HardExpiry": True},
            "who has an expired password can still change it",
        ),
    ],
    ids=["shorter", "longer", "fewer", "none", "never", "later", "sooner", "new expiry", "no hard expiry"],
)
def test_what_passes_newly_as_a_password_is_risky(want: dict[str, Any], have: dict[str, Any], why: str) -> None:
    found = reasons(replace(of_passwords.WANT, **want), {password_policy: {**of_passwords.STRONG, **have}})
    assert found == ([why] if why else [])


NO_NOTICE = "nobody is told at this point any more"
NOTICES = of_budgets.GOOD.notices


@pytest.mark.parametrize(
    ("have", "why"),
    [
        ({"settings": {**of_budgets.SETTINGS, "amount": 50.0}}, ["it takes more to be told"]),
        ({"settings": {**of_budgets.SETTINGS, "amount": 500.0}}, []),
        ({"settings": {**of_budgets.SETTINGS, "amount": 50.0, "currency": "EUR"}}, []),
        ({"notices": {**NOTICES, of_budgets.HALF: frozenset({of_budgets.CFO})}}, [NO_NOTICE]),
        ({"notices": {**NOTICES, Notice("ACTUAL", 200): frozenset({of_budgets.CFO})}}, []),
        ({"others": (of_budgets.MONEY,)}, [NO_NOTICE]),
        ({"notices": {of_budgets.ALL: frozenset({of_budgets.CFO})}}, []),
    ],
    ids=[
        "more",
        "less",
        "another currency",
        "one more notice in AWS",
        "a late notice in AWS",
        "a notice of another kind in AWS",
        "one notice missing in AWS",
    ],
)
def test_later_budget_notices_are_risky(have: dict[str, Any], why: list[str]) -> None:
    found: BudgetFacts = replace(of_budgets.GOOD, **have)
    assert reasons(of_budgets.WANT, {budget: found, budget_tags: of_budgets.TAGS}) == why


@pytest.mark.parametrize(
    ("have", "risky"),
    [
        ({"ThresholdExpression": above(20)}, True),
        ({"ThresholdExpression": above(100)}, False),
        ({"ThresholdExpression": {"And": [above(1), above(2)]}}, False),
        ({"MonitorArnList": [of_anomalies.ARN, "arn:aws:ce::123456789012:anomalymonitor/2"]}, True),
        ({"Frequency": "WEEKLY"}, False),
    ],
    ids=["more", "less", "otherwise", "one monitor less", "at once"],
)
def test_fewer_anomaly_alerts_are_risky(have: dict[str, Any], risky: bool) -> None:
    want = of_anomalies.WANT
    found = {want.name: {**of_anomalies.GOOD, **have}}
    facts = {
        never_opened: False,
        monitor: of_anomalies.ARN,
        subscriptions: found,
        anomaly_tags: of_anomalies.TAGS,
    }
    assert bool(reasons(want, facts)) == risky
    slower = replace(want, frequency="DAILY", subscribers=(("EMAIL", "cfo@acme.example"),))
    assert reasons(slower, facts) == ["told later, or of fewer"]  # the topic is told no more
    found[want.name]["Subscribers"] = [{"Type": "EMAIL", "Address": "cfo@acme.example"}]
    assert bool(reasons(slower, facts)) == (risky or have.get("Frequency") != "WEEKLY")


def test_single_instead_of_double_encryption_is_risky() -> None:
    rule: dict[str, Any] = dict(of_buckets.good().encryption)
    twice = {**rule["ApplyServerSideEncryptionByDefault"], "SSEAlgorithm": "aws:kms:dsse"}
    facts = of_buckets.facts(of_buckets.good(encryption={**rule, "ApplyServerSideEncryptionByDefault": twice}))
    found = reasons(of_buckets.WANT, facts, {of_buckets.KEY.address: of_buckets.ARN})
    assert found == ["it is encrypted once, not twice"]
