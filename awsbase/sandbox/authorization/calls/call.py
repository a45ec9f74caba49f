"""From one call to what it needs to be allowed: actions, each on a resource, with what AWS tells policies of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.authorization.conditions import spelt
from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.rule import Ask

# Where IAM's name of a service is not boto3's.
PREFIXES = {"accessanalyzer": "access-analyzer", "resourcegroupstaggingapi": "tag", "s3control": "s3"}


@dataclass(frozen=True)
class Need:
    """One action on one resource that somebody has to allow."""

    action: str
    resource: str = "*"
    context: Mapping[str, Any] = field(default_factory=dict)
    policy: Document | None = None
    """The resource's policy, where it is not the one that hangs there already."""
    otherwise: tuple[str, str] | None = None
    """The code and message that AWS answers with when it is not allowed, where that is not the usual refusal."""


Call = Callable[[Ask], Iterable[Need]]
Resources = Callable[[Ask], Iterable[str]]
Keys = Mapping[str, str]
"""Condition keys, and where in the parameters their values are."""


def table(rows: Mapping[str, Iterable[Call]]) -> dict[str, tuple[Call, ...]]:
    """Give each operation of a row, whose names are parted by spaces, the row's calls."""
    return {name: tuple(calls) for names, calls in rows.items() for name in names.split()}


def own(*resources: Resources, keys: Keys | None = None) -> Call:
    """Need the action that the operation is named after, on each of the resources."""

    def needs(ask: Ask) -> Iterator[Need]:
        return _needs(ask, f"{PREFIXES.get(ask.service, ask.service)}:{ask.operation}", resources, keys)

    return needs


def act(action: str, *resources: Resources, keys: Keys | None = None, when: str = "") -> Call:
    """Need an action of another name; `when` names the parameter that it takes."""

    def needs(ask: Ask) -> Iterator[Need]:
        if not when or param(ask, when):
            yield from _needs(ask, action, resources, keys)

    return needs


def passing(path: str, service: str) -> Call:
    """Need to pass the role that a parameter names to a service."""

    def needs(ask: Ask) -> Iterator[Need]:
        if arn := param(ask, path):
            yield Need("iam:PassRole", arn, {"iam:PassedToService": service})

    return needs


def linked_role(service: str, name: str) -> Call:
    """Need to make a service's own role, as long as the account has none."""

    def needs(ask: Ask) -> Iterator[Need]:
        path = f"/aws-service-role/{service}/"
        if not any(role.path == path for role in ask.backend("iam").roles.values()):
            resource = arn(ask, f"iam::{ask.account}:role{path}{name}")
            yield Need("iam:CreateServiceLinkedRole", resource, {"iam:AWSServiceName": service})

    return needs


def given(*paths: str) -> Resources:
    """Take ARNs from parameters, as they are."""

    def resources(ask: Ask) -> Iterator[str]:
        for path in paths:
            found = param(ask, path)
            yield from found if isinstance(found, list) else [found] if found else []

    return resources


def at(template: str) -> Resources:
    """Make an ARN, in the request's partition, from what the request says: `sns:{region}:{account}:{Name}`."""

    def resources(ask: Ask) -> list[str]:
        return [arn(ask, template.format(region=ask.region, account=ask.account, **ask.params))]

    return resources


def arn(ask: Ask, rest: str) -> str:
    """Return an ARN in the request's partition."""
    return f"arn:{ask.partition}:{rest}"


def param(ask: Ask, path: str) -> Any:
    """Return a parameter, or a part of one, as `Target.RoleArn`."""
    found: Any = ask.params
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _needs(ask: Ask, action: str, resources: tuple[Resources, ...], keys: Keys | None) -> Iterator[Need]:
    context = {key: value for key, path in (keys or {}).items() if (value := param(ask, path)) is not None}
    context = {key: value if isinstance(value, list) else spelt(value) for key, value in context.items()}
    named = [resource for each in resources for resource in each(ask)]
    # A request that names nothing is still one that somebody has to allow.
    for resource in named or ["*"]:
        yield Need(action, resource, context)
