"""Cost anomaly detection, which moto does not have: monitors, and subscriptions to what they find."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.authorization.permissions import at, given, own, table
from awsbase.sandbox.service import Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal


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


def never_opened(request: Request) -> None:
    """Refuse everything until somebody has opened Cost Explorer in the console.

    Raises Refusal with AccessDeniedException: https://github.com/aws-samples/aws-cost-explorer-report/issues/15
    """
    if not request.sandbox.cost_explorer:
        raise Refusal("AccessDeniedException", "User not enabled for cost explorer access", 400)


def create_monitor(request: Request) -> dict[str, Any]:
    """Make a monitor; of all services there may be one.

    Raises Refusal with ValidationException: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2515
    """
    held, wanted = request.memory(Anomalies), request.params["AnomalyMonitor"]
    one = [each for each in held.monitors.values() if each.get("MonitorDimension") == wanted.get("MonitorDimension")]
    if wanted["MonitorType"] == "DIMENSIONAL" and one:
        raise Refusal("ValidationException", "Limit exceeded on dimensional spend monitor creation")
    arn = new_arn(request, "anomalymonitor", len(held.monitors))
    held.monitors[arn] = {"MonitorArn": arn, **deepcopy(wanted)}
    note_tags(request, arn)
    return {"MonitorArn": arn}


def list_monitors(request: Request) -> dict[str, Any]:
    """List the monitors that are asked for.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetAnomalyMonitors.html
    """
    wanted = request.params.get("MonitorArnList")
    held = request.memory(Anomalies).monitors
    return {"AnomalyMonitors": [deepcopy(one) for arn, one in held.items() if not wanted or arn in wanted]}


def delete_monitor(request: Request) -> dict[str, Any]:
    """Delete a monitor; raises Refusal with UnknownMonitorException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_DeleteAnomalyMonitor.html
    """
    held, arn = request.memory(Anomalies), request.params["MonitorArn"]
    if held.monitors.pop(arn, None) is None:
        raise Refusal("UnknownMonitorException", f"Unknown monitor {arn}")
    held.tags.pop(arn, None)
    return {}


def create_subscription(request: Request) -> dict[str, Any]:
    """Create a subscription.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_CreateAnomalySubscription.html
    """
    held, wanted = request.memory(Anomalies), request.params["AnomalySubscription"]
    check_subscription(request, wanted)
    arn = new_arn(request, "anomalysubscription", len(held.subscriptions))
    held.subscriptions[arn] = {"SubscriptionArn": arn, "AccountId": request.account, **with_status(wanted)}
    note_tags(request, arn)
    return {"SubscriptionArn": arn}


def update_subscription(request: Request) -> dict[str, Any]:
    """Change what is given; raises Refusal with UnknownSubscriptionException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UpdateAnomalySubscription.html
    """
    arn = request.params["SubscriptionArn"]
    held = request.memory(Anomalies).subscriptions
    if arn not in held:
        raise Refusal("UnknownSubscriptionException", f"Unknown subscription {arn}")
    changed = {**held[arn], **{name: value for name, value in request.params.items() if name in held[arn]}}
    check_subscription(request, changed)
    held[arn] = with_status(changed)
    return {"SubscriptionArn": arn}


def delete_subscription(request: Request) -> dict[str, Any]:
    """Delete a subscription; raises Refusal with UnknownSubscriptionException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_DeleteAnomalySubscription.html
    """
    if request.memory(Anomalies).subscriptions.pop(request.params["SubscriptionArn"], None) is None:
        raise Refusal("UnknownSubscriptionException", "Unknown subscription")
    request.memory(Anomalies).tags.pop(request.params["SubscriptionArn"], None)
    return {}


def list_subscriptions(request: Request) -> dict[str, Any]:
    """List the subscriptions that are asked for.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetAnomalySubscriptions.html
    """
    wanted = request.params.get("SubscriptionArnList")
    held = request.memory(Anomalies).subscriptions
    return {"AnomalySubscriptions": [deepcopy(one) for arn, one in held.items() if not wanted or arn in wanted]}


def tag(request: Request) -> dict[str, Any]:
    """Tag a monitor or a subscription.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_TagResource.html
    """
    tags = {tag["Key"]: tag["Value"] for tag in request.params["ResourceTags"]}
    tags_of(request).update(tags)
    return {}


def untag(request: Request) -> dict[str, Any]:
    """Take tags off.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UntagResource.html
    """
    for key in request.params["ResourceTagKeys"]:
        tags_of(request).pop(key, None)
    return {}


def list_tags(request: Request) -> dict[str, Any]:
    """List the tags of a monitor or a subscription.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_ListTagsForResource.html
    """
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in tags_of(request).items()]}


def check_subscription(request: Request, wanted: dict[str, Any]) -> None:
    """Refuse subscribers that do not fit the frequency, unknown monitors, and two thresholds or none.

    Raises Refusal with ValidationException or UnknownMonitorException.
    """
    kinds = {one.get("Type") for one in wanted["Subscribers"]}
    if kinds != {"SNS" if wanted["Frequency"] == "IMMEDIATE" else "EMAIL"}:
        raise Refusal("ValidationException", "IMMEDIATE subscriptions take SNS, DAILY and WEEKLY ones EMAIL")
    for arn in wanted["MonitorArnList"]:
        if arn not in request.memory(Anomalies).monitors:
            raise Refusal("UnknownMonitorException", f"Unknown monitor {arn}")
    if ("Threshold" in wanted) == ("ThresholdExpression" in wanted):
        raise Refusal("ValidationException", "Exactly one of Threshold and ThresholdExpression must be given")


def with_status(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return a subscription with the status that AWS gives to each subscriber.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Subscriber.html
    """
    subscribers = [{**one, "Status": "CONFIRMED"} for one in wanted["Subscribers"]]
    return {**deepcopy(wanted), "Subscribers": subscribers}


def new_arn(request: Request, kind: str, number: int) -> str:
    """Return the ARN of a new monitor or subscription."""
    partition = request.backend("iam", "aws").partition
    return f"arn:{partition}:ce::{request.account}:{kind}/{number + 1:08x}-0000-4000-8000-000000000000"


def note_tags(request: Request, arn: str) -> None:
    """Keep the tags that come with a request."""
    request.memory(Anomalies).tags[arn] = {tag["Key"]: tag["Value"] for tag in request.params.get("ResourceTags", [])}


def tags_of(request: Request) -> dict[str, str]:
    """Return the tags of a resource. Raises ResourceNotFoundException when it is not there."""
    held = request.memory(Anomalies).tags.get(request.params["ResourceArn"])
    if held is None:
        raise Refusal("ResourceNotFoundException", f"no {request.params['ResourceArn']}")
    return held


ANSWERS = {
    "CreateAnomalyMonitor": create_monitor,
    "GetAnomalyMonitors": list_monitors,
    "DeleteAnomalyMonitor": delete_monitor,
    "CreateAnomalySubscription": create_subscription,
    "UpdateAnomalySubscription": update_subscription,
    "DeleteAnomalySubscription": delete_subscription,
    "GetAnomalySubscriptions": list_subscriptions,
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": list_tags,
}
MONITORS = at("ce::{account}:anomalymonitor/*")
SUBSCRIPTIONS = at("ce::{account}:anomalysubscription/*")
CALLS = table(
    {
        "CreateAnomalyMonitor CreateAnomalySubscription GetCostAndUsage": [own()],
        "GetAnomalyMonitors": [own(MONITORS)],
        "GetAnomalySubscriptions": [own(SUBSCRIPTIONS)],
        "UpdateAnomalyMonitor DeleteAnomalyMonitor": [own(given("MonitorArn"))],
        "UpdateAnomalySubscription DeleteAnomalySubscription": [own(given("SubscriptionArn"))],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
RULES = (
    Rule("ce:*", before=never_opened, strict=False),
    *(Rule(f"ce:{name}", before=answer, strict=False) for name, answer in ANSWERS.items()),
)


SERVICE = Service(
    "ce",
    rules=RULES,
    calls=CALLS,
    tags=lambda request, arn: request.memory(Anomalies).tags.get(arn, {}),
    snapshot=remembered(Anomalies),
    is_global=True,
    opt_in=False,
    warm_up={"GetAnomalyMonitors": {}},
)
