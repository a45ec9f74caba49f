"""The tags of all resources that awsbase made or adopted, in one read per region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from awsbase.engine.facts import Facts, Read
from awsbase.engine.permissions import allow
from awsbase.engine.quotas import TAGS, QuotaExceeded
from awsbase.engine.refusals import is_refusal
from awsbase.engine.resource import ADDRESS as ADDRESS
from awsbase.engine.run import Run
from awsbase.engine.scope import FIRST_REGIONS, Scope

CREATED_AT = "awsbase:born"
# Which manifest's account section made something. Only the creating call writes it: adopted things never get it, so
# that it proves whose they are. No other tag, age or name does.
CREATED_BY = "awsbase:created-by"
# One index has the tags of all resources in a region.
TAG_INDEX = allow("tag", "GetResources")


class Tagged(Protocol):
    """A resource that takes tags."""

    @property
    def address(self) -> str: ...
    @property
    def scope(self) -> Scope: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


class Scoped(Protocol):
    """Anything of one account and its manifest."""

    @property
    def scope(self) -> Scope: ...


def tags(facts: Facts, region: str) -> Mapping[str, Mapping[str, str]]:
    """Return by ARN all tags of every resource in a region that has the tag `awsbase:address`.

    A resource that is not listed was not tagged by awsbase yet. In us-east-1 AWS also lists IAM's managed policies and
    instance profiles. The index follows writes after some seconds.
    """
    pages = (
        facts.aws.at(region)
        .resourcegroupstaggingapi.get_paginator("get_resources")
        .paginate(TagFilters=[{"Key": ADDRESS}])
    )
    return {
        resource["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}
        for page in pages
        for resource in page["ResourceTagMappingList"]
    }


def of_types(facts: Facts, region: str, *types: str) -> Mapping[str, Mapping[str, str]] | None:
    """Return by ARN all tags of every resource of these types that has any; None where they may not be read."""
    from botocore.exceptions import ClientError

    index = facts.aws.at(region).resourcegroupstaggingapi.get_paginator("get_resources")
    try:
        listed = [each for page in index.paginate(ResourceTypeFilters=types) for each in page["ResourceTagMappingList"]]
    except ClientError as error:
        if not is_refusal(error):
            raise
        return None
    return {each["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in each.get("Tags", [])} for each in listed}


def indexed(facts: Facts, region: str) -> Mapping[str, Mapping[str, str]]:
    """Return what the index of a region lists; nothing where these credentials may not read it.

    The index only saves calls: each service returns the tags of its own resources. Organizations that close a region
    close its index, and IAM's policies are listed in that of us-east-1, wherever the account lives.
    """
    from botocore.exceptions import ClientError

    try:
        return facts.read(tags, region)
    except ClientError as error:
        if not is_refusal(error):
            raise
        return {}


def index(scope: Scope) -> str:
    """Return the region whose index lists the account's IAM policies and instance profiles."""
    return FIRST_REGIONS.get(scope.partition, scope.home)


def current(
    run: Run, want: Tagged, region: str, arn: str, ask: Read, labels: Mapping[str, str] | None = None
) -> Mapping[str, str]:
    """Return the tags of a resource from the index, or from its own service with the read `ask`.

    The index lags behind, so a tag counts as missing only when the service does not return it either. `labels` are
    the tags that the resource must have, where they are more than `wanted` returns.
    """
    listed, labels = run.read(indexed, region).get(arn, {}), labels or wanted(want)
    if listed.items() >= labels.items():
        return listed
    response: Mapping[str, str] = run.read(*ask)
    missing(response, labels)  # told before anything of the resource is written
    return response


def wanted(want: Tagged) -> dict[str, str]:
    """Return the tags that a resource must have: the manifest's, and the address by which awsbase finds it."""
    return {**want.tags, ADDRESS: want.address}


def with_origin(want: Tagged) -> dict[str, str]:
    """Return the tags for the creating call: those that the resource must have, and the tag of origin."""
    return {**wanted(want), **origin(want.scope)}


def origin(scope: Scope) -> dict[str, str]:
    """Return the tag of origin, for creating calls alone."""
    return {CREATED_BY: scope.name} if scope.name else {}


def is_ours(tagged: Mapping[str, str], scope: Scope) -> bool:
    """Tell whether this manifest made what has these tags: not adopted it, nor made it before there was the tag."""
    return bool(scope.name) and tagged.get(CREATED_BY) == scope.name


def made_here(run: Run, want: Scoped, have: Mapping[str, str]) -> bool:
    """Tell whether what has these tags is this manifest's to delete; a note says why it is not."""
    if why := not_ours(have, want.scope):
        run.note(f"kept: {why}")
    return not why


def not_ours(have: Mapping[str, str], scope: Scope) -> str:
    """Return why what has these tags is not this manifest's to delete; empty when it is."""
    if is_ours(have, scope):
        return ""
    if (maker := have.get(CREATED_BY)) is not None:
        return f"its tag {CREATED_BY} is {maker}, not {scope.name}"
    return f"it has no tag {CREATED_BY}, so it was there before; `awsbase own MANIFEST ADDRESS` says otherwise"


def common(several: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the tags that all of several things have."""
    first, *others = list(several) or [{}]
    return {key: value for key, value in first.items() if all(each.get(key) == value for each in others)}


def of_others(have: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that people have set: neither awsbase's own nor those of AWS."""
    return {key: value for key, value in have.items() if not key.startswith(("awsbase:", "aws:"))}


def missing(have: Mapping[str, str], want: Mapping[str, str]) -> dict[str, str]:
    """Return the tags to set, which are missing or have another value; other tags stay.

    Raises QuotaExceeded when AWS has no room for them. Those that begin with `aws:` do not count.
    """
    there, more = [key for key in have if not key.startswith("aws:")], sorted(want.keys() - have.keys())
    if more and (excess := len(there) + len(more) - TAGS.most) > 0:
        raise QuotaExceeded(
            f"it has {len(there)} tags, {len(more)} more {'is' if len(more) == 1 else 'are'} needed "
            f"({', '.join(more)}), and AWS takes {TAGS.most} per {TAGS.place}",
            hint=f"take away {excess} that nobody needs; awsbase takes away no tag of others",
        )
    return {key: value for key, value in want.items() if have.get(key) != value}


def creation_time(tags: Mapping[str, str]) -> datetime | None:
    """Return when a resource was made, from its tag `awsbase:born`; used where AWS does not return the time."""
    try:
        return datetime.fromisoformat(tags[CREATED_AT]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as most AWS calls take them: a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
