"""CloudWatch: alarms that can ring, and their history, which moto does not keep."""

import json
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.authorization.permissions import act, arn, at, given, own, table
from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.service import Codes, Pages, Request, Rule, Service
from awsbase.sandbox.services.kms import find
from awsbase.sandbox.snapshot import by_region
from awsbase.sandbox.wire import Refusal

BILLING_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1"}
ACTION_PARAMETERS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def alarm_can_ring(request: Request) -> None:
    """Refuse an alarm that never could do what it is for; raises Refusal with ValidationError.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    wanted = request.params
    for action in (target for name in ACTION_PARAMETERS for target in wanted.get(name, [])):
        parts = action.split(":")
        if len(parts) < 6 or parts[0] != "arn":
            raise Refusal("ValidationError", f"Invalid alarm action {action}")
        if parts[2] == "sns" and parts[3] != request.region:
            raise Refusal(
                "ValidationError", f"Invalid region {parts[3]} specified. Only {request.region} is supported."
            )
    # AWS takes it and the alarm never rings; the sandbox says so.
    if wanted.get("Namespace") == "AWS/Billing" and request.region != (there := BILLING_REGIONS.get(request.partition)):
        where = f"are in {there} only" if there else f"do not exist in {request.partition}"
        raise Refusal("ValidationError", f"Billing metrics {where}: this alarm would never ring")
    if ("Statistic" in wanted) == ("ExtendedStatistic" in wanted) and "MetricName" in wanted:
        raise Refusal("ValidationError", "Exactly one of Statistic and ExtendedStatistic must be given")
    if "Threshold" not in wanted and "ThresholdMetricId" not in wanted:
        raise Refusal("ValidationError", "Threshold must be given")
    period, span = wanted.get("Period", 60), wanted.get("Period", 60) * wanted["EvaluationPeriods"]
    if (period not in (10, 20, 30) and period % 60) or span > (86400 if period < 3600 else 604800):
        raise Refusal("ValidationError", f"Metrics cannot be checked across {span} seconds in periods of {period}")


def note_alarm(request: Request) -> None:
    """Leave the tags out of an update, as AWS does.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    request.notes["alarm"] = request.backend("cloudwatch").alarms.get(request.params["AlarmName"])
    if request.notes["alarm"]:
        request.params.pop("Tags", None)


def keep_state(request: Request, response: dict[str, Any]) -> None:
    """Let an alarm begin without data, and keep its state when it is changed.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    alarm, before = request.backend("cloudwatch").alarms[request.params["AlarmName"]], request.notes["alarm"]
    alarm.state_value = before.state_value if before else "INSUFFICIENT_DATA"


def asked_types(request: Request, response: dict[str, Any]) -> None:
    """Describe composite alarms only when they are asked for.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    types = request.params.get("AlarmTypes") or ["MetricAlarm"]
    for kind in ("MetricAlarm", "CompositeAlarm"):
        if kind not in types:
            response[f"{kind}s"] = []


def bare_alarms(request: Request, response: dict[str, Any]) -> None:
    """Leave out the metrics of alarms that have none, and return since when an alarm is in its state.

    Recorded: cloud-custodian, monitoring.DescribeAlarms; LocalStack, its tests of alarms.
    """
    for alarm in response.get("MetricAlarms", []):
        if not alarm.get("Metrics"):
            alarm.pop("Metrics", None)
        if "StateUpdatedTimestamp" in alarm:
            alarm.setdefault("StateTransitionedTimestamp", alarm["StateUpdatedTimestamp"])


ACTIONS_ON = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}
PUBLISHER = "cloudwatch.amazonaws.com"


@dataclass
class History:
    """What happened to alarms, by region, the oldest first; no part of the account's state."""

    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def note_state(request: Request) -> None:
    """Note the state that an alarm is in before it is set.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
    """
    alarm = request.backend("cloudwatch").alarms.get(request.params["AlarmName"])
    request.notes["state"] = alarm.state_value if alarm else None


def change_state(request: Request, response: dict[str, Any]) -> None:
    """Write down a change of state, and carry out what the alarm does on it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
    """
    alarm, before, after = (
        request.backend("cloudwatch").alarms[request.params["AlarmName"]],
        request.notes["state"],
        None,
    )
    after = request.params["StateValue"]
    if before == after:
        return
    reason = request.params["StateReason"]
    states = {"oldState": {"stateValue": before}, "newState": {"stateValue": after, "stateReason": reason}}
    add_to_history(request, "StateUpdate", f"Alarm updated from {before} to {after}", {"version": "1.0", **states})
    for target in (getattr(alarm, ACTIONS_ON[after]) or []) if alarm.actions_enabled else []:
        error = publish_failure(request, target, alarm.alarm_arn)
        went = {"actionState": "Failed" if error else "Succeeded", "notificationResource": target}
        went |= {"stateUpdateTimestamp": int(request.sandbox.clock().timestamp() * 1000), "publishedMessage": None}
        summary = f"Successfully executed action {target}"
        if error:
            summary, went = f'Failed to execute action {target}. Received error: "{error}"', {**went, "error": error}
        add_to_history(request, "Action", summary, went)


def publish_failure(request: Request, target: str, alarm: str) -> str | None:
    """Return why an alarm cannot publish to a topic, in the words of CloudWatch."""
    parts = target.split(":")
    if parts[2] != "sns":
        return None
    if parts[3] != request.region:
        return f"Invalid region {parts[3]} specified. Only {request.region} is supported."
    topic = request.backend("sns").topics.get(target)
    if topic is None:
        return "Resource no longer exists"
    context = {"aws:sourceaccount": request.account, "aws:sourcearn": alarm}
    if not permits(topic._policy_json or {}, PUBLISHER, "sns:Publish", target, context):
        return (
            f"CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {target} because no "
            "resource-based policy allows the SNS:Publish action"
        )
    if topic.kms_master_key_id and not may_encrypt(request, topic.kms_master_key_id, target):
        return "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
    return None


def may_encrypt(request: Request, name: str, topic: str) -> bool:
    """Return whether CloudWatch may use the key of a topic; AWS's own key for SNS lets no service in."""
    key = None if name.endswith("alias/aws/sns") else find(request, name)
    context = {"aws:sourceaccount": request.account, "kms:encryptioncontext:aws:sns:topicarn": topic}
    return (
        key is not None
        and key.key_state == "Enabled"
        and all(
            permits(json.loads(key.policy), PUBLISHER, f"kms:{action}", key.arn, context)
            for action in ("GenerateDataKey", "Decrypt")
        )
    )


def add_to_history(request: Request, kind: str, summary: str, data: dict[str, Any]) -> None:
    """Add an item to the history of an alarm."""
    item = {
        "AlarmName": request.params["AlarmName"],
        "AlarmType": "MetricAlarm",
        "Timestamp": request.sandbox.clock(),
        "HistoryItemType": kind,
        "HistorySummary": summary,
        "HistoryData": json.dumps(data),
    }
    request.memory(History).items.setdefault(request.region, []).append(item)


def describe_history(request: Request) -> dict[str, Any]:
    """Return what happened, the newest first unless asked otherwise.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
    """
    wanted = request.params
    found = [
        item
        for item in request.memory(History).items.get(request.region, [])
        if wanted.get("AlarmName") in (None, item["AlarmName"])
        and wanted.get("HistoryItemType") in (None, item["HistoryItemType"])
        and ("StartDate" not in wanted or item["Timestamp"] >= wanted["StartDate"])
        and ("EndDate" not in wanted or item["Timestamp"] <= wanted["EndDate"])
    ]
    return {"AlarmHistoryItems": found if wanted.get("ScanBy") == "TimestampAscending" else found[::-1]}


ALARM = at("cloudwatch:{region}:{account}:alarm:{AlarmName}")
EVERY_ALARM = at("cloudwatch:{region}:{account}:alarm:*")


def named(request: Request) -> list[str]:
    """Name the alarms of a list."""
    return [
        arn(request, f"cloudwatch:{request.region}:{request.account}:alarm:{name}")
        for name in request.params["AlarmNames"]
    ]


def alarms(cloudwatch: Any) -> Any:
    """Return the alarms of a region, by name, without their state."""
    left_out = ("history", "state_reason", "state_reason_data", "state_value")
    return {
        alarm.name: {
            name: value for name, value in vars(alarm).items() if name not in left_out and "_timestamp" not in name
        }
        | {"tags": cloudwatch.list_tags_for_resource(alarm.alarm_arn)}
        for alarm in cloudwatch.alarms.values()
    }


CALLS = table(
    {
        "ListMetrics DescribeAlarmsForMetric GetMetricData GetMetricStatistics PutMetricData": [own()],
        "DescribeAlarms DescribeAlarmHistory": [own(EVERY_ALARM)],
        "PutMetricAlarm": [own(ALARM), act("cloudwatch:TagResource", ALARM, when="Tags")],
        "SetAlarmState": [own(ALARM)],
        "DeleteAlarms DisableAlarmActions EnableAlarmActions": [own(named)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceARN"))],
    }
)


RULES = (
    Rule("cloudwatch:PutMetricAlarm", before=alarm_can_ring),
    Rule("cloudwatch:PutMetricAlarm", before=note_alarm, after=keep_state),
    Rule("cloudwatch:DescribeAlarms", after=asked_types),
    Rule("cloudwatch:DescribeAlarms", after=bare_alarms, strict=False),
    Rule("cloudwatch:SetAlarmState", before=note_state, after=change_state, strict=False),
    Rule("cloudwatch:DescribeAlarmHistory", before=describe_history, strict=False),
)

SERVICE = Service(
    "cloudwatch",
    rules=RULES,
    calls=CALLS,
    pages=Pages(50, "InvalidNextToken"),
    snapshot=by_region("cloudwatch", alarms),
    codes=Codes(
        invalid="ValidationError",
        tags="InvalidParameterValue",
        denied=("AccessDenied", 403),
        throttled=("Throttling", 400),
    ),
    warm_up={"DescribeAlarms": {}},
)
