"""Billing alarms, recognised by their metric."""

from __future__ import annotations

from awsbase.adopt.sections.alarms.channels import spoken
from awsbase.adopt.sections.alarms.parts import Part, most, plain
from awsbase.adopt.seen import Seen
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.billing_alerts import METRIC, NAMESPACE, BillingAlerts
from awsbase.manifest.alarms import BillingAlarms, billing_alarm
from awsbase.manifest.alarms import spoken as amount

CHANNEL = BillingAlarms.model_fields["notify"].default


def is_billing(alarm: Alarm) -> bool:
    """Tell whether an alarm is about what a month costs."""
    return (alarm.namespace, alarm.metric) == (NAMESPACE, METRIC)


def billing(seen: Seen) -> Part:
    """Return the amounts of the billing alarms that are called as a manifest calls them, and speak on one channel."""
    unsaid: dict[str, str] = {}
    told: dict[str, tuple[Alarm, str]] = {}
    for alarm in (each for each in seen.of(Alarm) if is_billing(each)):
        currency = alarm.dimensions.get("Currency", "")
        name = billing_alarm(seen.base.name, alarm.threshold, currency)
        if alarm.name != name:
            what = f"a billing alarm at {amount(alarm.threshold)} {currency}"
            unsaid[alarm.address] = f"{what}: a manifest calls it {name}"
        elif channel := spoken(seen, alarm.scope, alarm.actions):
            told[alarm.address] = alarm, channel
        else:
            unsaid[alarm.address] = "actions: not the topic of one channel"
    channel = most(each for _, each in told.values())
    switch = next((each.address for each in seen.of(BillingAlerts)), "")
    for address, (_, its) in told.items():
        if not switch:
            unsaid[address] = "billing alerts are not known to be on"
        elif its != channel:
            unsaid[address] = f"it speaks on {its}, and most others on {channel}"
    alarms = [alarm for address, (alarm, _) in told.items() if address not in unsaid]
    if not alarms:
        return Part(unsaid={**unsaid, **({switch: "on, and no billing alarm that a manifest says"} if switch else {})})
    value: dict[str, object] = {"amounts": [plain(each) for each in sorted(each.threshold for each in alarms)]}
    if channel != CHANNEL:
        value["notify"] = channel
    return Part(value, frozenset({(channel, alarms[0].scope)}), unsaid)
