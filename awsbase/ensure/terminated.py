"""Instances that are ended, with the schedule that would have ended them."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.facts import Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, made_for
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.things import Describe
from awsbase.ensure.instance import Instance, alive, of_others
from awsbase.ensure.schedule import allow_on_schedule, schedule
from awsbase.ensure.schedule import of_others as schedule_of_others
from awsbase.facts import ec2
from awsbase.facts.instances import instances
from awsbase.records import record


@record(kw_only=True)
class Terminated(Resource):
    """No instance at an address, and no schedule that would end it; `role` is the one as which ours acts."""

    instance: Instance
    schedule: str
    role: str

    @property
    def address(self) -> str:
        return self.instance.address


def terminated_reads(want: Terminated) -> Iterator[Read]:
    """Yield the facts that the recipe of a terminated reads, to prefetch them."""
    yield instances, want.scope.region
    yield schedule, want.scope.region, want.schedule


def ensure_terminated(run: Run, want: Terminated) -> None:
    """Terminate what was made for one address, with the schedule that would have."""
    left = alive(run, want.instance)
    ending = run.read(schedule, want.scope.region, want.schedule)

    for have in left:
        what = "instance" if len(left) == 1 else f"instance {have.id}"
        risk = deletion(of_others(want.instance, [have]))
        run.delete(what, run.aws.ec2.terminate_instances, risk=risk, InstanceIds=[have.id])
    if ending:
        risk = deletion(schedule_of_others(want.scope, want.schedule, want.role, ending))
        run.delete("schedule", run.aws.scheduler.delete_schedule, risk=risk, Name=want.schedule)


def read_permissions(want: Terminated) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeInstances")
    yield allow_on_schedule(want.scope, want.schedule, "GetSchedule")


def write_permissions(want: Terminated) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ec2", "TerminateInstances", on=ec2.arns(want.scope, "instance"), when=made_for(want.address))
    yield allow_on_schedule(want.scope, want.schedule, "DeleteSchedule")


KIND = Kind(
    ensure_terminated,
    terminated_reads,
    resource=Terminated,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="An instance that `awsbase bastion down` ends, with the schedule that would have ended it.",
        why="A machine that is not there cannot be attacked, and costs nothing.",
        undo=("`awsbase bastion up MANIFEST` starts another one",),
    ),
    word="instance",
    found_by="tag, when `awsbase bastion down` ends it",
    owns="that it is gone, with its schedule",
    describe=Describe(lambda facts, scope: iter(())),  # what is gone is in no list
    absent=Absent(why="it makes nothing: it is what takes an instance away"),
)
