"""Budgets and cost anomalies: their subscribers, and what AWS would refuse."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.ensure.anomaly_alert import AnomalyAlert
from awsbase.ensure.budget import Budget, Notice
from awsbase.ensure.topic import Topic
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from tests.manifest.saying import ACCOUNT, mistakes, source

BILLING = "notify: {billing: {}}\n"


def of(text: str, home: str = "eu-west-1") -> list[Any]:
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + BILLING + text), Manifest)
    return [resource for section in resources(manifest).values() for resource in section]


def one(kind: type[Any], text: str, home: str = "eu-west-1") -> Any:
    (found,) = (resource for resource in of(text, home) if isinstance(resource, kind))
    return found


@pytest.mark.parametrize(
    ("home", "region", "partition", "currency"),
    [("eu-west-1", "us-east-1", "aws", "USD"), ("cn-north-1", "cn-northwest-1", "aws-cn", "CNY")],
    ids=["aws", "China"],
)
def test_spending_alarms_use_a_topic_in_the_billing_region(
    home: str, region: str, partition: str, currency: str
) -> None:
    text = "alarms: {budget: {amount: 200}, anomaly: {above: 12.5}}"
    budget, alert, topic = one(Budget, text, home), one(AnomalyAlert, text, home), one(Topic, text, home)
    arn = f"arn:{partition}:sns:{region}:123456789012:acme-billing"
    assert topic.arn == arn
    assert (budget.amount, budget.currency, budget.subscribers) == (200, currency, (("SNS", arn),))
    assert budget.notices == (Notice("ACTUAL", 80), Notice("ACTUAL", 100), Notice("FORECASTED", 100))
    assert budget.arn == f"arn:{partition}:budgets::123456789012:budget/acme-monthly"
    assert (alert.above, alert.frequency, alert.subscribers) == (12.5, "IMMEDIATE", (("SNS", arn),))
    assert list(budget.needs()) == list(alert.needs()) == [topic.address]


def test_anomaly_summary_is_mailed_without_a_topic() -> None:
    alert = one(AnomalyAlert, "alarms: {anomaly: {frequency: weekly, email: [cfo@acme.example]}}")
    assert (alert.frequency, alert.subscribers) == ("WEEKLY", (("EMAIL", "cfo@acme.example"),))
    assert list(alert.needs()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{budget: {}}", "alarms.budget.amount: "),
        ("{budget: {amount: 0}}", "0 is no amount that can be exceeded"),
        ("{budget: {amount: 5, actual: [], forecast: []}}", "neither actual nor forecast"),
        ("{budget: {amount: 5, actual: [0]}}", "0 is no percentage of a budget"),
        ("{budget: {amount: 5, actual: [80, 80]}}", "80 is listed twice"),
        ("{budget: {amount: 5, actual: [50, 60, 70, 80, 90]}}", "AWS tells at 5 percentages of a budget at most"),
        ("{budget: {amount: 5, currency: CNY}}", "AWS bills USD in aws, not CNY"),
        ("{budget: {amount: 5, notify: x}}", "no channel called 'x' in notify"),
        ("{anomaly: {frequency: daily}}", "AWS sends daily summaries by mail only, name an address"),
        ("{anomaly: {email: [a@x.example]}}", "what is told at once goes to the channel only"),
        (
            "{anomaly: {frequency: daily, notify: billing, email: [a@x.example]}}",
            "AWS sends daily summaries by mail only",
        ),
        ('{anomaly: {frequency: daily, email: ["a`b@x.example"]}}', "anomaly.email[0]: Cost Explorer takes no ` in"),
        ("{anomaly: {frequency: daily, email: [a/b@x.example]}}", "Cost Explorer takes no / in"),
        ("{budget: {amount: 1.0e+300}}", "amount: 1e+300 is more than anybody is billed, write one of up to"),
        ("{anomaly: {above: 1000000001}}", "is more than anybody is billed"),
        ("{anomaly: {frequency: hourly}}", "alarms.anomaly.frequency: "),
    ],
)
def test_mistake_in_a_spending_alarm_gives_advice(text: str, expected: str) -> None:
    (mistake,) = mistakes(f"{ACCOUNT}{BILLING}alarms: {text}\n", Manifest)
    assert expected in mistake


def test_govcloud_has_no_spending_alarms() -> None:
    text = BILLING + "alarms: {budget: {amount: 5}, anomaly: {}}\n"
    found = mistakes(ACCOUNT.replace("eu-west-1", "us-gov-west-1") + text, Manifest)
    assert len(found) == 2
    assert all("aws-us-gov" in each for each in found)
