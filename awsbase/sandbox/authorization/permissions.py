"""What a call needs to be allowed: actions, each on a resource, with the condition keys that policies see."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from awsbase.sandbox.authorization.conditions import spelt
from awsbase.sandbox.service import Need, Permissions, Request
from awsbase.sandbox.wire import Refusal

Resources = Callable[[Request], Iterable[str]]
Keys = Mapping[str, str]
"""Condition keys, and where in the parameters their values are."""


def table(rows: Mapping[str, Iterable[Permissions]]) -> dict[str, tuple[Permissions, ...]]:
    """Give each operation of a row, whose names are parted by spaces, the row's calls."""
    return {name: tuple(calls) for names, calls in rows.items() for name in names.split()}


def own(*resources: Resources, keys: Keys | None = None) -> Permissions:
    """Need the action that the operation is named after, on each of the resources."""

    def needs(request: Request) -> Iterator[Need]:
        return _needs(request, f"{request.declared.iam_prefix}:{request.operation}", resources, keys)

    return needs


def act(action: str, *resources: Resources, keys: Keys | None = None, when: str = "") -> Permissions:
    """Need an action of another name; `when` names the parameter that it takes."""

    def needs(request: Request) -> Iterator[Need]:
        if not when or param(request, when):
            yield from _needs(request, action, resources, keys)

    return needs


def passing(path: str, service: str) -> Permissions:
    """Need to pass the role that a parameter names to a service."""

    def needs(request: Request) -> Iterator[Need]:
        if arn := param(request, path):
            yield Need("iam:PassRole", arn, {"iam:PassedToService": service})

    return needs


def linked_role(service: str, name: str) -> Permissions:
    """Need to make a service's own role, as long as the account has none."""

    def needs(request: Request) -> Iterator[Need]:
        path = f"/aws-service-role/{service}/"
        if not any(role.path == path for role in request.backend("iam").roles.values()):
            resource = arn(request, f"iam::{request.account}:role{path}{name}")
            yield Need("iam:CreateServiceLinkedRole", resource, {"iam:AWSServiceName": service})

    return needs


def given(*paths: str) -> Resources:
    """Take ARNs from parameters, as they are."""

    def resources(request: Request) -> Iterator[str]:
        for path in paths:
            found = param(request, path)
            yield from found if isinstance(found, list) else [found] if found else []

    return resources


def at(template: str) -> Resources:
    """Make an ARN, in the request's partition, from what the request says: `sns:{region}:{account}:{Name}`."""

    def resources(request: Request) -> list[str]:
        return [arn(request, template.format(region=request.region, account=request.account, **request.params))]

    return resources


def arn(request: Request, rest: str) -> str:
    """Return an ARN in the request's partition."""
    return f"arn:{request.partition}:{rest}"


def param(request: Request, path: str) -> Any:
    """Return a parameter, or a part of one, as `Target.RoleArn`."""
    found: Any = request.params
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _needs(request: Request, action: str, resources: tuple[Resources, ...], keys: Keys | None) -> Iterator[Need]:
    context = {key: value for key, path in (keys or {}).items() if (value := param(request, path)) is not None}
    context = {key: value if isinstance(value, list) else spelt(value) for key, value in context.items()}
    named = [resource for each in resources for resource in each(request)]
    # A request that names nothing is still one that somebody has to allow.
    for resource in named or ["*"]:
        yield Need(action, resource, context)


def needs(request: Request) -> Iterator[Need]:
    """Yield all that a call needs to be allowed. Raises Refusal when the service does not declare it."""
    calls = request.declared.calls.get(request.operation)
    if calls is None:
        message = f"the sandbox does not know what permissions {request.name} needs; nothing was sent to AWS"
        raise Refusal("SandboxGap", message)
    for call in calls:
        yield from call(request)
