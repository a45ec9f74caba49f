"""Anomaly alerts use the one monitor of all services, made by AWS or by awsbase."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.ensure.anomaly_alert import AnomalyAlert, above, anomaly_tags, monitor, never_opened, subscriptions
from awsbase.sandbox import Fault, Sandbox
from awsbase.testing.sample import go, problems, said
from tests.ensure.planned import HOME, described, planned

TOPIC = "arn:aws:sns:us-east-1:123456789012:acme-billing"
WANT = AnomalyAlert(
    scope=HOME.at("us-east-1"), name="acme-anomalies", above=50, frequency="IMMEDIATE", subscribers=(("SNS", TOPIC),)
)
ARN = "arn:aws:ce::123456789012:anomalymonitor/1"
GOOD = {
    "SubscriptionArn": "arn:aws:ce::123456789012:anomalysubscription/1",
    "SubscriptionName": "acme-anomalies",
    "MonitorArnList": [ARN],
    "Subscribers": [{"Type": "SNS", "Address": TOPIC, "Status": "CONFIRMED"}],
    "Frequency": "IMMEDIATE",
    "ThresholdExpression": above(50),
}
TAGS = {"awsbase:address": WANT.address}


@pytest.mark.parametrize(
    ("watching", "have", "tags", "changes"),
    [
        (None, None, {}, ["create monitor of all services", "create subscription"]),
        (ARN, None, {}, ["create subscription"]),
        (ARN, GOOD, TAGS, []),
        (ARN, {**GOOD, "ThresholdExpression": above(100)}, TAGS, ["update subscription"]),
        (ARN, {**GOOD, "Frequency": "DAILY"}, {}, ["update subscription", "update tags"]),
        (None, {**GOOD, "MonitorArnList": ["old"]}, TAGS, ["create monitor of all services", "update subscription"]),
    ],
    ids=[
        "nothing",
        "AWS made the monitor",
        "converged",
        "other amount",
        "daily, untagged",
        "monitor of something else",
    ],
)
def test_alert_uses_the_monitor_of_all_services(
    watching: str | None, have: dict[str, Any] | None, tags: dict[str, str], changes: list[str]
) -> None:
    assert described(planned(WANT, known(watching, have, tags))) == changes


def known(watching: str | None, have: dict[str, Any] | None, tags: dict[str, str]) -> dict[Any, Any]:
    there = {WANT.name: have} if have else {}
    return {never_opened: False, monitor: watching, subscriptions: there, anomaly_tags: tags}


def test_an_amount_is_sent_to_the_cent_and_read_whatever_its_spelling() -> None:
    exact = replace(WANT, above=1_234_567.89)
    assert above(exact.above)["Dimensions"]["Values"] == ["1234567.89"]
    for text, changes in [("1234567.890", []), ("1.23457e+06", ["update subscription"])]:
        threshold = {"Dimensions": {**above(1)["Dimensions"], "Values": [text]}}
        facts = known(ARN, {**GOOD, "ThresholdExpression": threshold}, TAGS)
        assert described(planned(exact, facts)) == changes


def test_cost_explorer_that_was_never_opened_is_asked_of_a_person() -> None:
    sandbox = Sandbox()
    sandbox.cost_explorer = False
    alert = replace(WANT, subscribers=(("EMAIL", "a@x.example"),), frequency="DAILY")
    report = go(sandbox, "reconcile", [alert])
    assert (problems(report), said(report)) == ([], [])
    (action,) = report.manual_actions
    assert "Cost Explorer was never opened" in action.title

    sandbox.cost_explorer = True
    assert len(go(sandbox, "reconcile", [alert]).changes) == 2
    assert said(go(sandbox, "plan", [alert])) == []


def test_a_monitor_that_the_list_showed_too_late_is_used() -> None:
    sandbox = Sandbox()
    services = {"MonitorName": "all", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    sandbox.faults.add(Fault("stale", on="ce:CreateAnomalyMonitor"))
    sandbox.client("ce").create_anomaly_monitor(AnomalyMonitor=services)
    alert = replace(WANT, subscribers=(("EMAIL", "a@x.example"),), frequency="DAILY")
    assert said(go(sandbox, "reconcile", [alert])) == [f"{WANT.address}: create subscription"]
