"""Cost anomaly detection, which moto does not have: monitors, and who is told of what they find."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule


@dataclass
class Anomalies:
    """Monitors and subscriptions by ARN, and the tags of both."""

    STATE = "cost anomalies"

    monitors: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state."""
        return {
            "monitors": list(self.monitors.values()),
            "subscriptions": list(self.subscriptions.values()),
            "tags": self.tags,
        }


def create_monitor(ask: Ask) -> dict[str, Any]:
    """Make a monitor; of all services there may be one."""
    held, wanted = ask.memory(Anomalies), ask.params["AnomalyMonitor"]
    one = [each for each in held.monitors.values() if each.get("MonitorDimension") == wanted.get("MonitorDimension")]
    if wanted["MonitorType"] == "DIMENSIONAL" and one:
        raise Refusal("LimitExceededException", "Limit exceeded on dimensional spend monitor creation")
    arn = arn_of(ask, "anomalymonitor", len(held.monitors))
    held.monitors[arn] = {"MonitorArn": arn, **deepcopy(wanted)}
    note_tags(ask, arn)
    return {"MonitorArn": arn}


def list_monitors(ask: Ask) -> dict[str, Any]:
    """List the monitors that are asked for."""
    wanted = ask.params.get("MonitorArnList")
    held = ask.memory(Anomalies).monitors
    return {"AnomalyMonitors": [deepcopy(one) for arn, one in held.items() if not wanted or arn in wanted]}


def create_subscription(ask: Ask) -> dict[str, Any]:
    """Have somebody told."""
    held, wanted = ask.memory(Anomalies), ask.params["AnomalySubscription"]
    judge(ask, wanted)
    arn = arn_of(ask, "anomalysubscription", len(held.subscriptions))
    held.subscriptions[arn] = {"SubscriptionArn": arn, "AccountId": ask.account, **confirmed(wanted)}
    note_tags(ask, arn)
    return {"SubscriptionArn": arn}


def update_subscription(ask: Ask) -> dict[str, Any]:
    """Change what is given."""
    arn = ask.params["SubscriptionArn"]
    held = ask.memory(Anomalies).subscriptions
    if arn not in held:
        raise Refusal("UnknownSubscriptionException", f"Unknown subscription {arn}")
    changed = {**held[arn], **{name: value for name, value in ask.params.items() if name in held[arn]}}
    judge(ask, changed)
    held[arn] = confirmed(changed)
    return {"SubscriptionArn": arn}


def delete_subscription(ask: Ask) -> dict[str, Any]:
    """Have nobody told any more."""
    if ask.memory(Anomalies).subscriptions.pop(ask.params["SubscriptionArn"], None) is None:
        raise Refusal("UnknownSubscriptionException", "Unknown subscription")
    ask.memory(Anomalies).tags.pop(ask.params["SubscriptionArn"], None)
    return {}


def list_subscriptions(ask: Ask) -> dict[str, Any]:
    """List the subscriptions that are asked for."""
    wanted = ask.params.get("SubscriptionArnList")
    held = ask.memory(Anomalies).subscriptions
    return {"AnomalySubscriptions": [deepcopy(one) for arn, one in held.items() if not wanted or arn in wanted]}


def tag(ask: Ask) -> dict[str, Any]:
    """Tag a monitor or a subscription."""
    tags = {tag["Key"]: tag["Value"] for tag in ask.params["ResourceTags"]}
    tags_of(ask).update(tags)
    return {}


def untag(ask: Ask) -> dict[str, Any]:
    """Take tags off."""
    for key in ask.params["ResourceTagKeys"]:
        tags_of(ask).pop(key, None)
    return {}


def tell_tags(ask: Ask) -> dict[str, Any]:
    """List the tags of a monitor or a subscription."""
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in tags_of(ask).items()]}


def judge(ask: Ask, wanted: dict[str, Any]) -> None:
    """Refuse what AWS would: who is told how fast, of what, and from which amount on."""
    kinds = {one.get("Type") for one in wanted["Subscribers"]}
    if kinds != {"SNS" if wanted["Frequency"] == "IMMEDIATE" else "EMAIL"}:
        raise Refusal("ValidationException", "IMMEDIATE subscriptions are told to SNS, DAILY and WEEKLY ones by EMAIL")
    for arn in wanted["MonitorArnList"]:
        if arn not in ask.memory(Anomalies).monitors:
            raise Refusal("UnknownMonitorException", f"Unknown monitor {arn}")
    if ("Threshold" in wanted) == ("ThresholdExpression" in wanted):
        raise Refusal("ValidationException", "Exactly one of Threshold and ThresholdExpression must be given")


def confirmed(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return a subscription with the status that AWS gives to each subscriber."""
    subscribers = [{**one, "Status": "CONFIRMED"} for one in wanted["Subscribers"]]
    return {**deepcopy(wanted), "Subscribers": subscribers}


def arn_of(ask: Ask, kind: str, number: int) -> str:
    partition = ask.backend("iam", "aws").partition
    return f"arn:{partition}:ce::{ask.account}:{kind}/{number + 1:08x}-0000-4000-8000-000000000000"


def note_tags(ask: Ask, arn: str) -> None:
    ask.memory(Anomalies).tags[arn] = {tag["Key"]: tag["Value"] for tag in ask.params.get("ResourceTags", [])}


def tags_of(ask: Ask) -> dict[str, str]:
    held = ask.memory(Anomalies).tags.get(ask.params["ResourceArn"])
    if held is None:
        raise Refusal("ResourceNotFoundException", f"no {ask.params['ResourceArn']}")
    return held


ANSWERS = {
    "CreateAnomalyMonitor": create_monitor,
    "GetAnomalyMonitors": list_monitors,
    "CreateAnomalySubscription": create_subscription,
    "UpdateAnomalySubscription": update_subscription,
    "DeleteAnomalySubscription": delete_subscription,
    "GetAnomalySubscriptions": list_subscriptions,
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": tell_tags,
}

RULES = tuple(Rule(f"ce:{name}", before=answer, strict=False) for name, answer in ANSWERS.items())
