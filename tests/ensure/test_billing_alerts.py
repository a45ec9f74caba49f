"""Billing metrics are enabled where an API exists, and become a manual action elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.scope import Scope
from awsbase.ensure.billing_alerts import BillingAlerts, BillingFacts, preference, published
from awsbase.sandbox import Sandbox
from tests.contract.sample import go
from tests.ensure.planned import HOME, described, planned

WANT = BillingAlerts(scope=HOME.at("us-east-1"))


@pytest.mark.parametrize(
    ("have", "changes", "asked"),
    [
        ({preference: BillingFacts(())}, [], False),
        ({preference: BillingFacts(("theirs",))}, ["update billing alerts"], False),
        ({preference: None, published: True}, [], False),
        ({preference: None, published: False}, [], True),
    ],
    ids=["on", "off", "no API, but figures", "no API, no figures"],
)
def test_billing_metrics_are_enabled_or_become_a_manual_action(
    have: dict[Any, Any], changes: list[str], asked: bool
) -> None:
    run = planned(WANT, have)
    assert described(run) == changes
    assert bool(run.manual_actions) == asked


def test_update_uses_the_key_that_was_read() -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", [WANT])
    (update,) = [call for call in sandbox.calls if call.writes]
    assert update.params["billingPreferencesPerKey"] == [{"key": "AccountId:123456789012", "value": "ENABLED"}]


def test_member_account_gets_a_manual_action_until_billing_metrics_appear() -> None:
    sandbox = Sandbox()
    sandbox.billing_api = False
    asked = go(sandbox, "reconcile", [WANT])
    assert asked.totals()["unchanged"] == 1
    (ask,) = asked.manual_actions
    assert "123456789012" in ask.title
    assert any("console.aws.amazon.com/billing" in step for step in ask.steps)
    assert "EstimatedCharges" in ask.probe

    # Only AWS itself can publish metrics under AWS/..., so no client can write this one.
    sandbox.backend("cloudwatch", "us-east-1").put_metric_data("AWS/Billing", [CHARGED])
    assert go(sandbox, "reconcile", [WANT]).manual_actions == ()


CHARGED = {
    "MetricName": "EstimatedCharges",
    "Dimensions": [{"Name": "Currency", "Value": "USD"}],
    "Value": 1.5,
    "Unit": "None",
}


def test_steps_link_to_the_console_of_china() -> None:
    china = BillingAlerts(scope=Scope("123456789012", "cn-north-1", "cn-northwest-1"))
    (ask,) = planned(china, {preference: None, published: False}).manual_actions
    assert any("https://console.amazonaws.cn/" in step for step in ask.steps)
