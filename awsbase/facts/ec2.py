"""What all resources of EC2 share: they have ids instead of names, and are tagged when created and found by tag."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from awsbase.engine.changes import compare
from awsbase.engine.permissions import Allows, allow, equals, labelled, made_for
from awsbase.engine.quotas import Quota, others, room_beside
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import NotExpressible, Things
from awsbase.errors import AwsbaseError, MalformedResponse
from awsbase.facts import tags

# Why a part of a network that others made has no words in a manifest.
WITH_VPC = "a manifest has it in a VPC of its own only"


class CannotBeChanged(AwsbaseError):
    """AWS cannot change this in an existing resource, and a replacement would delete what is inside it."""


class NotDeleted(AwsbaseError):
    """EC2 answered with success and deleted nothing all the same."""


class Labelled(tags.Tagged, Protocol):
    """A resource of EC2, whose only name is its `Name` tag."""

    @property
    def name(self) -> str: ...
    @property
    def scope(self) -> Scope: ...


class Found(Protocol):
    """An existing resource of EC2."""

    @property
    def id(self) -> Any: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


F = TypeVar("F", bound=Found)
Widens = Callable[[Run, Mapping[str, str], Mapping[str, str]], str]
T = TypeVar("T")


def labels(want: Labelled) -> dict[str, str]:
    """Return the tags that a resource of EC2 must have: its name, the manifest's tags, its address."""
    return {"Name": want.name, **tags.wanted(want)}


def tagging(kind: str, want: Labelled, more: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the `TagSpecifications` of the creating call: a run can stop before it tags anything afterwards."""
    return [{"ResourceType": kind, "Tags": tags.pairs({**labels(want), **tags.origin(want.scope), **(more or {})})}]


def room(run: Run, quota: Quota, want: Labelled, there: Iterable[Found], vpc: object = None) -> None:
    """Make sure that all that the manifest wants of a kind fits into the region, or into the VPC of that id.

    Raises QuotaExceeded.
    """
    held = [each.tags.get(tags.ADDRESS) or each.id for each in there if vpc is None or getattr(each, "vpc", "") == vpc]
    known = [
        each for each in others(run, want, lambda each: each) if vpc is None or each.vpc == getattr(want, "vpc", "")
    ]
    region, where = want.scope.region, vpc if isinstance(vpc, str) else want.scope.region
    remedy = "delete {excess} that nobody needs, or ask AWS for more"
    wanted = [each.address for each in known]
    room_beside(run, quota, where, held=held, wanted=wanted, remedy=remedy, region=region)


def tag(run: Run, want: Labelled, have: Found, widens: Widens) -> None:
    """Set the tags that are missing or have another value; `widens` says what that lets pass.

    What others made keeps the name that they gave it.
    """
    named = "Name" in have.tags and not tags.is_ours(have.tags, want.scope)
    wanted = tags.wanted(want) if named else labels(want)
    if untagged := tags.missing(have.tags, wanted):
        run.update(
            "tags",
            compare(have.tags, untagged),
            run.aws.ec2.create_tags,
            risk=access(widens(run, have.tags, untagged)),
            Resources=[have.id],
            Tags=tags.pairs(untagged),
        )


def ours(found: Iterable[F], address: str) -> list[F]:
    """Return the resources that were made for an address, sorted by id."""
    return sorted((each for each in found if each.tags.get(tags.ADDRESS) == address), key=lambda each: str(each.id))


def the_one(found: Iterable[F], address: str) -> F | None:
    """Return the first resource that was made for an address, or None."""
    return next(iter(ours(found, address)), None)


def to_remove(run: Run, want: Resource, found: Iterable[F]) -> list[F]:
    """Return what was made for an address and is this manifest's to delete; a note says why another one is kept."""
    return [each for each in ours(found, want.address) if tags.made_here(run, want, each.tags)]


def check_deleted(answer: object) -> None:
    """Raise NotDeleted for what EC2 did not delete: some calls say so in their answer, not by an error."""
    failed = answer.get("Unsuccessful", ()) if isinstance(answer, Mapping) else ()
    told = [f"{each['ResourceId']}: {each['Error']['Message']}" for each in failed if not gone(each["Error"])]
    if told:
        raise NotDeleted(f"EC2 did not delete {'; '.join(told)}", hint="run again in a while")


def gone(error: Mapping[str, str]) -> bool:
    """Tell whether something was not deleted because it is not there."""
    return error.get("Code", "").endswith(".NotFound")


def understood(listed: Iterable[Mapping[str, Any]], understand: Callable[[Mapping[str, Any]], T]) -> Iterator[T]:
    """Yield what each resource in a list of EC2 is; leave out one of somebody else that lacks a field we need.

    Almost every field of EC2 is optional. Raises MalformedResponse only for a resource that awsbase has tagged.
    """
    for each in listed:
        try:
            yield understand(each)
        except MalformedResponse:
            if tags.ADDRESS in tags_in(each):
                raise


def tags_in(response: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags that EC2 returns with a resource, without AWS's own `aws:` tags."""
    pairs = {tag.get("Key", ""): tag.get("Value", "") for tag in response.get("Tags", [])}
    return {key: value for key, value in pairs.items() if not key.startswith("aws:")}


def all_tags(response: Mapping[str, Any]) -> dict[str, str]:
    """Return all tags that EC2 returns with a resource; those of AWS tell which service made it."""
    return {tag.get("Key", ""): tag.get("Value", "") for tag in response.get("Tags", [])}


def tagged(
    listed: Iterable[Mapping[str, Any]], understand: Callable[[Mapping[str, Any]], T]
) -> Iterator[tuple[T, dict[str, str]]]:
    """Yield what each resource in a list of EC2 is, with all its tags."""
    return understood(listed, lambda each: (understand(each), all_tags(each)))


def made(found: Iterable[Found], scope: Scope, word: str) -> dict[str, str]:
    """Return by their ids the names of the resources that were made for an address of a kind, one an address."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for each in sorted(found, key=lambda each: str(each.id)):
        address = each.tags.get(tags.ADDRESS, "")
        name = address.removeprefix(f"{word}/").partition("@")[0]
        if name and address == scope.address(word, name) and address not in taken:
            taken.add(address)
            names[each.id] = name
    return names


def own_tags(have: Found) -> dict[str, str]:
    """Return the tags of a resource that awsbase does not set by itself."""
    return {key: value for key, value in have.tags.items() if key != "Name" and not key.startswith("awsbase:")}


def elsewhere(scope: Scope, word: str, names: Iterable[str]) -> Things:
    """Yield what is outside of the home region, where a manifest has no words for it: all of a kind as one."""
    if found := sorted(names):
        yield NotExpressible(scope.address(word, "*"), (f"outside of the home region: {', '.join(found)}",))


def state_of(block: Mapping[str, Any]) -> str:
    """Return the state of an IPv6 block of a subnet or a VPC."""
    return str(block.get("Ipv6CidrBlockState", {}).get("State", ""))


def matches(found: Found, id: str | None, expected: Mapping[str, str]) -> bool:
    """Tell whether a resource has the id that a manifest gives, or else the tags."""
    return found.id == id if id else found.tags.items() >= expected.items()


def arns(scope: Scope, *kinds: str) -> tuple[str, ...]:
    """Return the ARN patterns of all resources of some kinds in a region."""
    return tuple(scope.arn("ec2", f"{kind}/*") for kind in kinds)


def tagging_permissions(want: Any, kind: str, *made_by: str) -> Allows:
    """Yield the permissions that tagging needs: in the creating call, and later on resources of this address."""
    on = arns(want.scope, kind)
    yield allow("ec2", "CreateTags", on=on, when=equals("ec2:CreateAction", *made_by))
    yield allow("ec2", "CreateTags", on=on, when=made_for(want.address))


def adoption_permissions(want: Any, kind: str) -> Allows:
    """Yield the permission to put an address tag on a resource that was made without awsbase."""
    yield allow("ec2", "CreateTags", on=arns(want.scope, kind), when=labelled(want.address))
