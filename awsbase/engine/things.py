"""What an account has, thing by thing: as the resource that stands for it, or with the reason why none does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from awsbase.engine.facts import Facts
from awsbase.engine.permissions import Allows, nothing
from awsbase.engine.refusals import Refusal, understood
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


@record
class Described:
    """Something that AWS lists, as the resource of its kind that would make it just so.

    `tags` are all tags that it has. `path` is that of IAM. `remarks` are told beside it in a manifest.
    """

    resource: Resource
    tags: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.resource.address


@record
class LeftAlone:
    """Something that AWS lists and somebody else looks after: who, and how that is known."""

    name: str
    owner: str
    evidence: str


@record
class NotExpressible:
    """Something that AWS lists and no manifest says; `fields` are what a manifest has no words for.

    By its `tags` it may be known as somebody else's.
    """

    name: str
    fields: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)


@record
class Unread:
    """Something, or a whole list, that could not be read: what AWS answered, and the action that is missing.

    `closed` is a region that an organization closes, so that no right of the account opens it.
    """

    name: str
    action: str
    message: str = ""
    closed: bool = False


def unreadable(name: str, refusal: Refusal) -> Unread:
    """Return what a refusal keeps from being read."""
    return Unread(name, refusal.action, refusal.message, closed=refusal.by_organization)


def refused(name: str, error: ClientError) -> Unread:
    """Return one thing that AWS refuses to tell of, while it lists others; raises the error when it is no refusal."""
    refusal = understood(error)
    if refusal is None:
        raise error
    return Unread(name, refusal.action, refusal.message)


Thing = Described | LeftAlone | NotExpressible | Unread
Things = Iterator[Thing]


@record
class Describe:
    """How what there is of a kind is listed: each thing once, with all that a plan would compare.

    `everywhere` lists it in each region that is on, with the scope of that region, instead of once for the account.
    `permissions` is what IAM has to allow for that. Secrets are never read.
    """

    things: Callable[[Facts, Scope], Things]
    permissions: Callable[[Scope], Allows] = nothing
    everywhere: bool = False
