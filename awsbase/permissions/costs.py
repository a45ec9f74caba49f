"""What looking after costs takes."""

from __future__ import annotations

from awsbase.ensure.anomaly_alert import AnomalyAlert
from awsbase.ensure.billing_alerts import BillingAlerts
from awsbase.ensure.budget import Budget
from awsbase.permissions.allow import Allows, allow


def billing_alerts_reads(want: BillingAlerts) -> Allows:
    yield allow("billing", "GetBillingPreferences")
    yield allow("cloudwatch", "ListMetrics")


def billing_alerts_writes(want: BillingAlerts) -> Allows:
    yield allow("billing", "UpdateBillingPreferences")


def budget_reads(want: Budget) -> Allows:
    yield allow("budgets", "ListTagsForResource", "ViewBudget", on=(want.arn,))


def budget_writes(want: Budget) -> Allows:
    yield allow("budgets", "ModifyBudget", "TagResource", on=(want.arn,))


def anomaly_reads(want: AnomalyAlert) -> Allows:
    yield allow("ce", "GetAnomalyMonitors", "GetAnomalySubscriptions")
    yield allow("ce", "ListTagsForResource", on=anomaly_subscriptions(want))


def anomaly_writes(want: AnomalyAlert) -> Allows:
    yield allow("ce", "CreateAnomalyMonitor", "CreateAnomalySubscription")
    yield allow("ce", "TagResource", "UpdateAnomalySubscription", on=anomaly_subscriptions(want))


def anomaly_subscriptions(want: AnomalyAlert) -> tuple[str, ...]:
    return (want.scope.global_arn("ce", "anomalysubscription/*"),)
