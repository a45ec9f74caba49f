"""The bastion of a manifest, also an ephemeral one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from awsbase.engine.resource import Resource
from awsbase.ensure.instance import Instance
from awsbase.ensure.schedule import TerminationSchedule
from awsbase.ensure.terminated import Terminated
from awsbase.errors import UsageError
from awsbase.manifest.manifest import Manifest, resources
from awsbase.records import record
from awsbase.userdata import Mode

NETWORK, SECTION = "network", "bastion"


@record
class Bastion:
    """What the commands need to know about a bastion."""

    instance: Instance
    mode: Mode
    nat: bool
    on_demand: bool

    @property
    def region(self) -> str:
        return self.instance.scope.region


def started(manifest: Manifest, *, ends: datetime | None = None, refresh: bool = False) -> dict[str, list[Resource]]:
    """Return a manifest's resources by section with the bastion running, until `ends` if given.

    `refresh` takes the newest image. Raises UsageError when the manifest has no bastion.
    """
    section = manifest.bastion
    if section is None:
        raise UsageError("the manifest has no bastion section", hint="add one: `bastion: {}`")
    sections = resources(manifest.model_copy(update={SECTION: section.model_copy(update={"on_demand": False})}))
    return {**sections, SECTION: [as_started(each, ends, refresh) for each in sections[SECTION]]}


def with_bastion(manifest: Manifest, sections: Mapping[str, Sequence[Resource]]) -> dict[str, Sequence[Resource]]:
    """Add what `awsbase bastion up` and `down` make and end of a bastion on demand to the resources of a manifest."""
    if manifest.bastion is None or not manifest.bastion.on_demand:
        return dict(sections)
    running = started(manifest)[SECTION]
    held = {each.address for each in sections[SECTION]}
    more = [each for each in running if each.address not in held]
    return {**sections, SECTION: [*sections[SECTION], *more, ended(running)]}


def ended(running: Sequence[Resource]) -> Terminated:
    """Return the end of a bastion, of which these are the resources."""
    instance = instance_of(running)
    schedule = next(each for each in running if isinstance(each, TerminationSchedule))
    return Terminated(scope=instance.scope, instance=instance, schedule=schedule.name, role=schedule.role)


def as_started(each: Resource, ends: datetime | None, refresh: bool) -> Resource:
    """Return a resource of the bastion with the options of `up`."""
    if isinstance(each, Instance):
        return replace(each, refresh=refresh)
    return replace(each, at=ends) if isinstance(each, TerminationSchedule) else each


def bastion_of(manifest: Manifest) -> Bastion:
    """Return the bastion of a manifest; raises UsageError when it has none."""
    sections = started(manifest)
    section = manifest.bastion
    assert section is not None, "started() has refused it"
    return Bastion(instance_of(sections[SECTION]), section.mode, section.nat, section.on_demand)


def instance_of(resources: Sequence[Resource]) -> Instance:
    """Return the instance among the resources of a bastion."""
    return next(each for each in resources if isinstance(each, Instance))
