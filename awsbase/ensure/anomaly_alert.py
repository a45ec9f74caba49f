"""Cost anomaly detection: AWS learns what services usually cost, and tells when one does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.ensure.billing_alerts import billing_scope
from awsbase.facts import tags
from awsbase.facts.numbers import decimal
from awsbase.records import record

IMPACT = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
PACES = ("IMMEDIATE", "DAILY", "WEEKLY")


@record(kw_only=True)
class AnomalyAlert(Resource):
    """A subscription to the monitor of all services, which AWS makes for most accounts, and of which it allows one.

    A monitor that exists is used as it is. `subscribers` are SNS with the ARN of a topic when the frequency is
    IMMEDIATE, EMAIL with an address when it is DAILY or WEEKLY. The place is where AWS answers for costs.
    """

    name: str
    above: float
    frequency: str
    subscribers: tuple[tuple[str, str], ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"anomaly-alert/{self.name}"

    def needs(self) -> Iterator[str]:
        yield from self.made_here


def monitors(facts: Facts, region: str) -> Sequence[Mapping[str, Any]]:
    """Read all monitors."""
    return list(_every(facts.aws.at(region).ce.get_anomaly_monitors, "AnomalyMonitors"))


def monitor(facts: Facts, region: str) -> str | None:
    """Return the ARN of the monitor of all services."""
    return next((str(each["MonitorArn"]) for each in facts.read(monitors, region) if of_all_services(each)), None)


def of_all_services(monitor: Mapping[str, Any]) -> bool:
    """Tell whether a monitor watches all services; AWS does not always say which dimension it is of."""
    return bool(monitor["MonitorType"] == "DIMENSIONAL" and monitor.get("MonitorDimension", "SERVICE") == "SERVICE")


def never_opened(facts: Facts, region: str) -> bool:
    """Tell whether nobody has ever opened Cost Explorer in this account: until then its API refuses everything."""
    from botocore.exceptions import ClientError

    try:
        facts.read(subscriptions, region)
    except ClientError as error:
        # "User not enabled for cost explorer access": https://github.com/aws-samples/aws-cost-explorer-report/issues/15
        if "not enabled for cost explorer" in error.response["Error"].get("Message", "").lower():
            return True
        raise
    return False


def every_subscription(facts: Facts, region: str) -> Sequence[Mapping[str, Any]]:
    """Read who is told of anomalies."""
    return list(_every(facts.aws.at(region).ce.get_anomaly_subscriptions, "AnomalySubscriptions"))


def subscriptions(facts: Facts, region: str) -> Mapping[str, Mapping[str, Any]]:
    """Return who is told of anomalies, by the subscription's name; of several with one name the first."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in facts.read(every_subscription, region):
        found.setdefault(each["SubscriptionName"], each)
    return found


def anomaly_things(facts: Facts, scope: Scope) -> Things:
    """Yield who is told of anomalies, and the monitors that find them; nothing where Cost Explorer was never opened."""
    there = billing_scope(scope)
    if there is None or facts.read(never_opened, there.region):
        return
    region, seen = there.region, set[str]()
    for each in facts.read(every_subscription, region):
        name, arn = each["SubscriptionName"], each["SubscriptionArn"]
        amount = amount_of(each.get("ThresholdExpression"))
        if name in seen or amount is None:
            why = "its threshold is no amount" if amount is None else "a second one of its name"
            yield NotExpressible(f"anomaly-alert/{arn.rpartition('/')[2]}", (f"{name}: {why}",))
            continue
        seen.add(name)
        told = tuple(sorted((one["Type"], one["Address"]) for one in each["Subscribers"]))
        alert = AnomalyAlert(scope=there, name=name, above=amount, frequency=each["Frequency"], subscribers=told)
        yield Described(alert, tags=facts.read(anomaly_tags, region, arn))
    for each in facts.read(monitors, region):
        address = f"anomaly-monitor/{each['MonitorName']}"
        if of_all_services(each):
            yield LeftAlone(address, "AWS", "it watches all services, and AWS allows one that does")
        else:
            yield NotExpressible(address, ("a manifest has no monitor but that of all services",))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list anomaly monitors, and who is told what they find."""
    yield allow("ce", "GetAnomalyMonitors", "GetAnomalySubscriptions")
    yield allow("ce", "ListTagsForResource", on=(scope.global_arn("ce", "anomalysubscription/*"),))


def anomaly_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one subscription or monitor."""
    answer = facts.aws.at(region).ce.list_tags_for_resource(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for tag in answer["ResourceTags"]}


def anomaly_reads(want: AnomalyAlert) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield monitor, want.scope.region
    yield never_opened, want.scope.region
    yield subscriptions, want.scope.region


def ensure_anomaly_alert(run: Run, want: AnomalyAlert) -> None:
    """Have somebody told of anomalies above an amount; tags that others set stay."""
    region, ce = want.scope.region, run.aws.ce
    if run.read(never_opened, region):
        open_cost_explorer(run, want)
        return
    watching = run.read(monitor, region)
    have = run.read(subscriptions, region).get(want.name)
    tagged = run.read(anomaly_tags, region, have["SubscriptionArn"]) if have else tags.wanted(want)

    arn: Any = watching
    if watching is None:
        services = {"MonitorName": want.name, "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
        made = run.create(
            "monitor of all services",
            ce.create_anomaly_monitor,
            AnomalyMonitor=services,
            ResourceTags=tags.pairs(tags.with_origin(want)),
        )
        arn = made["MonitorArn"]

    settings = {
        "Frequency": want.frequency,
        "MonitorArnList": [arn],
        "Subscribers": [{"Type": kind, "Address": address} for kind, address in sorted(want.subscribers)],
        "ThresholdExpression": above(want.above),
    }
    if have is None:
        run.create(
            "subscription",
            ce.create_anomaly_subscription,
            AnomalySubscription={"SubscriptionName": want.name, **settings},
            ResourceTags=tags.pairs(tags.with_origin(want)),
        )
    else:
        correct(run, want, have, settings, tagged)


def open_cost_explorer(run: Run, want: AnomalyAlert) -> None:
    """Say how Cost Explorer is opened: no API does it."""
    console = "console.amazonaws.cn" if want.scope.partition == "aws-cn" else "console.aws.amazon.com"
    run.manual_action(
        f"Cost Explorer was never opened in account {want.scope.account}, so AWS watches for no anomalies there",
        "sign in as root or as somebody who may see bills: in an organization the management account opens it for all",
        f"open https://{console}/costmanagement/home#/cost-explorer and choose Launch Cost Explorer if it is offered",
        "wait: AWS takes up to 24 hours to prepare the figures; then run awsbase again",
        probe="ce GetAnomalySubscriptions is not refused with 'not enabled for cost explorer access'",
    )


def correct(
    run: Run, want: AnomalyAlert, have: Mapping[str, Any], settings: Mapping[str, Any], tagged: Mapping[str, str]
) -> None:
    """Set what differs in a subscription, and the tags that are absent."""
    ce, arn = run.aws.ce, have["SubscriptionArn"]
    if drift := compare(meaning(have), meaning(settings)):
        why = "told later, or of fewer" if told_less(have, settings) else ""
        run.update(
            "subscription", drift, ce.update_anomaly_subscription, risk=visibility(why), SubscriptionArn=arn, **settings
        )

    add_tags(run, want, tagged, ce.tag_resource, under="ResourceTags", ResourceArn=arn)


def remove_anomaly_alert(run: Run, want: AnomalyAlert) -> None:
    """Delete a subscription that this manifest made, and its monitor if it made that, too, and nobody else uses it."""
    region, ce = want.scope.region, run.aws.ce
    if run.read(never_opened, region):
        return
    everybody = dict(run.read(subscriptions, region))
    have = everybody.get(want.name)
    if have and tags.made_here(run, want, run.read(anomaly_tags, region, have["SubscriptionArn"])):
        del everybody[want.name]
    else:
        have = None
    watching = run.read(monitor, region)
    ours = watching is not None and tags.is_ours(run.read(anomaly_tags, region, watching), want.scope)
    users = sorted(name for name, each in everybody.items() if watching in each["MonitorArnList"])
    if ours and users and want.name not in users:
        run.note(f"the monitor of all services stays, since {', '.join(users)} hears of it")

    if have:
        why, arn = "nobody is told any more what costs more than usual", have["SubscriptionArn"]
        run.delete("subscription", ce.delete_anomaly_subscription, risk=visibility(why), SubscriptionArn=arn)
    if ours and not users:
        run.delete("monitor of all services", ce.delete_anomaly_monitor, MonitorArn=watching)


def told_less(have: Mapping[str, Any], want: Mapping[str, Any]) -> bool:
    """Tell whether anomalies are told more seldom, to fewer, have to cost more, or are of fewer monitors."""
    slower = PACES.index(want["Frequency"]) > PACES.index(have["Frequency"])
    before, after = amount_of(have.get("ThresholdExpression")), amount_of(want["ThresholdExpression"])
    unwatched = any(arn not in want["MonitorArnList"] for arn in have["MonitorArnList"])
    told = [{one["Address"] for one in each.get("Subscribers", ())} for each in (have, want)]
    return (
        slower or unwatched or bool(told[0] - told[1]) or (before is not None and after is not None and after > before)
    )


def amount_of(condition: Any) -> float | None:
    """Return the amount of a condition as `above` makes them; None of any other."""
    values = (condition or {}).get("Dimensions", {}).get("Values") or [None]
    if not values[0] or meant(condition) != above(float(values[0])):
        return None
    return float(values[0])


def meant(condition: Any) -> Any:
    """Return a condition with its amounts as awsbase writes them: AWS may return 50.0 for 50."""
    dimensions = (condition or {}).get("Dimensions", {})
    if dimensions.get("Key") != IMPACT:
        return condition
    return {**condition, "Dimensions": {**dimensions, "Values": [decimal(float(v)) for v in dimensions["Values"]]}}


def above(amount: float) -> dict[str, Any]:
    """Return the condition that an anomaly costs at least an amount."""
    return {"Dimensions": {"Key": IMPACT, "MatchOptions": ["GREATER_THAN_OR_EQUAL"], "Values": [decimal(amount)]}}


def meaning(subscription: Mapping[str, Any]) -> dict[str, object]:
    """Return a subscription without what AWS adds, and without the order that means nothing."""
    return {
        "frequency": subscription["Frequency"],
        "monitors": list(subscription["MonitorArnList"]),
        "subscribers": sorted(f"{one['Type']} {one['Address']}" for one in subscription["Subscribers"]),
        "threshold": meant(subscription.get("ThresholdExpression")),
    }


def _every(method: Any, key: str) -> Iterator[Mapping[str, Any]]:
    page = method()
    yield from page[key]
    while token := page.get("NextPageToken"):
        page = method(NextPageToken=token)
        yield from page[key]


def anomaly_subscriptions(want: AnomalyAlert) -> tuple[str, ...]:
    """Return the ARNs of the subscription, for permissions."""
    return (want.scope.global_arn("ce", "anomalysubscription/*"),)


def read_permissions(want: AnomalyAlert) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ce", "GetAnomalyMonitors", "GetAnomalySubscriptions")
    yield allow("ce", "ListTagsForResource", on=anomaly_subscriptions(want))


def write_permissions(want: AnomalyAlert) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ce", "CreateAnomalyMonitor", "CreateAnomalySubscription")
    yield allow("ce", "TagResource", on=(want.scope.global_arn("ce", "anomalymonitor/*"),))
    yield allow("ce", "TagResource", "UpdateAnomalySubscription", on=anomaly_subscriptions(want))


def removal_permissions(want: AnomalyAlert) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    monitors = (want.scope.global_arn("ce", "anomalymonitor/*"),)
    yield allow("ce", "DeleteAnomalySubscription", on=anomaly_subscriptions(want))
    yield allow("ce", "DeleteAnomalyMonitor", "ListTagsForResource", on=monitors)


KIND = Kind(
    ensure_anomaly_alert,
    anomaly_reads,
    resource=AnomalyAlert,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Tells when what a service costs departs from what it has cost so far.",
        why="Stolen keys mine coins; forgotten machines run on. Both show in the bill long before its end.",
        undo=(
            TAKE_OUT,
            "aws ce get-anomaly-subscriptions",
            "aws ce delete-anomaly-subscription --subscription-arn ARN",
        ),
    ),
    word="anomaly-alert",
    found_by="name",
    owns="threshold, frequency, subscribers",
    keeps="the monitor",
    describe=Describe(anomaly_things, describe_permissions),
    absent=Absent(remove_anomaly_alert, turn="first", permissions=removal_permissions),
)
