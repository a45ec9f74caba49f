"""The one place where what the sections yield becomes the resources of a manifest.

A section yields resources, and what it grants: `Attach` gives a policy to a group or a role that another section makes,
`KeyUse` lets somebody use a key that several sections may share. `RecordsIn` puts records into a zone of the manifest.
Nothing here depends on the order of the sections, so that a manifest whose sections are moved around still has an empty
plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeAlias, TypeGuard, TypeVar

from awsbase.engine.facts import Read
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.group import Group
from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.facts.keys import YEAR
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import ValidationProblem
from awsbase.policies import Document
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.ensure.zone_records import Record


@record(kw_only=True)
class Attach:
    """A policy for a group or a role of the manifest, given by address; `at` is the place within the section."""

    address: str
    policy: Policy
    at: Steps


@record(kw_only=True)
class KeyUse:
    """One user of the key behind an alias, with the statements that it needs in the key's policy.

    All uses of one alias in one region are uses of one key. `purpose` is a part of the key's description.
    """

    scope: Scope
    alias: str
    purpose: str
    statements: tuple[Document, ...] = ()
    rotation_days: int = YEAR
    tags: Mapping[str, str] = field(default_factory=dict)
    at: Steps = ("key",)
    unless: Read | None = None

    @property
    def name(self) -> str:
        return self.alias.removeprefix("alias/")

    @property
    def address(self) -> str:
        """The address of the key."""
        return self.scope.address("key", self.name)


@record(kw_only=True)
class RecordsIn:
    """Records for a zone of the manifest, which the certificates or the mail of another section need.

    Their names and values may be a `Reference` to what another resource returns, which is then made before them.
    """

    zone: str
    records: tuple[Record, ...]
    at: Steps

    @property
    def address(self) -> str:
        """The address of all records of the zone."""
        return f"zone-records/{self.zone}"


Yielded: TypeAlias = Resource | Attach | KeyUse | RecordsIn
Grant = TypeVar("Grant", Attach, KeyUse, RecordsIn)


@record
class Merged:
    """The resources of each section, and the conflicts between what the sections grant."""

    sections: Mapping[str, list[Resource]]
    conflicts: tuple[ValidationProblem, ...] = ()


def merge(yielded: Mapping[str, Iterable[Yielded]]) -> Merged:
    """Merge what sections yield; a key stands where it is used first in the manifest."""
    held = {section: list(items) for section, items in yielded.items()}
    placed = [
        replace(each, at=(section, *each.at)) for section, items in held.items() for each in items if granted(each)
    ]
    grants = sorted(placed, key=place_of)
    uses = by_address(each for each in grants if isinstance(each, KeyUse))
    attached = by_address(each for each in grants if isinstance(each, Attach))
    entered = by_address(each for each in grants if isinstance(each, RecordsIn))
    zones, misfits = merged_zones(held, entered)
    keys = {address: key_of(users) for address, users in uses.items()}

    sections: dict[str, list[Resource]] = {section: [] for section in held}
    left = dict(keys)
    for section, items in held.items():
        for item in items:
            if isinstance(item, KeyUse):
                sections[section] += [left.pop(item.address)] if item.address in left else []
            elif isinstance(item, Resource):
                there = zones.get(item.address, item)
                sections[section].append(given(there, attached.get(item.address, ()), keys))
    made = {each.address: each for resources in sections.values() for each in resources}
    sections = {name: list(where_there(resources, made)) for name, resources in sections.items()}
    return Merged(
        sections,
        (
            *disagreements(uses),
            *without_principal(attached, made),
            *misfits,
        ),
    )


def merged_zones(
    held: Mapping[str, list[Yielded]], entered: Mapping[str, list[RecordsIn]]
) -> tuple[Mapping[str, Resource], tuple[ValidationProblem, ...]]:
    """Return the records of each zone, with those of other sections, and what of them does not fit."""
    if not any(is_a(item, "zone-records") for items in held.values() for item in items):
        return {}, ()
    from awsbase.manifest.zone_merging import colliding, with_all, without_zone

    zones = with_all(held, entered)
    return zones, (*colliding(held, entered), *without_zone(entered, zones))


def is_a(item: Yielded, kind: str) -> bool:
    """Tell by its address of which kind something is: a manifest needs no kinds that it does not have."""
    return item.address.startswith(f"{kind}/")


def granted(item: Yielded) -> TypeGuard[Attach | KeyUse | RecordsIn]:
    """Tell whether a section yielded a grant rather than a resource."""
    return isinstance(item, Attach | KeyUse | RecordsIn)


def place_of(item: Attach | KeyUse | RecordsIn) -> tuple[str, ...]:
    """Return where in the manifest a grant stands."""
    return tuple(map(str, item.at))


def by_address(items: Iterable[Grant]) -> dict[str, list[Grant]]:
    """Group grants by the address of what they are for."""
    found: dict[str, list[Grant]] = {}
    for item in items:
        found.setdefault(item.address, []).append(item)
    return found


def key_of(uses: list[KeyUse]) -> Key:
    """Return the one key that all its users share."""
    return Key(
        scope=uses[0].scope,
        # Made as long as one of its users is.
        unless=uses[0].unless if all(use.unless == uses[0].unless for use in uses) else None,
        name=uses[0].name,
        policy=key_policy(uses[0].scope, *labelled(statement for use in uses for statement in use.statements)),
        description="; ".join(dict.fromkeys(use.purpose for use in uses)),
        rotation_days=uses[0].rotation_days,
        tags=uses[0].tags,
    )


def labelled(statements: Iterable[Document]) -> Iterator[Document]:
    """Yield each statement once; different statements with one Sid get a number behind it."""
    known: list[Document] = []
    taken: dict[object, int] = {}
    for statement in statements:
        if statement in known:
            continue
        known.append(statement)
        sid = statement.get("Sid")
        count = taken[sid] = taken.get(sid, 0) + 1
        yield statement if sid is None or count == 1 else {**statement, "Sid": f"{sid}{count}"}


def given(resource: Resource, attached: Iterable[Attach], keys: Mapping[str, Key]) -> Resource:
    """Return a resource with the policies that are attached to it, and with its dependency on a key of the manifest."""
    if is_a(resource, "mfa-device"):
        from awsbase.manifest.mfa import with_key

        return with_key(resource, keys)
    policies = sorted((attach.policy for attach in attached), key=lambda policy: policy.address)
    if not policies or not isinstance(resource, Group | Role):
        return resource
    return replace(
        resource,
        policies=resource.policies | {policy.arn for policy in policies},
        made_here=tuple(dict.fromkeys([*resource.made_here, *(policy.address for policy in policies)])),
    )


def where_there(resources: Iterable[Resource], made: Mapping[str, Resource]) -> Iterator[Resource]:
    """Yield resources; a parameter only if all that it tells of is made, and under the same condition."""
    for each in resources:
        if not is_a(each, "parameter"):
            yield each
        elif all(address in made for address in each.needs()):
            conditions = (made[address].unless for address in each.needs())
            yield replace(each, unless=next(filter(None, conditions), None))


def disagreements(uses: Mapping[str, list[KeyUse]]) -> Iterator[ValidationProblem]:
    """Yield the users of one key that want different settings of it."""
    for first, *others in uses.values():
        for other in others:
            if (first.rotation_days, first.tags) != (other.rotation_days, other.tags):
                message = f"the key {shown(first.alias)} is used with other settings too"
                yield ValidationProblem(other.at, message, "name another key", also=first.at)


def without_principal(
    attached: Mapping[str, list[Attach]], resources: Mapping[str, Resource]
) -> Iterator[ValidationProblem]:
    """Yield the policies for a group or a role that no section makes."""
    for address, attaches in attached.items():
        if not isinstance(resources.get(address), Group | Role):
            kind, _, name = address.partition("/")
            for attach in attaches:
                yield ValidationProblem(attach.at, f"no {kind} called {name!r}", f"define it in iam.{kind}s")
