"""CloudWatch metric filters: what in a log group is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from awsbase.access.comparison import shortened
from awsbase.engine import quotas
from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.log_group import log_group_arn, log_group_arns, log_group_tags, log_groups
from awsbase.facts import tags, watching
from awsbase.facts.filter_patterns import NotUnderstood, silenced
from awsbase.facts.metric_filters import every_filter, filters
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record


@record(kw_only=True)
class MetricFilter(Resource):
    """A filter that adds one to a metric for each event of a log group that its pattern matches.

    `made_here` are the addresses that it depends on: the log group. Metric filters take no tags.
    """

    name: str
    log_group: str
    pattern: str
    namespace: str
    metric: str
    about: str = ""
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.scope.address("metric-filter", f"{self.log_group}/{self.name}")

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.METRIC, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield from self.made_here


def metric_filter_things(facts: Facts, scope: Scope) -> Things:
    """Yield the metric filters of a region with the tags of their log groups; they are listed if there are any."""
    region = scope.region
    groups = facts.read(log_groups, region)
    found = facts.read(every_filter, region) if any(each.get("metricFilterCount") for each in groups) else {}
    for group in (each["logGroupName"] for each in groups):
        facts.learn(found.get(group, {}), filters, region, group)
        labels = watching.labels(facts, region, log_group_arn(scope, group), log_group_tags) if group in found else {}
        for name, have in found.get(group, {}).items():
            feeds = have.transformation
            yield Described(
                MetricFilter(
                    scope=scope,
                    name=name,
                    log_group=group,
                    pattern=have.pattern,
                    namespace=str(feeds.get("metricNamespace", "")),
                    metric=str(feeds.get("metricName", "")),
                ),
                tags=labels,
            )


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list metric filters."""
    yield tags.TAG_INDEX
    yield allow("logs", "DescribeLogGroups", "DescribeMetricFilters")


def metric_filter_reads(want: MetricFilter) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield filters, want.scope.region, want.log_group


def ensure_metric_filter(run: Run, want: MetricFilter) -> None:
    """Bring one filter to the manifest: its pattern, word for word, and the metric that it feeds."""
    put = run.aws.logs.put_metric_filter
    there = run.read(filters, want.scope.region, want.log_group)
    have = there.get(want.name)
    feeds = {"metricName": want.metric, "metricNamespace": want.namespace, "metricValue": "1"}
    sent: dict[str, Any] = {"logGroupName": want.log_group, "filterName": want.name, "filterPattern": want.pattern}

    if have is None:
        wanted = quotas.others(run, want, lambda each: (each.log_group, each.name))
        held = [(want.log_group, name) for name in there]
        where, remedy = f"log group {want.log_group}", "delete {excess} that nobody needs, or watch fewer controls"
        here = [each for each in wanted if each[0] == want.log_group]
        quotas.room_beside(run, quotas.FILTERS, where, held=held, wanted=here, remedy=remedy)

    if have is None:
        why = quieter(want.about, want.pattern, anybody=True) if want.about else ""
        run.create("metric filter", put, risk=visibility(why), **sent, metricTransformations=[feeds])
    elif drift := compare(
        {"pattern": have.pattern, "feeds": have.transformation}, {"pattern": want.pattern, "feeds": feeds}
    ):
        # A put replaces the whole filter.
        turned = any(have.transformation.get(name) != feeds[name] for name in ("metricName", "metricNamespace"))
        moved = "whoever watches its other metric is told nothing any more" if turned else ""
        why = quieter(have.pattern, want.pattern) or moved
        run.update("metric filter", drift, put, risk=visibility(why), **sent, metricTransformations=[feeds])


def remove_metric_filter(run: Run, want: MetricFilter) -> None:
    """Delete a filter of a log group that this manifest made: filters take no tags."""
    region, group = want.scope.region, want.log_group
    if want.name not in run.read(filters, region, group):
        return
    tagged = run.read(log_group_tags, region, log_group_arn(want.scope, group))
    if not tags.is_ours(tagged, want.scope):
        run.note(f"kept: this manifest did not make the log group {group}, and filters take no tags")
        return
    risk = visibility("its alarm counts nothing any more")
    run.delete("metric filter", run.aws.logs.delete_metric_filter, risk=risk, logGroupName=group, filterName=want.name)


def quieter(have: str, want: str, *, anybody: bool = False) -> str:
    """Say of which events another pattern tells no more; with `anybody`, of those that it tells of nobody."""
    if have == want:
        return ""
    try:
        lost = silenced(have, want, anybody=anybody)
    except NotUnderstood:
        return "it may tell less: awsbase does not understand its pattern"
    return f"it tells no more of {shortened(lost)}" if lost else ""


def read_permissions(want: MetricFilter) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    arn = log_group_arn(want.scope, want.log_group)
    yield allow("logs", "DescribeMetricFilters", on=log_group_arns(arn))


def write_permissions(want: MetricFilter) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    arn = log_group_arn(want.scope, want.log_group)
    yield allow("logs", "PutMetricFilter", on=log_group_arns(arn))


def removal_permissions(want: MetricFilter) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    arn = log_group_arn(want.scope, want.log_group)
    yield allow("logs", "DeleteMetricFilter", "ListTagsForResource", on=log_group_arns(arn))


KIND = Kind(
    ensure_metric_filter,
    metric_filter_reads,
    resource=MetricFilter,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Counts the events of the audit trail that match a pattern, for an alarm to watch.",
        why="The patterns are those of the CIS benchmark, word for word: checkers compare them.",
        undo=(TAKE_OUT, "aws logs delete-metric-filter --log-group-name GROUP --filter-name FILTER --region REGION"),
        controls=("CIS 4.1 to 4.15",),
        cost=f"its metric {prices.METRIC.rate}; the first {prices.METRIC.free} are free",
    ),
    word="metric-filter",
    found_by="name and log group",
    owns="pattern and metric",
    quotas=(quotas.FILTERS,),
    describe=Describe(metric_filter_things, describe_permissions, everywhere=True),
    absent=Absent(remove_metric_filter, turn="first", permissions=removal_permissions),
)
