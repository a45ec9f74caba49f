"""CloudWatch and CloudWatch Logs: alarms that can ring, filters that replace each other, keys that logs may use."""

import json
from typing import Any

from awsbase.sandbox.documents import permits
from awsbase.sandbox.rule import Ask, Refusal, Rule
from awsbase.sandbox.rules.kms import find

BILLING_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1"}
MONTHS = (60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
RETENTION = {1, 3, 5, 7, 14, 30, *MONTHS}
FILTERS = 100
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def alarm_can_ring(ask: Ask) -> None:
    """Refuse an alarm that never could do what it is for."""
    wanted = ask.params
    for action in (arn for name in ACTIONS for arn in wanted.get(name, [])):
        parts = action.split(":")
        if len(parts) < 6 or parts[0] != "arn":
            raise Refusal("ValidationError", f"Invalid alarm action {action}")
        if parts[2] == "sns" and parts[3] != ask.region:
            raise Refusal("ValidationError", f"Invalid region {parts[3]} specified. Only {ask.region} is supported.")
    # AWS takes it and the alarm never rings; the sandbox says so.
    if wanted.get("Namespace") == "AWS/Billing" and ask.region != (there := BILLING_REGIONS.get(ask.partition)):
        where = f"are in {there} only" if there else f"do not exist in {ask.partition}"
        raise Refusal("ValidationError", f"Billing metrics {where}: this alarm would never ring")
    if ("Statistic" in wanted) == ("ExtendedStatistic" in wanted) and "MetricName" in wanted:
        raise Refusal("ValidationError", "Exactly one of Statistic and ExtendedStatistic must be given")
    if "Threshold" not in wanted and "ThresholdMetricId" not in wanted:
        raise Refusal("ValidationError", "Threshold must be given")
    period, span = wanted.get("Period", 60), wanted.get("Period", 60) * wanted["EvaluationPeriods"]
    if (period not in (10, 20, 30) and period % 60) or span > (86400 if period < 3600 else 604800):
        raise Refusal("ValidationError", f"Metrics cannot be checked across {span} seconds in periods of {period}")


def note_alarm(ask: Ask) -> None:
    """Leave the tags out of an update, as AWS does."""
    ask.notes["alarm"] = ask.backend("cloudwatch").alarms.get(ask.params["AlarmName"])
    if ask.notes["alarm"]:
        ask.params.pop("Tags", None)


def keep_state(ask: Ask, said: dict[str, Any]) -> None:
    """Let an alarm begin without data, and keep its state when it is changed."""
    alarm, before = ask.backend("cloudwatch").alarms[ask.params["AlarmName"]], ask.notes["alarm"]
    alarm.state_value = before.state_value if before else "INSUFFICIENT_DATA"


def asked_types(ask: Ask, said: dict[str, Any]) -> None:
    """Describe composite alarms only when they are asked for."""
    types = ask.params.get("AlarmTypes") or ["MetricAlarm"]
    for kind in ("MetricAlarm", "CompositeAlarm"):
        if kind not in types:
            said[f"{kind}s"] = []


def kept_for(ask: Ask) -> None:
    """Refuse a retention that AWS does not offer."""
    if ask.params["retentionInDays"] not in RETENTION:
        raise Refusal("InvalidParameterException", "retentionInDays is none of the values that are offered")


def logs_may_encrypt(ask: Ask) -> None:
    """Refuse a key that CloudWatch Logs could not use."""
    wanted = ask.params.get("kmsKeyId")
    if not wanted:
        return
    key = find(ask, wanted)
    group = f"arn:{ask.partition}:logs:{ask.region}:{ask.account}:log-group:{ask.params.get('logGroupName', '*')}"
    context = {"kms:encryptioncontext:aws:logs:arn": group, "aws:sourceaccount": ask.account, "aws:sourcearn": group}
    # CloudWatch Logs is one of the services that carry the suffix of their partition in their name.
    logs = f"logs.{ask.region}.amazonaws.com" + (".cn" if ask.partition == "aws-cn" else "")
    usable = (
        wanted.startswith("arn:")
        and key is not None
        and key.key_state == "Enabled"
        and all(
            permits(json.loads(key.policy), logs, f"kms:{action}", key.arn, context)
            for action in ("Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey")
        )
    )
    if not usable:
        raise Refusal(
            "InvalidParameterException",
            f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group}'",
        )


def own_name(ask: Ask) -> None:
    """Refuse a name that AWS keeps for its own groups."""
    if ask.params["logGroupName"].startswith("aws/"):
        raise Refusal("InvalidParameterException", "Log groups starting with AWS/ are reserved for AWS.")


def room_for_filter(ask: Ask) -> None:
    """Refuse a filter of a group that is not there, and the hundred and first of one that is."""
    name, group = ask.params["filterName"], ask.params["logGroupName"]
    if group not in ask.backend("logs").groups:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    held = {each["filterName"] for each in ask.backend("logs").filters.metric_filters if each["logGroupName"] == group}
    if name not in held and len(held) >= FILTERS:
        raise Refusal("LimitExceededException", "Resource limit exceeded.")


def own_namespace(ask: Ask) -> None:
    """Refuse to write into AWS's own metrics, and a default beside dimensions."""
    for transformation in ask.params["metricTransformations"]:
        if transformation["metricNamespace"].startswith("AWS/"):
            raise Refusal(
                "InvalidParameterException", "Invalid metric transformation: metricNamespace AWS/ is reserved"
            )
        if "defaultValue" in transformation and transformation.get("dimensions"):
            raise Refusal("InvalidParameterException", "Invalid metric transformation: dimensions and default value")
    pattern = ask.params["filterPattern"].strip()
    if pattern.startswith("{") and (not pattern.endswith("}") or pattern.count("(") != pattern.count(")")):
        raise Refusal("InvalidParameterException", "Invalid metric filter pattern")


def replace_filter(ask: Ask) -> None:
    """Let a filter take the place of one of the same name, where moto keeps both."""
    filters = ask.backend("logs").filters
    named = (ask.params["logGroupName"], ask.params["filterName"])
    filters.metric_filters[:] = [
        held for held in filters.metric_filters if (held["logGroupName"], held["filterName"]) != named
    ]


def encrypt_logs(ask: Ask) -> dict[str, Any]:
    """Put a log group under a key, or under none; moto does that only while the group is made."""
    group = ask.backend("logs").groups.get(ask.params["logGroupName"])
    if group is None:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    group.kms_key_id = ask.params.get("kmsKeyId")
    return {}


RULES = (
    Rule("cloudwatch:PutMetricAlarm", before=alarm_can_ring),
    Rule("cloudwatch:PutMetricAlarm", before=note_alarm, after=keep_state),
    Rule("cloudwatch:DescribeAlarms", after=asked_types),
    Rule("logs:PutRetentionPolicy", before=kept_for),
    Rule("logs:CreateLogGroup logs:AssociateKmsKey", before=logs_may_encrypt),
    Rule("logs:AssociateKmsKey logs:DisassociateKmsKey", before=encrypt_logs, strict=False),
    Rule("logs:CreateLogGroup", before=own_name),
    Rule("logs:PutMetricFilter", before=room_for_filter),
    Rule("logs:PutMetricFilter", before=own_namespace),
    Rule("logs:PutMetricFilter", before=replace_filter, strict=False),
)
