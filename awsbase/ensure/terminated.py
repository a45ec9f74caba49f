"""Instances that are ended, with the schedule that would have ended them."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.facts import Read
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure.instance import Instance, alive, instances
from awsbase.ensure.schedule import schedule
from awsbase.records import record


@record(kw_only=True)
class Terminated(Resource):
    """No instance at an address, and no schedule that would end it."""

    instance: Instance
    schedule: str

    @property
    def address(self) -> str:
        return self.instance.address


def terminated_reads(want: Terminated) -> Iterator[Read]:
    yield instances, want.scope.region
    yield schedule, want.scope.region, want.schedule


def ensure_terminated(run: Run, want: Terminated) -> None:
    """Terminate what was made for one address, with the schedule that would have."""
    left = alive(run, want.instance)
    ending = run.read(schedule, want.scope.region, want.schedule)

    for have in left:
        what = "instance" if len(left) == 1 else f"instance {have.id}"
        run.delete(what, run.aws.ec2.terminate_instances, InstanceIds=[have.id])
    if ending:
        run.delete("schedule", run.aws.scheduler.delete_schedule, Name=want.schedule)
