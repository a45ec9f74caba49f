"""Which creating calls take tags, by botocore's models, and which of them were made without the tag of origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from awsbase.engine.changes import Report
from awsbase.facts.tags import CREATED_BY
from awsbase.sandbox import Call

# What AWS calls the tags of a creating call, at its top or one level below.
MEMBERS = frozenset({"tags", "tagslist", "taglist", "tagspecifications", "resourcetags"})
# What takes tags and carries none of awsbase's.
WITHOUT = {
    "ec2:AuthorizeSecurityGroupEgress": "a rule is part of its group, which carries the tag",
    "ec2:AuthorizeSecurityGroupIngress": "a rule is part of its group, which carries the tag",
}


def without_origin(report: Report, calls: Sequence[Call]) -> list[str]:
    """Name the creating calls of a run that take tags and did not write the tag of origin."""
    creating = {change.api for _, change in report.changes if change.action in ("create", "replace")}
    made = [call for call in calls if call.writes and not call.error and call.name in creating - WITHOUT.keys()]
    return [call.name for call in made if takes_tags(call.name) and CREATED_BY not in dict(tags_of(call.params))]


@cache
def takes_tags(api: str) -> bool:
    """Tell whether a call, as `service:Operation`, takes tags."""
    service, _, operation = api.partition(":")
    shape = _model(service).operation_model(operation).input_shape
    members: Mapping[str, Any] = shape.members if shape else {}
    below = [name for each in members.values() if each.type_name == "structure" for name in each.members]
    return any(name.lower() in MEMBERS for name in (*members, *below))


@cache
def _model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def tags_of(params: object) -> Iterator[tuple[str, str]]:
    """Yield the tags anywhere in what is sent, whatever the service calls them."""
    if isinstance(params, Mapping):
        for key, value in (("Key", "Value"), ("TagKey", "TagValue"), ("key", "value")):
            if {key, value} <= params.keys():
                yield params[key], params[value]
        for name, value in params.items():
            if name in ("tags", "Tags") and isinstance(value, Mapping):
                yield from value.items()
            else:
                yield from tags_of(value)
    elif isinstance(params, list | tuple):
        for item in params:
            yield from tags_of(item)
