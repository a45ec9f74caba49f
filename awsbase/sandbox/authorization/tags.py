"""All that policies are told of a request, with the tags of its resource."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from awsbase.sandbox.authorization.decision import knowing
from awsbase.sandbox.authorization.resources import region_of
from awsbase.sandbox.rule import Ask
from awsbase.sandbox.rules import dlm
from awsbase.sandbox.rules.access_analyzer import Analyzers
from awsbase.sandbox.rules.anomalies import Anomalies
from awsbase.sandbox.rules.budgets import Budgets
from awsbase.sandbox.rules.guardduty import Detectors
from awsbase.sandbox.rules.security_hub import Hubs
from awsbase.sandbox.world import has


class Told(Mapping[str, Any]):
    """All that policies are told of a request; the resource's tags are not looked up before one asks."""

    def __init__(self, known: Mapping[str, Any], ask: Ask, arn: str) -> None:
        self.known, self.ask, self.arn = known, ask, arn
        service = arn.split(":")[2] if arn.startswith("arn:") else ""
        self.prefixes = ("aws:resourcetag", f"{service}:resourcetag")

    def __getitem__(self, key: str) -> Any:
        prefix, _, name = key.partition("/")
        if key in self.known or prefix not in self.prefixes:
            return self.known[key]
        return knowing(tags(self.ask, self.arn))[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.known
        yield from (f"{prefix}/{name.lower()}" for prefix in self.prefixes for name in tags(self.ask, self.arn))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def tags(ask: Ask, arn: str) -> Mapping[str, str]:
    """Return the tags of a resource."""
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    if service in TAGS:
        return TAGS[service](ask, arn)
    if not has(service):
        return {}
    held = ask.backend(service, region_of(ask, arn)).iter_tagged_resources()
    return next((one.tags for one in held if one.arn == arn), {})


def _ec2_tags(ask: Ask, arn: str) -> Mapping[str, str]:
    # Not among all that is tagged: moto has thousands of images.
    return dict(ask.backend("ec2", region_of(ask, arn)).tags.get(arn.rpartition("/")[2], {}))


def _trail_tags(ask: Ask, arn: str) -> Mapping[str, str]:
    return dict(ask.backend("cloudtrail", region_of(ask, arn)).tagging_service.get_tag_dict_for_resource(arn))


def _log_group_tags(ask: Ask, arn: str) -> Mapping[str, str]:
    return dict(
        ask.backend("logs", region_of(ask, arn)).tagger.get_tag_dict_for_resource(arn.partition(":log-stream:")[0])
    )


def _iam_tags(ask: Ask, arn: str) -> Mapping[str, str]:
    iam, kind = ask.backend("iam"), arn.rpartition(":")[2].partition("/")[0]
    if kind == "user":
        return dict(iam.tagger.get_tag_dict_for_resource(arn))
    listed: Any = []
    if kind == "role":
        listed = next((held.tags for held in iam.roles.values() if held.arn == arn), [])
    if kind == "policy" and arn in iam.managed_policies:
        listed = (iam.managed_policies[arn].tags or {}).values()
    if kind == "instance-profile":
        listed = next((held.tags for held in iam.instance_profiles.values() if held.arn == arn), [])
    return {tag["Key"]: tag["Value"] for tag in listed or []}


def _named(held: Any, name: str) -> Mapping[str, str]:
    return dict(getattr(held.get(name), "tags", {}))


TAGS: dict[str, Callable[[Ask, str], Mapping[str, str]]] = {
    "ec2": _ec2_tags,
    "iam": _iam_tags,
    "cloudtrail": _trail_tags,
    "logs": _log_group_tags,
    "access-analyzer": lambda ask, arn: _named(ask.memory(Analyzers).held, arn),
    "budgets": lambda ask, arn: _named(ask.memory(Budgets).of, arn.rpartition("/")[2]),
    "ce": lambda ask, arn: ask.memory(Anomalies).tags.get(arn, {}),
    "dlm": lambda ask, arn: dlm.here(ask).get(arn.rpartition("/")[2], {}).get("Tags", {}),
    "guardduty": lambda ask, arn: _named(ask.memory(Detectors).held, ask.region),
    "securityhub": lambda ask, arn: _named(ask.memory(Hubs).held, ask.region),
}
