"""Organizational units: where accounts stand, and what policies take away from all that stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.organization import ADDRESS as ORGANIZATION
from awsbase.ensure.organization import root_arns
from awsbase.facts import tags
from awsbase.facts.organization import (
    accounts_in,
    all_units,
    client,
    labels,
    manages,
    unit,
    units_below,
)
from awsbase.records import record


@record(kw_only=True)
class OrganizationalUnit(Resource):
    """One unit, by the names on its path from the root, such as Workloads/Prod. Tags are added to."""

    path: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return unit_address(self.path)

    @property
    def name(self) -> str:
        """The last name on its path, which is its own."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """The address of what it is in: another unit, or the organization."""
        above = self.path.rpartition("/")[0]
        return unit_address(above) if above else ORGANIZATION

    def needs(self) -> Iterator[str]:
        yield self.parent


def unit_address(path: str) -> str:
    """Return the address of a unit."""
    return f"organizational-unit/{path}"


def ensure_unit(run: Run, want: OrganizationalUnit) -> str:
    """Keep one unit at its path, with its tags; returns its id."""
    organizations = client(run.aws)
    parent = id_of(run, want.parent)
    id = run.read(unit, want.path)
    tagged = run.read(labels, id) if id else tags.wanted(want)
    untagged = tags.missing(tagged, tags.wanted(want))

    if id is None:
        made = run.create(
            "organizational unit",
            organizations.create_organizational_unit,
            ParentId=parent,
            Name=want.name,
            Tags=tags.pairs(tags.with_origin(want)),
        )
        id = made["OrganizationalUnit"]["Id"]

    if untagged:
        run.update(
            "tags",
            compare(tagged, untagged),
            organizations.tag_resource,
            risk=access(retagging(run, tagged, untagged)),
            ResourceId=id,
            Tags=tags.pairs(untagged),
        )
    return id


def id_of(run: Run, address: str) -> Any:
    """Return the id of a unit, of an account, or of the root by its address; it may be Unknown."""
    result = run.result(address)
    return result["root"] if address == ORGANIZATION else result


def remove_unit(run: Run, want: OrganizationalUnit) -> None:
    """Delete a unit that this manifest made, unless accounts or other units are in it."""
    id = run.read(unit, want.path)
    if id is None or not tags.made_here(run, want, run.read(labels, id)):
        return
    if inside := run.read(accounts_in, id):
        run.note(f"kept: the account{'s' * (len(inside) > 1)} {', '.join(sorted(inside))} would be left without it")
        return
    below = [name for name in run.read(units_below, id) if not run.is_gone(unit_address(f"{want.path}/{name}"))]
    if below:
        run.note(f"kept: the unit{'s' * (len(below) > 1)} {', '.join(sorted(below))} in it would go too")
        return

    run.delete("organizational unit", client(run.aws).delete_organizational_unit, OrganizationalUnitId=id)


def unit_reads(want: OrganizationalUnit) -> Iterator[Read]:
    """Yield the facts that the recipe of a unit reads, to prefetch them."""
    yield unit, want.path


def read_permissions(want: OrganizationalUnit) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("organizations", "DescribeOrganization", "ListOrganizationalUnitsForParent", "ListRoots")
    yield allow("organizations", "ListTagsForResource", on=(unit_arns(want.scope),))


def write_permissions(want: OrganizationalUnit) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    units = unit_arns(want.scope)
    yield allow("organizations", "CreateOrganizationalUnit", on=(units, root_arns(want.scope)))
    # What is made with tags has no ARN yet.
    yield allow("organizations", "TagResource")


def removal_permissions(want: OrganizationalUnit) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("organizations", "ListAccountsForParent")
    yield allow("organizations", "DeleteOrganizationalUnit", on=(unit_arns(want.scope),))


def unit_arns(scope: Scope) -> str:
    """Return the pattern of the ARNs of units, whose ids AWS draws."""
    return scope.global_arn("organizations", "ou/o-*/ou-*")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the units of an organization that this account manages."""
    if not manages(facts, scope):
        return
    for path, id in facts.read(all_units).items():
        labelled = facts.read(labels, id)
        found = OrganizationalUnit(scope=scope, path=path, tags=tags.of_others(labelled))
        yield Described(found, tags=labelled)


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing them needs."""
    yield allow("organizations", "DescribeOrganization", "ListOrganizationalUnitsForParent", "ListRoots")
    yield allow("organizations", "ListTagsForResource", on=(unit_arns(scope),))


KIND = Kind(
    ensure_unit,
    unit_reads,
    resource=OrganizationalUnit,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A unit of the organization: a folder of accounts, and of further units.",
        why="A policy that is attached to a unit holds for every account below it, those that come later too.",
        undo=(
            TAKE_OUT,
            "move its accounts elsewhere: aws organizations move-account",
            "aws organizations delete-organizational-unit --organizational-unit-id ID: only once it is empty",
        ),
    ),
    word="organizational-unit",
    found_by="the names on its path",
    owns="that it exists",
    keeps="tags; units that the manifest does not name",
    describe=Describe(things, listing_permissions),
    absent=Absent(remove_unit, permissions=removal_permissions),
)
