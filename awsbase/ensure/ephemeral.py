"""Instances that people start and end by themselves: ended when told so, and left alone by reconcile."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from awsbase.engine.facts import Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure.instance import GONE, Instance, InstanceFacts, instances, user_data
from awsbase.ensure.schedule import schedule
from awsbase.facts import ec2
from awsbase.records import record
from awsbase.userdata import people_in


@record(kw_only=True)
class Ephemeral(Resource):
    """An instance that may be there or not; while it is, it is told if somebody has an account who should have none."""

    instance: Instance
    command: str

    @property
    def address(self) -> str:
        return self.scope.address("on-demand", self.instance.name)


@record(kw_only=True)
class Terminated(Resource):
    """No instance at an address, and no schedule that would end it."""

    instance: Instance
    schedule: str

    @property
    def address(self) -> str:
        return self.instance.address


def ephemeral_reads(want: Ephemeral | Terminated) -> Iterator[Read]:
    yield instances, want.scope.region
    if isinstance(want, Terminated):
        yield schedule, want.scope.region, want.schedule


def ensure_ephemeral(run: Run, want: Ephemeral) -> None:
    """Say which accounts an instance still has that the manifest no longer names; change nothing."""
    wanted = people_in(want.instance.template.user_data)
    for have in there(run, want.instance):
        held = people_in(decoded(run.read(user_data, want.scope.region, have.id)))
        for login in sorted(held.keys() - wanted.keys()):
            run.manual_action(
                f"{have.id} still has an account for {login}, whom the manifest no longer names",
                f"`{want.command}` replaces it by one without, and `down` ends it",
                probe="the user data of the instance names the same people as the manifest",
            )


def ensure_terminated(run: Run, want: Terminated) -> None:
    """Terminate what was made for one address, with the schedule that would have."""
    alive = there(run, want.instance)
    ending = run.read(schedule, want.scope.region, want.schedule)

    for have in alive:
        what = "instance" if len(alive) == 1 else f"instance {have.id}"
        run.delete(what, run.aws.ec2.terminate_instances, InstanceIds=[have.id])
    if ending:
        run.delete("schedule", run.aws.scheduler.delete_schedule, Name=want.schedule)


def there(run: Run, instance: Instance) -> list[InstanceFacts]:
    """Return the instances at an address that are not gone."""
    found = ec2.ours(run.read(instances, instance.scope.region), instance.address)
    return [each for each in found if each.state not in GONE]


def decoded(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")
