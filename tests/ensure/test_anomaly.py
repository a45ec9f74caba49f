"""Anomaly alerts use the one monitor of all services, made by AWS or by awsbase."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.ensure.anomaly_alert import AnomalyAlert, above, monitor, subscription_tags, subscriptions
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
    facts = {monitor: watching, subscriptions: {WANT.name: have} if have else {}, subscription_tags: tags}
    assert described(planned(WANT, facts)) == changes
