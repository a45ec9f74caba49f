"""The end of an instance, kept by AWS: a schedule terminates it, whether or not anybody's laptop is awake."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allow, Allows, Passes, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.role import Role
from awsbase.facts import tags
from awsbase.facts.authorization import ALL_OF_IAM, roles
from awsbase.policies.document import Document, parsed
from awsbase.records import record

SCHEDULER = "scheduler.amazonaws.com"


@record(kw_only=True)
class TerminationSchedule(Resource):
    """The instance at an address is terminated at a time; the schedule is gone once that is done.

    `role` is the name of the role that may do it. A later time puts the end off. Without a
    time, an end that was set before stays, and moves to the instance that replaced the first one.
    """

    name: str
    instance: str
    role: str
    at: datetime | None = None

    @property
    def address(self) -> str:
        return self.scope.address("schedule", self.name)

    def needs(self) -> Iterator[str]:
        yield from (self.instance, f"role/{self.role}")


@record
class ScheduleFacts:
    """A schedule as it is: when, what it calls with which input, and as whom."""

    when: str
    calls: str
    input: Mapping[str, Any]
    role: str
    created: datetime | None = None

    @property
    def at(self) -> datetime | None:
        """The time of a schedule that comes due once."""
        once = self.when.startswith("at(")
        return datetime.fromisoformat(self.when.removeprefix("at(")[:-1]).replace(tzinfo=UTC) if once else None


def schedule(facts: Facts, region: str, name: str) -> ScheduleFacts | None:
    """Read one schedule of the default group."""
    from botocore.exceptions import ClientError

    try:
        found = facts.aws.at(region).scheduler.get_schedule(Name=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    target = found["Target"]
    return ScheduleFacts(
        found["ScheduleExpression"],
        target["Arn"],
        parsed(target.get("Input") or {}),
        target["RoleArn"],
        found.get("CreationDate"),
    )


def listed(facts: Facts, region: str) -> Mapping[tuple[str, str], str]:
    """Return what each schedule of a region calls, by group and name."""
    pages = facts.aws.at(region).scheduler.get_paginator("list_schedules").paginate()
    return {
        (each.get("GroupName", "default"), each.get("Name", "")): each.get("Target", {}).get("Arn", "")
        for page in pages
        for each in page["Schedules"]
    }


def schedule_things(facts: Facts, scope: Scope) -> Things:
    """Yield the schedules; what those call with which input is read only where they terminate instances."""
    for (group, name), calls in facts.read(listed, scope.region).items():
        ours = group == "default" and calls == terminating(scope)
        have = facts.read(schedule, scope.region, name) if ours else None
        if have is None:
            address = scope.address("schedule", name if group == "default" else f"{group}/{name}")
            yield NotExpressible(address, (f"calls {calls}: a manifest has no schedule but its bastion's end",))
            continue
        instance, role = scope.address("instance", name), have.role.rpartition("/")[2]
        yield Described(TerminationSchedule(scope=scope, name=name, instance=instance, role=role, at=have.at))


def description_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list schedules, and to read those that end instances."""
    yield allow("scheduler", "ListSchedules")
    yield allow_on_schedule(scope, "*", "GetSchedule")


def schedule_reads(want: TerminationSchedule) -> Iterator[Read]:
    """Yield the facts that the recipe of a schedule reads, to prefetch them."""
    yield schedule, want.scope.region, want.name


def ensure_schedule(run: Run, want: TerminationSchedule) -> None:
    """Let AWS terminate one instance at its time, or at the one that was set before."""
    client = run.aws.scheduler
    instance, role = run.result(want.instance)["id"], run.result(f"role/{want.role}")
    have = run.read(schedule, want.scope.region, want.name)
    run.created_at(have.created if have else None)
    at = want.at or (ahead(have, run.now()) if have else None)
    if at is None:
        return
    run.note(f"ends {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, by AWS itself")

    when = f"at({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})"
    target = terminating(want.scope)
    arguments: dict[str, Any] = {
        "Name": want.name,
        "Description": f"terminates {want.instance}",
        "ScheduleExpression": when,
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {"Arn": target, "RoleArn": role, "Input": input_for(instance)},
    }
    if have is None:
        run.create("schedule", client.create_schedule, **arguments)
    elif drift := compare(held(have), {"when": when, "calls": target, "instance": instance, "role": role}):
        risk = deletion(of_others(want.scope, want.name, want.role, have))
        run.update("schedule", drift, client.update_schedule, risk=risk, **arguments)


def remove_schedule(run: Run, want: TerminationSchedule) -> None:
    """Delete the schedule of one instance, if it is ours."""
    take_schedule(run, want.scope, want.name, want.role)


def take_schedule(run: Run, scope: Scope, name: str, role: str) -> None:
    """Delete a schedule that acts as a role which this manifest made; it takes no tags, so the role's tell."""
    have = run.read(schedule, scope.region, name)
    if have is None:
        return
    acts_as = run.read(roles).get(role.casefold())
    if why := of_others(scope, name, role, have):
        run.note(f"kept: {why}")
    elif acts_as is None or not tags.is_ours(acts_as.tags, scope):
        run.note(f"kept: nothing says that this manifest made the schedule {name}, which acts as role/{role}")
    else:
        run.delete("schedule", run.aws.scheduler.delete_schedule, Name=name)


def removal_permissions(want: TerminationSchedule) -> Allows:
    """Yield the IAM permissions to delete the schedule, beyond those of a plan."""
    yield from schedule_removal_permissions(want.scope, want.name)


def schedule_removal_permissions(scope: Scope, name: str) -> Allows:
    """Yield the IAM permissions to find out whose a schedule is, and to delete it."""
    yield ALL_OF_IAM
    yield allow_on_schedule(scope, name, "DeleteSchedule", "GetSchedule")


def terminating(scope: Scope) -> str:
    """Return the ARN of what the schedule calls."""
    return f"arn:{scope.partition}:scheduler:::aws-sdk:ec2:terminateInstances"


def of_others(scope: Scope, name: str, role: str, have: ScheduleFacts) -> str:
    """Say what a schedule does that is not ours. It takes no tags, but ours acts as a role that can do nothing else."""
    if (have.calls, have.role) == (terminating(scope), scope.global_arn("iam", f"role/{role}")):
        return ""
    return f"the schedule {name} calls {have.calls} as {have.role}, which this manifest did not make"


def ahead(have: ScheduleFacts, now: datetime) -> datetime | None:
    """Return the time of a schedule that has not come due: AWS takes a while to delete one that has."""
    return have.at if have.at and have.at > now else None


def held(have: ScheduleFacts) -> dict[str, Any]:
    """Return a schedule as it is compared."""
    ids = have.input.get("InstanceIds") or [None]
    return {"when": have.when, "calls": have.calls, "instance": ids[0], "role": have.role}


def input_for(instance: Any) -> Any:
    """Return what the call is given; an instance that is only planned stays unknown."""
    return json.dumps({"InstanceIds": [instance]}) if isinstance(instance, str) else instance


def ending_role(scope: Scope, name: str, instance: str, labels: Mapping[str, str]) -> Role:
    """Return the role as which a schedule acts: it may terminate what was made for one address, and nothing else."""
    machines = f"arn:{scope.partition}:ec2:{scope.region}:{scope.account}:instance/*"
    only = {"StringEquals": {f"ec2:ResourceTag/{tags.ADDRESS}": instance}}
    may: Document = {"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": machines, "Condition": only}
    # Of this account's schedules alone: nobody else's scheduler talks it into anything.
    here = {"StringEquals": {"aws:SourceAccount": scope.account}}
    trust = {"Effect": "Allow", "Principal": {"Service": SCHEDULER}, "Action": "sts:AssumeRole", "Condition": here}
    return Role(
        scope=scope,
        name=name,
        trust={"Version": "2012-10-17", "Statement": [trust]},
        inline={"terminate": {"Version": "2012-10-17", "Statement": [may]}},
        purpose=f"Terminates {instance} when its time is over",
        tags=labels,
    )


def allow_on_schedule(scope: Scope, name: str, *actions: str) -> Allow:
    """Allow actions on one schedule of the default group."""
    return allow("scheduler", *actions, on=(scope.arn("scheduler", f"schedule/default/{name}"),))


def read_permissions(want: TerminationSchedule) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow_on_schedule(want.scope, want.name, "GetSchedule")


def write_permissions(want: TerminationSchedule) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow_on_schedule(want.scope, want.name, "CreateSchedule", "UpdateSchedule")


def passed_roles(want: TerminationSchedule) -> Passes:
    """Yield the roles that are handed to a service of AWS."""
    yield f"role/{want.role}", SCHEDULER


KIND = Kind(
    ensure_schedule,
    schedule_reads,
    resource=TerminationSchedule,
    permissions=Permissions(read=read_permissions, write=write_permissions, passes=passed_roles),
    about=About(
        what="A schedule of EventBridge that terminates the instance when its time is over, and then deletes itself.",
        why="The bastion ends though the laptop that started it is asleep; what is forgotten neither costs nor waits.",
        undo=(
            "`awsbase bastion up` puts it off, and `awsbase bastion down` ends both now",
            "aws scheduler delete-schedule --name NAME --region REGION: the instance runs, and costs, until ended",
        ),
    ),
    word="schedule",
    found_by="name",
    owns="when, what and as whom",
    describe=Describe(schedule_things, permissions=description_permissions, everywhere=True),
    absent=Absent(remove_schedule, permissions=removal_permissions),
)
