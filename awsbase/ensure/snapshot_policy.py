"""Snapshots of EBS volumes, made and thinned out by the Data Lifecycle Manager."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine import quotas
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Passes, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.facts import tags
from awsbase.facts.snapshot_schedules import FOREIGN, Measure, Schedule, meaning, measure, understood
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

SHOWN = 5  # snapshots that a note names


@record(kw_only=True)
class SnapshotPolicy(Resource):
    """A lifecycle policy for the volumes that carry any of the tags in `volumes`, with exactly these schedules.

    A lifecycle policy has no name: it is known by its tag `awsbase:address`, and those of others are left alone.
    Tags are added to.
    """

    name: str
    role: str
    volumes: Mapping[str, str]
    schedules: tuple[Schedule, ...]
    description: str
    tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.scope.address("snapshot-policy", self.name)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.SNAPSHOTS, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield from self.made_here


@record
class SnapshotPolicyFacts:
    """A lifecycle policy as it is; the schedules in one line each, by their names."""

    id: Any
    arn: str = ""
    description: str = ""
    state: str = "ENABLED"
    role: str = ""
    volumes: Mapping[str, str] = field(default_factory=dict)
    schedules: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None


@record
class Summary:
    """What the list of policies tells of one."""

    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def summaries(facts: Facts, region: str) -> Mapping[str, Summary]:
    """Read the list of the policies of a region, by id; DLM lists without pages."""
    policies = facts.aws.at(region).dlm.get_lifecycle_policies()["Policies"]
    return {one["PolicyId"]: Summary(one.get("Description", ""), one.get("Tags", {})) for one in policies}


def listed(facts: Facts, region: str) -> Mapping[str, str | None]:
    """Return by id for which address each policy of a region was made, if for any."""
    return {id: one.tags.get(tags.ADDRESS) for id, one in facts.read(summaries, region).items()}


def snapshot_policies(facts: Facts, region: str) -> Mapping[str, str]:
    """Return by address the ids of the policies of a region that were made for one."""
    found = facts.read(listed, region)
    return {address: id for id, address in sorted(found.items(), reverse=True) if address}


def snapshot_policy(facts: Facts, region: str, address: str) -> SnapshotPolicyFacts | None:
    """Return the policy that was made for an address."""
    id = facts.read(snapshot_policies, region).get(address)
    if id is None:
        return None
    found = facts.aws.at(region).dlm.get_lifecycle_policy(PolicyId=id)["Policy"]
    details = found.get("PolicyDetails", {})
    return SnapshotPolicyFacts(
        id=id,
        arn=found["PolicyArn"],
        description=found.get("Description", ""),
        # ERROR is what AWS makes of an enabled one whose last run failed: enabling it again mends nothing by itself.
        state="ENABLED" if found["State"] == "ERROR" else found["State"],
        role=found["ExecutionRoleArn"],
        volumes={tag["Key"]: tag["Value"] for tag in details.get("TargetTags", [])},
        schedules={one.get("Name", ""): meaning(one) for one in details.get("Schedules", [])},
        measures={one.get("Name", ""): measure(one) for one in details.get("Schedules", [])},
        tags=found.get("Tags", {}),
        created=found.get("DateCreated"),
    )


def snapshot_policy_things(facts: Facts, scope: Scope) -> Things:
    """Yield the lifecycle policies; of those that awsbase did not make nothing but description and tags."""
    found = facts.read(snapshot_policies, scope.region)
    for id, summary in facts.read(summaries, scope.region).items():
        address = summary.tags.get(tags.ADDRESS, "")
        name = address.removeprefix("snapshot-policy/").partition("@")[0]
        bare = SnapshotPolicy(
            scope=scope, name=name or id, role="", volumes={}, schedules=(), description=summary.description
        )
        if not address:
            yield Described(replace(bare, name=id), summary.tags)
        elif found.get(address) != id or bare.address != address:
            yield NotExpressible(scope.address("snapshot-policy", id), (f"a second one at {address}",))
        elif have := facts.read(snapshot_policy, scope.region, address):
            yield described(bare, have, summary.tags)


def described(bare: SnapshotPolicy, have: SnapshotPolicyFacts, tagged: Mapping[str, str]) -> Described | NotExpressible:
    """Return a policy that awsbase made, as it is."""
    schedules = {name: understood(name, said) for name, said in have.schedules.items()}
    if foreign := [f"schedule {name}: {have.schedules[name]}" for name, each in schedules.items() if each is None]:
        return NotExpressible(bare.address, tuple(foreign))
    known = tuple(each for each in schedules.values() if each)
    return Described(replace(bare, role=have.role, volumes=have.volumes, schedules=known), tagged)


def description_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list lifecycle policies, and to read those that awsbase made."""
    yield allow("dlm", "GetLifecyclePolicies")
    yield allow("dlm", "GetLifecyclePolicy", on=(scope.arn("dlm", "policy/*"),))


def snapshot_policy_reads(want: SnapshotPolicy) -> Iterator[Read]:
    """Yield the facts that the recipe of a snapshot policy reads, to prefetch them."""
    yield snapshot_policy, want.scope.region, want.address


def ensure_snapshot_policy(run: Run, want: SnapshotPolicy) -> Any:
    """Keep one lifecycle policy, enabled, with these volumes and schedules; returns its id."""
    dlm = run.aws.at(want.scope.region).dlm
    have = run.read(snapshot_policy, want.scope.region, want.address)
    wanted = {schedule.name: schedule.said for schedule in want.schedules}

    if have is None:
        leave_room(run, want)
        # The tag goes with the call: a policy whose creation was not heard of is found by it.
        made = run.create(
            "snapshot policy",
            dlm.create_lifecycle_policy,
            ExecutionRoleArn=want.role,
            Description=want.description,
            State="ENABLED",
            PolicyDetails=details(want),
            Tags=tags.with_origin(want),
        )
        have = SnapshotPolicyFacts(
            made["PolicyId"], "", want.description, "ENABLED", want.role, want.volumes, wanted, tags=tags.wanted(want)
        )
    run.created_at(have.created)

    is_now = {"role": have.role, "description": have.description, "state": have.state, "volumes": dict(have.volumes)}
    shall_be = {"role": want.role, "description": want.description, "state": "ENABLED", "volumes": dict(want.volumes)}
    drift = compare(is_now, shall_be) + schedule_drift(have.schedules, wanted)
    if drift:
        # An update replaces the details whole.
        run.update(
            "snapshot policy",
            drift,
            dlm.update_lifecycle_policy,
            risk=deletion(fewer(have, want)),
            PolicyId=have.id,
            ExecutionRoleArn=want.role,
            Description=want.description,
            State="ENABLED",
            PolicyDetails=details(want),
        )

    add_tags(run, want, have.tags, dlm.tag_resource, form=dict, ResourceArn=have.arn)
    return have.id


def leave_room(run: Run, want: SnapshotPolicy) -> None:
    """Make sure that the region takes all the policies that the manifest wants; raises QuotaExceeded."""
    region, addresses = want.scope.region, quotas.others(run, want, lambda each: each.address)
    held = [address or id for id, address in run.read(listed, region).items()]
    remedy = "delete {excess} that nobody needs: aws dlm delete-lifecycle-policy"
    quotas.room_beside(run, quotas.SNAPSHOT_POLICIES, region, held=held, wanted=addresses, remedy=remedy)


def fewer(have: SnapshotPolicyFacts, want: SnapshotPolicy) -> str:
    """Say of what there will be fewer snapshots, or for a shorter time; what was switched off has made none."""
    if have.state != "ENABLED":
        return ""
    wanted = {schedule.name: schedule.measure for schedule in want.schedules}
    said = [f"no more of volumes with {key}={tag}" for key, tag in have.volumes.items() if want.volumes.get(key) != tag]
    meant = {schedule.name: schedule.said for schedule in want.schedules}
    for name, held in have.schedules.items():
        if (now := wanted.get(name)) is None:
            said.append(f"no more of the schedule {name}")
            continue
        was = have.measures.get(name, Measure())
        if held != meant[name] and not (was.weekly and was.days):
            said.append(f"{name} is {held}, which does not compare with {meant[name]}")
        said += [f"{name} makes them more seldom"] if now.weekly < was.weekly else []
        said += [f"{name} keeps them for a shorter time"] if now.days < was.days else []
        said += [
            f"{name} has no {more} any more" for more in FOREIGN if held.endswith(f", {more}") or f", {more}," in held
        ]
    return f"snapshots: {', '.join(said)}" if said else ""


def schedule_drift(have: Mapping[str, str], want: Mapping[str, str]) -> list[Drift]:
    """List the schedules that are missing, other or too many."""
    names = [*want, *(name for name in have if name not in want)]
    return [
        Drift(f"schedule {name}", have.get(name), want.get(name)) for name in names if have.get(name) != want.get(name)
    ]


def details(want: SnapshotPolicy) -> dict[str, object]:
    """Return the details of a policy as DLM takes them."""
    return {
        "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
        "ResourceTypes": ["VOLUME"],
        "TargetTags": tags.pairs(want.volumes),
        "Schedules": [
            {
                "Name": each.name,
                "CopyTags": each.copy_tags,
                "CreateRule": {"CronExpression": each.cron}
                if each.cron
                else {"Interval": each.hours, "IntervalUnit": "HOURS", "Times": [each.at]},
                "RetainRule": {"Interval": each.keep_days, "IntervalUnit": "DAYS"},
            }
            for each in want.schedules
        ],
    }


def snapshots(facts: Facts, region: str, id: str) -> tuple[str, ...]:
    """Read the ids of the snapshots that a policy has made, the oldest first."""
    made = [{"Name": "tag:aws:dlm:lifecycle-policy-id", "Values": [id]}]
    paginator = facts.aws.at(region).ec2.get_paginator("describe_snapshots")
    listed = [each for page in paginator.paginate(OwnerIds=["self"], Filters=made) for each in page["Snapshots"]]
    return tuple(each["SnapshotId"] for each in sorted(listed, key=lambda each: each["StartTime"]))


def remove_snapshot_policy(run: Run, want: SnapshotPolicy) -> None:
    """Delete the lifecycle policy that this manifest made; its snapshots stay, and a note names them."""
    region = want.scope.region
    have = run.read(snapshot_policy, region, want.address)
    if have is None or not tags.made_here(run, want, have.tags):
        return
    if kept := run.read(snapshots, region, have.id):
        shown = ", ".join(kept[:SHOWN]) + (f" and {len(kept) - SHOWN} more" if len(kept) > SHOWN else "")
        run.note(f"its snapshots stay, cost, and are deleted by nobody any more: {shown}")
    run.delete("snapshot policy", run.aws.at(region).dlm.delete_lifecycle_policy, PolicyId=have.id)


def removal_permissions(want: SnapshotPolicy) -> Allows:
    """Yield the IAM permissions to delete the policy, beyond those of a plan."""
    yield from read_permissions(want)
    yield allow("ec2", "DescribeSnapshots")
    yield allow("dlm", "DeleteLifecyclePolicy", on=lifecycle_policies(want))


def lifecycle_policies(want: SnapshotPolicy) -> tuple[str, ...]:
    """Return the ARNs of the lifecycle policy, for permissions."""
    return (want.scope.arn("dlm", "policy/*"),)


def read_permissions(want: SnapshotPolicy) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("dlm", "GetLifecyclePolicies")
    yield allow("dlm", "GetLifecyclePolicy", on=lifecycle_policies(want))


def write_permissions(want: SnapshotPolicy) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("dlm", "CreateLifecyclePolicy")
    yield allow("dlm", "TagResource", "UpdateLifecyclePolicy", on=lifecycle_policies(want))


def passed_roles(want: SnapshotPolicy) -> Passes:
    """Yield the roles that are handed to a service of AWS."""
    yield want.role, "dlm.amazonaws.com"


KIND = Kind(
    ensure_snapshot_policy,
    snapshot_policy_reads,
    resource=SnapshotPolicy,
    permissions=Permissions(read=read_permissions, write=write_permissions, passes=passed_roles),
    about=About(
        what="Makes snapshots of the volumes that carry a tag, by schedule, and deletes those that are old enough.",
        why="A backup that somebody has to think of is missing when it is needed.",
        undo=(
            TAKE_OUT,
            "aws dlm get-lifecycle-policies --region REGION tells its id, by the tag awsbase:address",
            "aws dlm delete-lifecycle-policy --policy-id ID --region REGION: its snapshots stay, and cost, for ever",
        ),
        cost=f"{prices.SNAPSHOTS.rate}",
    ),
    word="snapshot-policy",
    found_by="its tag",
    owns="volumes, schedules, role, that it is on",
    keeps="tags",
    quotas=(quotas.SNAPSHOT_POLICIES,),
    describe=Describe(snapshot_policy_things, permissions=description_permissions, everywhere=True),
    absent=Absent(remove_snapshot_policy, permissions=removal_permissions),
)
