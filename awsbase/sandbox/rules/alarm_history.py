"""The history of alarms, which moto does not keep: each change of state, and how each action went."""

import json
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.documents import permits
from awsbase.sandbox.rule import Ask, Rule
from awsbase.sandbox.rules.kms import find

ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}
PUBLISHER = "cloudwatch.amazonaws.com"


@dataclass
class History:
    """What happened to alarms, by region, the oldest first; no part of the account's state."""

    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def note_state(ask: Ask) -> None:
    """Note the state that an alarm is in before it is set."""
    alarm = ask.backend("cloudwatch").alarms.get(ask.params["AlarmName"])
    ask.notes["state"] = alarm.state_value if alarm else None


def act(ask: Ask, said: dict[str, Any]) -> None:
    """Write down a change of state, and carry out what the alarm does on it."""
    alarm, before, after = ask.backend("cloudwatch").alarms[ask.params["AlarmName"]], ask.notes["state"], None
    after = ask.params["StateValue"]
    if before == after:
        return
    reason = ask.params["StateReason"]
    states = {"oldState": {"stateValue": before}, "newState": {"stateValue": after, "stateReason": reason}}
    write(ask, "StateUpdate", f"Alarm updated from {before} to {after}", {"version": "1.0", **states})
    for arn in (getattr(alarm, ACTIONS[after]) or []) if alarm.actions_enabled else []:
        error = hindrance(ask, arn, alarm.alarm_arn)
        went = {"actionState": "Failed" if error else "Succeeded", "notificationResource": arn}
        went |= {"stateUpdateTimestamp": int(ask.sandbox.clock().timestamp() * 1000), "publishedMessage": None}
        summary = f"Successfully executed action {arn}"
        if error:
            summary, went = f'Failed to execute action {arn}. Received error: "{error}"', {**went, "error": error}
        write(ask, "Action", summary, went)


def hindrance(ask: Ask, arn: str, alarm: str) -> str | None:
    """Say why an alarm cannot publish to a topic, in the words of CloudWatch."""
    parts = arn.split(":")
    if parts[2] != "sns":
        return None
    if parts[3] != ask.region:
        return f"Invalid region {parts[3]} specified. Only {ask.region} is supported."
    topic = ask.backend("sns").topics.get(arn)
    if topic is None:
        return "Resource no longer exists"
    context = {"aws:sourceaccount": ask.account, "aws:sourcearn": alarm}
    if not permits(topic._policy_json or {}, PUBLISHER, "sns:Publish", arn, context):
        return (
            f"CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {arn} because no resource-based "
            "policy allows the SNS:Publish action"
        )
    if topic.kms_master_key_id and not may_encrypt(ask, topic.kms_master_key_id, arn):
        return "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
    return None


def may_encrypt(ask: Ask, name: str, topic: str) -> bool:
    """Say whether CloudWatch may use the key of a topic; AWS's own key for SNS lets no service in."""
    key = None if name.endswith("alias/aws/sns") else find(ask, name)
    context = {"aws:sourceaccount": ask.account, "kms:encryptioncontext:aws:sns:topicarn": topic}
    return (
        key is not None
        and key.key_state == "Enabled"
        and all(
            permits(json.loads(key.policy), PUBLISHER, f"kms:{action}", key.arn, context)
            for action in ("GenerateDataKey", "Decrypt")
        )
    )


def write(ask: Ask, kind: str, summary: str, told: dict[str, Any]) -> None:
    item = {
        "AlarmName": ask.params["AlarmName"],
        "AlarmType": "MetricAlarm",
        "Timestamp": ask.sandbox.clock(),
        "HistoryItemType": kind,
        "HistorySummary": summary,
        "HistoryData": json.dumps(told),
    }
    ask.memory(History).items.setdefault(ask.region, []).append(item)


def tell_history(ask: Ask) -> dict[str, Any]:
    """Tell what happened, the newest first unless asked otherwise."""
    wanted = ask.params
    found = [
        item
        for item in ask.memory(History).items.get(ask.region, [])
        if wanted.get("AlarmName") in (None, item["AlarmName"])
        and wanted.get("HistoryItemType") in (None, item["HistoryItemType"])
        and ("StartDate" not in wanted or item["Timestamp"] >= wanted["StartDate"])
        and ("EndDate" not in wanted or item["Timestamp"] <= wanted["EndDate"])
    ]
    return {"AlarmHistoryItems": found if wanted.get("ScanBy") == "TimestampAscending" else found[::-1]}


RULES = (
    Rule("cloudwatch:SetAlarmState", before=note_state, after=act, strict=False),
    Rule("cloudwatch:DescribeAlarmHistory", before=tell_history, strict=False),
)
