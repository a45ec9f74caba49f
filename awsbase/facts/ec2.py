"""What everything in EC2 has in common: ids instead of names, found by tag, tagged in the call that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from awsbase.engine.changes import compare
from awsbase.engine.permissions import Allows, allow, equals, labelled, made_for
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.errors import AwsbaseError
from awsbase.facts import tags


class NotToBeChanged(AwsbaseError):
    """AWS changes this in nothing that exists, and making it anew would take along what lives in it."""


class Labelled(tags.Tagged, Protocol):
    """A resource of EC2: a tag called Name is all the name it has."""

    @property
    def name(self) -> str: ...
    @property
    def scope(self) -> Scope: ...


class Found(Protocol):
    """Something of EC2 as it is."""

    @property
    def id(self) -> Any: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


F = TypeVar("F", bound=Found)


def labels(want: Labelled) -> dict[str, str]:
    """Return the tags that something of EC2 shall carry: its name for people, the manifest's, its address."""
    return {"Name": want.name, **tags.wanted(want)}


def tagging(kind: str, want: Labelled, more: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the tags as the creating call takes them: what is tagged afterwards may never be."""
    return [{"ResourceType": kind, "Tags": tags.pairs({**labels(want), **(more or {})})}]


def tag(run: Run, want: Labelled, have: Found) -> None:
    """Set the tags that are absent or other."""
    if untagged := tags.missing(have.tags, labels(want)):
        drift = compare(have.tags, untagged)
        run.update("tags", drift, run.aws.ec2.create_tags, Resources=[have.id], Tags=tags.pairs(untagged))


def ours(found: Iterable[F], address: str) -> list[F]:
    """Return what was made for an address, in a lasting order."""
    return sorted((each for each in found if each.tags.get(tags.ADDRESS) == address), key=lambda each: str(each.id))


def the_one(found: Iterable[F], address: str) -> F | None:
    """Return what was made for an address."""
    return next(iter(ours(found, address)), None)


def tags_in(answer: Mapping[str, Any]) -> dict[str, str]:
    """Read the tags that EC2 tells with everything that it describes; its own are not ours to look at."""
    pairs = {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])}
    return {key: value for key, value in pairs.items() if not key.startswith("aws:")}


def matches(found: Found, id: str | None, wanted: Mapping[str, str]) -> bool:
    """Tell whether something is what a manifest means by an id, or else by tags."""
    return found.id == id if id else not tags.missing(found.tags, wanted)


def arns(scope: Scope, *kinds: str) -> tuple[str, ...]:
    """Return the ARNs of everything of some kinds in a region."""
    return tuple(scope.arn("ec2", f"{kind}/*") for kind in kinds)


def tagging_permissions(want: Any, kind: str, *made_by: str) -> Allows:
    """Yield what tagging takes: in the call that makes a thing, and later what carries the tag of the address."""
    on = arns(want.scope, kind)
    yield allow("ec2", "CreateTags", on=on, when=equals("ec2:CreateAction", *made_by))
    yield allow("ec2", "CreateTags", on=on, when=made_for(want.address))


def adoption_permissions(want: Any, kind: str) -> Allows:
    """Yield what it takes to give the tag of an address to something that somebody else made."""
    yield allow("ec2", "CreateTags", on=arns(want.scope, kind), when=labelled(want.address))
