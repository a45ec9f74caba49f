"""What one kind of resource takes of IAM: actions, on what, under which condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from awsbase.engine.resource import ADDRESS
from awsbase.engine.scope import Scope
from awsbase.records import record

EVERYTHING = ("*",)


@record
class Condition:
    """One condition of a statement: the key has one of the values."""

    operator: str
    key: str
    values: frozenset[str]


@record
class Allow:
    """Actions that are allowed on resources, given by ARN, under a condition if there is one."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = EVERYTHING
    condition: Condition | None = None


Allows = Iterator[Allow]
Passes = Iterator[tuple[str, str]]


def nothing(want: Any) -> Iterator[Any]:
    """Yield nothing: for what a kind never does."""
    yield from ()


@record
class Permissions:
    """What a kind takes to be read, and to be written: made, corrected, taken away.

    `passes` are the roles that it hands to a service of AWS, each by its address or ARN and the service's principal.
    """

    read: Callable[[Any], Allows] = nothing
    write: Callable[[Any], Allows] = nothing
    passes: Callable[[Any], Passes] = nothing


def allow(service: str, *actions: str, on: tuple[str, ...] = EVERYTHING, when: Condition | None = None) -> Allow:
    """Allow some actions of one service."""
    return Allow(tuple(f"{service}:{action}" for action in actions), on, when)


def equals(key: str, *values: str) -> Condition:
    """Make the condition that a key of the request has one of these values."""
    return Condition("StringEquals", key, frozenset(values))


def made_for(address: str) -> Condition:
    """Make the condition that something carries the tag of an address: it was made, or adopted, for it."""
    return equals(f"aws:ResourceTag/{ADDRESS}", address)


def labelled(address: str) -> Condition:
    """Make the condition that a call gives something the tag of an address."""
    return equals(f"aws:RequestTag/{ADDRESS}", address)


def linked_role(scope: Scope, principal: str) -> Allow:
    """Allow a service to be given the role that is its own; the last word of its name only the service knows."""
    roles = scope.global_arn("iam", f"role/aws-service-role/{principal}/*")
    return allow("iam", "CreateServiceLinkedRole", on=(roles,), when=equals("iam:AWSServiceName", principal))
