"""Billing alarms: one per amount, in the region and the currency of the bill."""

from __future__ import annotations

import pytest

from awsbase.ensure.alarm import Alarm
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from tests.manifest.saying import ACCOUNT, mistakes, source

BILLING = "notify: {billing: {}}\n"


def alarms(text: str, home: str = "eu-west-1") -> list[Alarm]:
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return [resource for resource in resources(manifest).get("alarms", []) if isinstance(resource, Alarm)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("alarms: {billing: {}}", ["acme-billing-10-usd", "acme-billing-50-usd", "acme-billing-200-usd"]),
        ("alarms:\n  billing:\n", ["acme-billing-10-usd", "acme-billing-50-usd", "acme-billing-200-usd"]),
        (
            "alarms: {billing: {amounts: [50, 12.5, 1000000]}}",
            [f"acme-billing-{each}-usd" for each in ("50", "12.50", "1000000")],
        ),
        ("", []),
    ],
    ids=["default steps", "default amounts", "own amounts", "left out"],
)
def test_each_amount_has_an_alarm(text: str, names: list[str]) -> None:
    assert [alarm.name for alarm in alarms(BILLING + text)] == names


@pytest.mark.parametrize(
    ("home", "region", "partition", "currency"),
    [
        ("eu-west-1", "us-east-1", "aws", "USD"),
        ("us-east-1", "us-east-1", "aws", "USD"),
        ("cn-north-1", "cn-northwest-1", "aws-cn", "CNY"),
    ],
    ids=["far from home", "at home", "China"],
)
def test_billing_alarm_is_in_the_billing_region(home: str, region: str, partition: str, currency: str) -> None:
    (alarm,) = alarms(BILLING + "alarms: {billing: {amounts: [50]}}", home)
    assert alarm.scope.region == region
    assert (alarm.namespace, alarm.metric, alarm.dimensions) == (
        "AWS/Billing",
        "EstimatedCharges",
        {"Currency": currency},
    )
    assert (alarm.statistic, alarm.period, alarm.threshold) == ("Maximum", 21600, 50)
    assert alarm.actions == (f"arn:{partition}:sns:{region}:123456789012:acme-billing",)
    assert set(alarm.needs()) == {alarm.scope.address("topic", "acme-billing"), "billing-alerts/123456789012"}


@pytest.mark.parametrize(
    ("home", "text", "expected"),
    [
        (
            "eu-west-1",
            "alarms: {billing: {}}",
            "alarms.billing.notify: no channel called 'billing' in notify, add billing: ",
        ),
        (
            "eu-west-1",
            "alarms: {}\naudit: {}\nnotify: {security: {}}\n",
            "alarms.billing.notify: no channel called 'billing' in notify, add billing: ",
        ),
        (
            "eu-west-1",
            "alarms: {billing: {notify: biling}}\n" + BILLING,
            "alarms.billing.notify: no channel called 'biling' in notify, did you mean 'billing'?",
        ),
        ("eu-west-1", "alarms: {billing: {amounts: [5, 5]}}\n" + BILLING, "amounts: 5 is listed twice"),
        (
            "eu-west-1",
            "alarms: {billing: {amounts: [0]}}\n" + BILLING,
            "amounts[0]: 0 is no amount that can be exceeded",
        ),
        (
            "eu-west-1",
            "alarms: {billing: {amounts: [1.005]}}\n" + BILLING,
            "amounts[0]: 1.005 has more than two decimals",
        ),
        (
            "eu-west-1",
            "alarms: {billing: {amounts: [1.0e+300]}}\n" + BILLING,
            "amounts[0]: 1e+300 is more than anybody is billed",
        ),
        (
            "eu-west-1",
            "alarms: {billing: {amounts: []}}\n" + BILLING,
            "amounts: no amounts, so nobody would ever be told",
        ),
        ("eu-west-1", "alarms: {billing: {currency: EUR}}\n" + BILLING, "currency: must be USD or CNY, not 'EUR'"),
        ("eu-west-1", "alarms: {billing: {currency: CNY}}\n" + BILLING, "currency: AWS bills USD in aws, not CNY"),
        (
            "us-gov-west-1",
            "alarms: {billing: {}}\n" + BILLING,
            "alarms.billing: AWS publishes no billing metrics in aws-us-gov",
        ),
    ],
    ids=[
        "no channels",
        "no channels, empty section",
        "channel mistyped",
        "amount twice",
        "amount of nothing",
        "amount too precise",
        "amount of nobody's",
        "no amounts",
        "no such currency",
        "currency of another partition",
        "GovCloud",
    ],
)
def test_mistake_in_an_alarm_gives_advice(home: str, text: str, expected: str) -> None:
    (mistake,) = mistakes(ACCOUNT.replace("eu-west-1", home) + text, Manifest)
    assert expected in mistake
