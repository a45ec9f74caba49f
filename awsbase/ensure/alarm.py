"""CloudWatch alarms on one metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine import quotas
from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.facts import tags, watching
from awsbase.facts.topics import topic
from awsbase.prices import Cost, monthly
from awsbase.prices import table as prices
from awsbase.records import record

# What makes an alarm another one when it is set; those that we never send are here so that a stray one shows.
SETTINGS = (
    *("AlarmDescription", "Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Unit", "Metrics"),
    *("Period", "EvaluationPeriods", "Threshold", "ThresholdMetricId", "ComparisonOperator", "ActionsEnabled"),
)
# What alarms of target tracking are called: their policy makes, changes and deletes them.
SCALING = "TargetTracking-"
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


@record(kw_only=True)
class Alarm(Resource):
    """An alarm that compares one metric with a threshold and tells exactly these actions, given by ARN.

    `made_here` are the addresses of what makes the metric and the topics.
    """

    name: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Sum"
    period: int = 300
    evaluation_periods: int = 1
    threshold: float
    comparison: str = "GreaterThanOrEqualToThreshold"
    treat_missing: str = "missing"
    actions: tuple[str, ...] = ()
    ok_actions: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.scope.address("alarm", self.name)

    @property
    def arn(self) -> str:
        return self.scope.arn("cloudwatch", f"alarm:{self.name}")

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield monthly(prices.ALARM, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield from self.made_here


def alarms(facts: Facts, region: str, family: str) -> Mapping[str, Mapping[str, Any]]:
    """Read the metric alarms of a region whose names begin alike, by name, as AWS describes them."""
    pages = (
        facts.aws.at(region)
        .cloudwatch.get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=family, AlarmTypes=["MetricAlarm"])
    )
    return {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}


def every_alarm(facts: Facts, region: str) -> tuple[Mapping[str, Mapping[str, Any]], tuple[str, ...]]:
    """Read all metric alarms of a region, by name, and the names of the composite ones."""
    kinds: Any = ["MetricAlarm", "CompositeAlarm"]
    pages = [*facts.aws.at(region).cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=kinds)]
    metric = {alarm["AlarmName"]: alarm for page in pages for alarm in page.get("MetricAlarms", ())}
    return metric, tuple(alarm["AlarmName"] for page in pages for alarm in page.get("CompositeAlarms", ()))


def alarm_things(facts: Facts, scope: Scope) -> Things:
    """Yield the alarms of a region; the list answers what a plan asks of those whose names begin alike."""
    region = scope.region
    found, composite = facts.read(every_alarm, region)
    for beginning in {family(name) for name in (*found, f"{scope.name}-")}:
        alike = {name: each for name, each in found.items() if name.startswith(beginning)}
        facts.learn(alike, alarms, region, beginning)
    for name, have in found.items():
        if name.startswith(SCALING):
            yield LeftAlone(scope.address("alarm", name), "AWS Auto Scaling", f"its name begins with {SCALING}")
            continue
        alarm = as_resource(scope, have)
        yield Described(alarm, tags=watching.labels(facts, region, alarm.arn, alarm_tags))
    for name in composite:
        yield NotExpressible(scope.address("alarm", name), ("it is made of other alarms",))


def as_resource(scope: Scope, have: Mapping[str, Any]) -> Alarm:
    """Return an alarm as near to what it is as it can be said: on one metric, by a plain statistic."""
    return Alarm(
        scope=scope,
        name=have["AlarmName"],
        description=have.get("AlarmDescription", ""),
        namespace=have.get("Namespace", ""),
        metric=have.get("MetricName", ""),
        dimensions={each["Name"]: each["Value"] for each in have.get("Dimensions", ())},
        statistic=have.get("Statistic", ""),
        period=have.get("Period", 0),
        evaluation_periods=have.get("EvaluationPeriods", 0),
        threshold=have.get("Threshold", 0.0),
        comparison=have.get("ComparisonOperator", ""),
        treat_missing=have.get("TreatMissingData", "missing"),
        actions=tuple(sorted(have.get("AlarmActions", ()))),
        ok_actions=tuple(sorted(have.get("OKActions", ()))),
    )


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list alarms."""
    yield tags.TAG_INDEX
    yield allow("cloudwatch", "DescribeAlarms")


def alarm_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one alarm from CloudWatch itself."""
    answer = facts.aws.at(region).cloudwatch.list_tags_for_resource(ResourceARN=arn)
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


def family(name: str) -> str:
    """Return what the names of one manifest's alarms begin with, so that one read serves them all."""
    first, hyphen, _ = name.partition("-")
    return first + hyphen


def alarm_reads(want: Alarm) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield alarms, want.scope.region, family(want.name)
    yield tags.indexed, want.scope.region


def ensure_alarm(run: Run, want: Alarm) -> str:
    """Bring one alarm to the manifest, all of its settings and actions; tags that others set stay."""
    region, cloudwatch = want.scope.region, run.aws.cloudwatch
    have = run.read(alarms, region, family(want.name)).get(want.name)
    tagged = tags.current(run, want, region, want.arn, (alarm_tags, region, want.arn)) if have else tags.wanted(want)
    sent = settings(want)
    for actions in (want.actions, want.ok_actions):
        quotas.fits(run, quotas.ACTIONS, f"alarm {want.name}", len(actions), "let one topic tell several")

    if have is None:
        run.create(
            "alarm",
            cloudwatch.put_metric_alarm,
            AlarmName=want.name,
            **sent,
            Tags=tags.pairs(tags.with_origin(want)),
        )
        have = sent

    if drift := compare(meaning(have), meaning(sent)):
        # Puts the alarm anew, in its present state, but takes no tags any more.
        why = quieter(meaning(have), meaning(sent)) or unheard(run, have, want)
        run.update("alarm", drift, cloudwatch.put_metric_alarm, risk=visibility(why), AlarmName=want.name, **sent)

    add_tags(run, want, tagged, cloudwatch.tag_resource, ResourceARN=want.arn)
    return want.arn


def remove_alarm(run: Run, want: Alarm) -> None:
    """Delete one alarm that this manifest made."""
    region = want.scope.region
    if want.name not in run.read(alarms, region, family(want.name)):
        return

    if tags.made_here(run, want, run.read(alarm_tags, region, want.arn)):
        run.delete("alarm", run.aws.cloudwatch.delete_alarms, AlarmNames=[want.name])


def quieter(have: Mapping[str, Any], want: Mapping[str, Any]) -> str:
    """Say how an alarm is heard less: later, or not when nothing is measured.

    Where it rings is not compared here: that it rings where the manifest says, and nowhere else, undoes a redirection.
    """
    if rings_later(have, want):
        return "it rings later"
    if have["TreatMissingData"] == "breaching" != want["TreatMissingData"]:
        return "it no longer rings when nothing is measured"
    return ""


def unheard(run: Run, have: Mapping[str, Any], want: Alarm) -> str:
    """Say so when an alarm turns to topics on which nobody has confirmed to hear it."""
    if set(have["AlarmActions"]) <= set(want.actions):
        return ""
    region, spoken = want.scope.region, [arn for arn in want.actions if arn.startswith(want.scope.arn("sns", ""))]
    heard = any((found := run.read(topic, region, arn)) and found.subscriptions for arn in spoken)
    return "" if heard or not spoken else "nobody has confirmed to hear it where it rings from now on"


def rings_later(have: Mapping[str, Any], want: Mapping[str, Any]) -> bool:
    """Tell whether it takes more to ring an alarm: a higher threshold to exceed, or more points of time."""
    counted = any(want[count] > (have[count] or 0) for count in ("EvaluationPeriods", "DatapointsToAlarm"))
    exceeds = have["ComparisonOperator"] == want["ComparisonOperator"] and "Greater" in want["ComparisonOperator"]
    return counted or (exceeds and want["Threshold"] > (have["Threshold"] or 0))


def settings(want: Alarm) -> dict[str, Any]:
    """Return an alarm as PutMetricAlarm takes it: whole, for it forgets what it is not told."""
    return {
        "AlarmDescription": want.description,
        "Namespace": want.namespace,
        "MetricName": want.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in sorted(want.dimensions.items())],
        "Statistic": want.statistic,
        "Period": want.period,
        "EvaluationPeriods": want.evaluation_periods,
        "Threshold": want.threshold,
        "ComparisonOperator": want.comparison,
        "TreatMissingData": want.treat_missing,
        "ActionsEnabled": True,
        "AlarmActions": sorted(want.actions),
        "OKActions": sorted(want.ok_actions),
        "InsufficientDataActions": [],
    }


def meaning(alarm: Mapping[str, Any]) -> dict[str, object]:
    """Return an alarm with the defaults that AWS leaves out, and without the order that means nothing."""
    return {
        **{name: alarm.get(name) or None for name in SETTINGS},
        "Threshold": alarm.get("Threshold"),
        "ActionsEnabled": alarm.get("ActionsEnabled"),
        "Dimensions": {each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())},
        "DatapointsToAlarm": alarm.get("DatapointsToAlarm", alarm.get("EvaluationPeriods")),
        "TreatMissingData": alarm.get("TreatMissingData", "missing"),
        **{actions: sorted(alarm.get(actions, ())) for actions in ACTIONS},
    }


def read_permissions(want: Alarm) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    # Asked for by the beginning of a name, CloudWatch looks among all.
    yield allow("cloudwatch", "DescribeAlarms")
    yield allow("cloudwatch", "ListTagsForResource", on=(want.arn,))


def write_permissions(want: Alarm) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("cloudwatch", "PutMetricAlarm", "TagResource", on=(want.arn,))


def removal_permissions(want: Alarm) -> Allows:
    """Yield the IAM permissions that deleting one needs beyond those of a plan."""
    yield allow("cloudwatch", "DeleteAlarms", on=(want.arn,))


KIND = Kind(
    ensure_alarm,
    alarm_reads,
    resource=Alarm,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Compares one metric with a threshold, and tells a topic when it is passed.",
        why="A log that nobody reads warns nobody. `awsbase drill` shows whether it arrives.",
        undo=(TAKE_OUT, "aws cloudwatch delete-alarms --alarm-names NAME --region REGION"),
        controls=("CIS 4.1 to 4.15",),
        cost=f"{prices.ALARM} a month; the first {prices.ALARM.free} alarms of an account are free",
    ),
    word="alarm",
    found_by="name",
    owns="all settings and actions",
    keeps="tags",
    absent=Absent(remove_alarm, turn="first", permissions=removal_permissions),
    quotas=(quotas.ACTIONS,),
    describe=Describe(alarm_things, describe_permissions, everywhere=True),
)
