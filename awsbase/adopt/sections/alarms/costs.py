"""The monthly budget and the alert on cost anomalies, as a manifest calls its own."""

from __future__ import annotations

from awsbase.adopt.sections.alarms.channels import spoken
from awsbase.adopt.sections.alarms.parts import Part, plain
from awsbase.adopt.seen import Seen
from awsbase.ensure.anomaly_alert import AnomalyAlert
from awsbase.ensure.budget import Budget, monthly
from awsbase.manifest.cost_alarms import AnomalyAlarm, BudgetAlarm, anomalies

CHANNEL = "billing"


def hearers(seen: Seen, have: Budget | AnomalyAlert) -> tuple[list[str], tuple[str, ...], str]:
    """Return the mail addresses and topics that hear of something, and the channel if that is who the topics are."""
    mails = sorted(address for kind, address in have.subscribers if kind == "EMAIL")
    topics = tuple(address for kind, address in have.subscribers if kind == "SNS")
    return mails, topics, spoken(seen, have.scope, topics) if topics else ""


def budget(seen: Seen) -> Part:
    """Return the budget of the account, if it is called as a manifest calls it."""
    unsaid: dict[str, str] = {}
    for have in seen.of(Budget):
        mails, topics, channel = hearers(seen, have)
        if have.name != monthly(seen.base.name):
            unsaid[have.address] = f"name: a manifest calls its budget {monthly(seen.base.name)}"
        elif topics and not channel:
            unsaid[have.address] = "subscribers: not the topic of a channel"
        else:
            value: dict[str, object] = {"amount": plain(have.amount)}
            for key, kind in (("actual", "ACTUAL"), ("forecast", "FORECASTED")):
                percents = sorted(plain(each.percent) for each in have.notices if each.kind == kind)
                if percents != sorted(BudgetAlarm.model_fields[key].default):
                    value[key] = percents
            if mails:
                value["email"] = mails
            if channel and (mails or channel != CHANNEL):
                value["notify"] = channel
            speaks = frozenset({(channel, have.scope)}) if channel else frozenset()
            return Part(value, speaks, unsaid)
    return Part(unsaid=unsaid)


def anomaly(seen: Seen) -> Part:
    """Return the alert on anomalies that is called as a manifest calls it."""
    unsaid: dict[str, str] = {}
    part = Part()
    for have in seen.of(AnomalyAlert):
        mails, topics, channel = hearers(seen, have)
        if have.name != anomalies(seen.base.name):
            unsaid[have.address] = f"name: a manifest calls its alert {anomalies(seen.base.name)}"
        elif topics and not channel:
            unsaid[have.address] = "subscribers: not the topic of a channel"
        else:
            value: dict[str, object] = {}
            if have.above != AnomalyAlarm.model_fields["above"].default:
                value["above"] = plain(have.above)
            if mails:
                value |= {"frequency": have.frequency.lower(), "email": mails}
            elif channel != CHANNEL:
                value["notify"] = channel
            part = Part(value, frozenset({(channel, have.scope)}) if channel else frozenset())
    return Part(part.value, part.speaks, unsaid)
