"""The metric filters of a log group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from awsbase.engine.facts import Facts
from awsbase.records import record

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import MetricFilterTypeDef


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
    return by_name(found)


def every_filter(facts: Facts, region: str) -> Mapping[str, Mapping[str, FilterFacts]]:
    """Read all metric filters of a region, by log group and name."""
    found = defaultdict(list)
    for page in facts.aws.at(region).logs.get_paginator("describe_metric_filters").paginate():
        for each in page["metricFilters"]:
            found[each["logGroupName"]].append(each)
    return {group: by_name(listed) for group, listed in found.items()}


def by_name(found: Iterable[MetricFilterTypeDef]) -> Mapping[str, FilterFacts]:
    """Return filters as they are, by name."""
    return {
        each["filterName"]: FilterFacts(
            each.get("filterPattern", ""), feeds_of(next(iter(each.get("metricTransformations", [])), {}))
        )
        for each in found
    }


def feeds_of(transformation: Mapping[str, object]) -> Mapping[str, object]:
    """Return a transformation without what AWS fills in: that its values have no unit."""
    return {name: value for name, value in transformation.items() if (name, value) != ("unit", "None")}
