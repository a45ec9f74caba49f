"""The tags of what watches a region and tells of it: trails, log groups, alarms, rules and topics, in one list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from awsbase.engine.facts import Facts
from awsbase.facts import tags

TYPES = ("cloudtrail", "cloudwatch", "events", "logs", "sns")


def labels(facts: Facts, region: str, arn: str, own: Callable[..., Any]) -> Mapping[str, str]:
    """Return the tags of one of these by one list for all; a plan that follows takes them for the answer of `own`.

    Nothing is known where the list is refused: then the plan asks for those that it is about.
    """
    listed = facts.read(tags.of_types, region, *TYPES)
    if listed is None:
        return {}
    found = listed.get(arn, {})
    facts.learn(found, own, region, arn)
    return found
