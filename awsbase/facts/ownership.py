"""Whose something is, by its tag of origin, and the change that writes this tag where an earlier release did not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, fields, replace
from datetime import datetime
from typing import Any

from awsbase.engine.changes import Change, Drift, Outcome, is_whole_resource
from awsbase.engine.facts import Facts
from awsbase.engine.refusals import is_refusal
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.facts import tags
from awsbase.facts.authorization import authorization
from awsbase.records import record

# No account's name, so that a plan that wants this value finds in what way the value differs that is there.
ANY = "-"


@record
class Found:
    """What is at an address: its tags by ARN, since when it exists, and whether it is ours; `refusal` is why it is not.

    What AWS lists without its tags has none here.
    """

    address: str
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    since: datetime | None = None
    ours: bool = False
    refusal: str = ""


def marking(resources: Iterable[Resource], addresses: Collection[str], name: str) -> list[Resource]:
    """Return the resources; those at the addresses want the tag of origin with this value, and no tags of a manifest.

    So the tags of their plans differ in nothing else.
    """
    return [marked(each, name) if each.address in addresses and takes_tags(each) else each for each in resources]


def takes_tags(resource: Resource) -> bool:
    """Tell whether a resource takes tags, and awsbase more than looks at it."""
    return any(each.name == "tags" for each in fields(resource))


def marked(resource: Any, name: str) -> Resource:
    """Return a resource that wants the tag of origin with this value as its only tag."""
    copy: Resource = replace(resource, tags={tags.CREATED_BY: name})
    return copy


def marks(change: Change, name: str) -> bool:
    """Tell whether a change adds the tag of origin where there is none, and does nothing else."""
    return change.action == "update" and change.drift == (Drift(tags.CREATED_BY, None, name),)


def found(facts: Facts, resource: Resource, planned: Outcome) -> Found:
    """Return what is at an address, by a plan that wants the tag of origin with the value `ANY`."""
    refusal, ours = judged(resource, planned)
    return Found(resource.address, listed(facts, resource), planned.since, ours, refusal)


def judged(resource: Resource, planned: Outcome) -> tuple[str, bool]:
    """Return why something cannot be owned, or an empty text and whether it is owned already."""
    tagging = [each for each in planned.changes if any(drift.field == tags.CREATED_BY for drift in each.drift)]
    drifts = [drift for change in tagging for drift in change.drift]
    owners = {drift.have for drift in drifts if drift.field == tags.CREATED_BY}
    others = {drift.have for drift in drifts if drift.field == tags.ADDRESS}
    if not owners and any(is_whole_resource(resource.address, change) for change in planned.changes):
        return "it is not there yet: `awsbase reconcile` makes it, with the tag", False
    if not owners:
        return f"it takes no tag {tags.CREATED_BY}", False
    if strangers := sorted(str(each) for each in owners - {None, resource.scope.name}):
        return f"its tag {tags.CREATED_BY} is {', '.join(strangers)}, not {resource.scope.name}", False
    if strangers := sorted(str(each) for each in others - {None}):
        return f"its tag {tags.ADDRESS} is {', '.join(strangers)}: another manifest looks after it", False
    if others:
        return f"it has no tag {tags.ADDRESS}, which each release has written: awsbase did not make it", False
    if more := sorted({drift.field for drift in drifts} - {tags.CREATED_BY}):
        return f"its tag {', '.join(more)} differs: `awsbase reconcile` first", False
    return "", None not in owners


def listed(facts: Facts, resource: Resource) -> dict[str, Mapping[str, str]]:
    """Return by ARN the tags of what carries an address, from the indexes of AWS or from IAM."""
    scope = resource.scope
    regions: Sequence[str] = tuple(dict.fromkeys((scope.region, tags.index(scope))))
    known = [
        *(pair for region in regions for pair in facts.read(tags.indexed, region).items()),
        *of_iam(facts, scope),
    ]
    return {arn: has for arn, has in known if has.get(tags.ADDRESS) == resource.address}


def of_iam(facts: Facts, scope: Scope) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the ARN and tags of each user and role, if they can be read: the index does not list them."""
    from botocore.exceptions import ClientError

    try:
        iam = facts.read(authorization)
    except ClientError as error:
        if not is_refusal(error):
            raise
        return
    for user in iam.users.values():
        yield scope.global_arn("iam", f"user{user.path}{user.name}"), user.tags
    for role in iam.roles.values():
        yield role.arn, role.tags
