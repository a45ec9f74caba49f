"""The alarms section: billing, the CIS controls, the budget and cost anomalies, as far as a manifest names them."""

from __future__ import annotations

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections import audit
from awsbase.adopt.sections.alarms.said import place, said
from awsbase.adopt.seen import Seen
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.anomaly_alert import AnomalyAlert
from awsbase.ensure.billing_alerts import BillingAlerts
from awsbase.ensure.budget import Budget
from awsbase.ensure.event_rule import EventRule
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.ensure.topic import Topic

KINDS = (Alarm, MetricFilter, EventRule, BillingAlerts, Budget, AnomalyAlert, Topic, *audit.KINDS)


def draft(seen: Seen, section: Draft) -> None:
    """Write what is there, and say of everything else what it is."""
    found = said(seen)
    for name, part in found.parts.items():
        if part.value is not None:
            section.put(name, value=dict(part.value), of=place(name))
    for address, why in found.unsaid.items():
        section.cannot(address, why)
