"""A metric filter is compared by its exact pattern and by its metric."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.ensure.metric_filter import MetricFilter
from awsbase.facts.metric_filters import FilterFacts, feeds_of, filters
from tests.ensure.planned import HOME, described, planned

WANT = MetricFilter(
    scope=HOME,
    name="acme-vpcs",
    log_group="acme-audit",
    pattern="{ $.a = 1 }",
    namespace="acme/security",
    metric="vpcs",
)
FEEDS = {"metricName": "vpcs", "metricNamespace": "acme/security", "metricValue": "1"}


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        ({}, ["create metric filter"]),
        ({"acme-vpcs": FilterFacts("{ $.a = 1 }", FEEDS)}, []),
        ({"acme-vpcs": FilterFacts("{ $.a = 1 }", feeds_of({**FEEDS, "unit": "None"}))}, []),
        ({"acme-vpcs": FilterFacts("{ $.a = 2 }", FEEDS)}, ["update metric filter"]),
        ({"acme-vpcs": FilterFacts("{ $.a = 1 }", {**FEEDS, "metricNamespace": "x"})}, ["update metric filter"]),
        ({"acme-vpcs": FilterFacts("{ $.a = 1 }", {**FEEDS, "defaultValue": 0.0})}, ["update metric filter"]),
    ],
    ids=["missing", "converged", "with what AWS adds", "other pattern", "other metric", "with a default"],
)
def test_filter_has_its_pattern_and_its_metric(have: dict[str, Any], changes: list[str]) -> None:
    assert described(planned(WANT, {filters: have})) == changes
