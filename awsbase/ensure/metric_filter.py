"""CloudWatch metric filters: what in a log group is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.records import record


@record(kw_only=True)
class MetricFilter(Resource):
    """A filter that adds one to a metric for each event of a log group that its pattern matches.

    `made_here` are the addresses of what it leans on: the log group. Metric filters take no tags.
    """

    name: str
    log_group: str
    pattern: str
    namespace: str
    metric: str
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.scope.address("metric-filter", f"{self.log_group}/{self.name}")

    def needs(self) -> Iterator[str]:
        yield from self.made_here


@record
class FilterFacts:
    """A filter as it is: its pattern, and its one transformation as AWS writes it."""

    pattern: str
    transformation: Mapping[str, object]


def filters(facts: Facts, region: str, log_group: str) -> Mapping[str, FilterFacts]:
    """Read the metric filters of one log group, by name; a log group that is not there has none."""
    from botocore.exceptions import ClientError

    pages = facts.aws.at(region).logs.get_paginator("describe_metric_filters").paginate(logGroupName=log_group)
    try:
        found = [each for page in pages for each in page["metricFilters"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return {}
    return {
        each["filterName"]: FilterFacts(each.get("filterPattern", ""), feeds_of(each["metricTransformations"][0]))
        for each in found
    }


def feeds_of(transformation: Mapping[str, object]) -> Mapping[str, object]:
    """Return a transformation without what AWS fills in: that its values have no unit."""
    return {name: value for name, value in transformation.items() if (name, value) != ("unit", "None")}


def metric_filter_reads(want: MetricFilter) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield filters, want.scope.region, want.log_group


def ensure_metric_filter(run: Run, want: MetricFilter) -> None:
    """Bring one filter to the manifest: its pattern, word for word, and the metric that it feeds."""
    put = run.aws.logs.put_metric_filter
    have = run.read(filters, want.scope.region, want.log_group).get(want.name)
    feeds = {"metricName": want.metric, "metricNamespace": want.namespace, "metricValue": "1"}
    sent: dict[str, Any] = {"logGroupName": want.log_group, "filterName": want.name, "filterPattern": want.pattern}

    if have is None:
        run.create("metric filter", put, **sent, metricTransformations=[feeds])
    elif drift := compare(
        {"pattern": have.pattern, "feeds": have.transformation}, {"pattern": want.pattern, "feeds": feeds}
    ):
        # A put replaces the whole filter.
        run.update("metric filter", drift, put, **sent, metricTransformations=[feeds])
