"""The bastion that a manifest wants, also while it is only there on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from awsbase.engine.resource import Resource
from awsbase.ensure.instance import Instance
from awsbase.ensure.schedule import TerminationSchedule
from awsbase.errors import UsageError
from awsbase.manifest import Manifest, resources
from awsbase.records import record
from awsbase.userdata import Mode

NETWORK, SECTION = "network", "bastion"


@record
class Bastion:
    """What the commands need to know of a bastion."""

    instance: Instance
    mode: Mode
    nat: bool
    on_demand: bool

    @property
    def region(self) -> str:
        return self.instance.scope.region


def started(manifest: Manifest, *, ends: datetime | None = None, refresh: bool = False) -> dict[str, list[Resource]]:
    """Return what a manifest stands for with the bastion running, until `ends` if given, from the newest image."""
    given = manifest.bastion
    if given is None:
        raise UsageError("the manifest has no bastion section", hint="add one: `bastion: {}`")
    sections = resources(manifest.model_copy(update={SECTION: given.model_copy(update={"on_demand": False})}))
    return {**sections, SECTION: [told(each, ends, refresh) for each in sections[SECTION]]}


def told(each: Resource, ends: datetime | None, refresh: bool) -> Resource:
    """Return a resource of the bastion as `up` was told to make it."""
    if isinstance(each, Instance):
        return replace(each, refresh=refresh)
    return replace(each, at=ends) if isinstance(each, TerminationSchedule) else each


def bastion_of(manifest: Manifest) -> Bastion:
    """Return the bastion of a manifest."""
    sections = started(manifest)
    given = manifest.bastion
    assert given is not None, "started() has refused it"
    return Bastion(instance_of(sections[SECTION]), given.mode, given.nat, given.on_demand)


def instance_of(wanted: Sequence[Resource]) -> Instance:
    return next(each for each in wanted if isinstance(each, Instance))
