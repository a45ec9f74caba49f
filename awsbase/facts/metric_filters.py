"""The metric filters of a log group."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.engine.facts import Facts
from awsbase.records import record


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
        each["filterName"]: FilterFacts(
            each.get("filterPattern", ""), feeds_of(next(iter(each.get("metricTransformations", [])), {}))
        )
        for each in found
    }


def feeds_of(transformation: Mapping[str, object]) -> Mapping[str, object]:
    """Return a transformation without what AWS fills in: that its values have no unit."""
    return {name: value for name, value in transformation.items() if (name, value) != ("unit", "None")}
