"""The tags of everything that awsbase made or adopted, in one read a region."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from awsbase.engine.facts import Facts, Read
from awsbase.engine.permissions import allow
from awsbase.engine.resource import ADDRESS as ADDRESS
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope

BORN = "awsbase:born"
# Where AWS lists what belongs to no region, by partition.
GLOBAL_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
# One index answers for the tags of everything in a region.
TAG_INDEX = allow("tag", "GetResources")


class Tagged(Protocol):
    """A resource that takes tags."""

    @property
    def address(self) -> str: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


def tags(facts: Facts, region: str) -> Mapping[str, Mapping[str, str]]:
    """Return by ARN all tags of whatever carries `awsbase:address` in a region.

    What is not listed was not tagged by awsbase yet. In us-east-1 AWS lists IAM's managed policies and instance
    profiles here too. The index behind this lags some seconds behind writes.
    """
    pages = (
        facts.aws.at(region)
        .resourcegroupstaggingapi.get_paginator("get_resources")
        .paginate(TagFilters=[{"Key": ADDRESS}])
    )
    return {
        resource["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in resource["Tags"]}
        for page in pages
        for resource in page["ResourceTagMappingList"]
    }


def index(scope: Scope) -> str:
    """Return the region whose index lists the account's IAM policies and instance profiles."""
    return GLOBAL_REGION.get(scope.partition, scope.home)


def held(
    run: Run, want: Tagged, region: str, arn: str, ask: Read, labels: Mapping[str, str] | None = None
) -> Mapping[str, str]:
    """Return what something is tagged with: as the index says, or else as its own service answers to `ask`.

    The index lags, so a tag is not missed before the service itself has missed it. `labels` are the tags it shall
    carry, where they are more than `wanted` says.
    """
    indexed = run.read(tags, region).get(arn, {})
    if not missing(indexed, labels or wanted(want)):
        return indexed
    answer: Mapping[str, str] = run.read(*ask)
    return answer


def wanted(want: Tagged) -> dict[str, str]:
    """Return the tags that a resource shall carry: the manifest's, and its own address to be found by."""
    return {**want.tags, ADDRESS: want.address}


def missing(have: Mapping[str, str], want: Mapping[str, str]) -> dict[str, str]:
    """Return the tags to be set: wanted ones that are absent or other; what others tagged stays."""
    return {key: value for key, value in want.items() if have.get(key) != value}


def born(tags: Mapping[str, str]) -> datetime | None:
    """Return when something was made, where AWS tells that of nothing of its kind and a tag does."""
    try:
        return datetime.fromisoformat(tags[BORN]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as most of AWS wants them: a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
