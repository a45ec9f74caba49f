"""CloudTrail trails: who did what in the account, in all regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine import quotas
from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Passes, Permissions, allow, linked_role
from awsbase.engine.refusals import is_refusal
from awsbase.engine.resource import Resource
from awsbase.engine.risk import visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, Things
from awsbase.ensure.regions import regions
from awsbase.errors import AwsbaseError
from awsbase.facts import tags, watching
from awsbase.facts.event_selectors import (
    Logged,
    all_objects,
    management_events,
    sizes,
    with_management,
    with_objects,
)
from awsbase.facts.keys import alias_behind
from awsbase.facts.trails import TrailFacts, names, own_name, trail, trail_arn, trails
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record


class TrailElsewhere(AwsbaseError):
    """A trail of the wanted name exists, but it is at home in another region."""


@record(kw_only=True)
class Trail(Resource):
    """A trail of all regions that logs every management event, validated, to a bucket and to a log group.

    Bucket, key, log group and role are given by their addresses. With `objects` it logs who reads and writes which
    object of any bucket, too. Other data events and insights that somebody chose stay as they are, and so does a
    topic; tags are added to. With `own` it gets another name where a trail of an organization has this one. With
    `organization` it records every account of the organization that this account manages.
    """

    name: str
    bucket_name: str
    bucket: str
    key: str
    log_group: str
    role: str
    objects: bool = False
    own: bool = False
    organization: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("trail", self.name)

    @property
    def arn(self) -> str:
        return trail_arn(self.scope, self.name)

    @property
    def arns(self) -> tuple[str, ...]:
        """The ARN that it has, or gets where its name is taken."""
        return tuple(trail_arn(self.scope, name) for name in names(self.name, own=self.own))

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        if self.objects:
            yield by_use(prices.TRAIL_OBJECTS, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield from (self.bucket, self.key, self.log_group, self.role)
        if self.organization:
            from awsbase.ensure.organization import ADDRESS as ORGANIZATION
            from awsbase.ensure.trusted_service import service_address

            yield from (ORGANIZATION, service_address("cloudtrail"))


def logged(facts: Facts, scope: Scope, name: str) -> Logged:
    """Read whether a trail that is at home here logs, and what; a trail that is not there logs nothing."""
    have, region, arn = facts.read(trail, scope, name), scope.region, trail_arn(scope, name)
    if have is None or have.home != region:
        return Logged()
    if not have.selects:
        return Logged(facts.read(is_logging, region, arn))
    logging, selectors = facts.read_all((is_logging, region, arn), (selectors_of, region, arn))
    advanced = selectors.get("AdvancedEventSelectors", ())
    # A trail has the one sort or the other: with neither it would seem to log nothing, and lose what somebody chose.
    return Logged(logging, () if advanced else selectors["EventSelectors"], advanced)


def is_logging(facts: Facts, region: str, arn: str) -> bool:
    """Tell whether a trail records."""
    return facts.aws.at(region).cloudtrail.get_trail_status(Name=arn)["IsLogging"]


def selectors_of(facts: Facts, region: str, arn: str) -> Any:
    """Return the event selectors of a trail."""
    return facts.aws.at(region).cloudtrail.get_event_selectors(TrailName=arn)


def trail_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one trail from CloudTrail itself."""
    pages = facts.aws.at(region).cloudtrail.get_paginator("list_tags").paginate(ResourceIdList=[arn])
    return {
        tag["Key"]: tag.get("Value", "")
        for page in pages
        for listed in page["ResourceTagList"]
        for tag in listed["TagsList"]
    }


def trail_things(facts: Facts, scope: Scope) -> Things:
    """Yield the trails whose home is here; at home those, too, whose home is a region that is not on."""
    for name, have in facts.read(trails, scope.region):
        elsewhere = have.home != scope.region
        if elsewhere and (scope.region != scope.home or have.home in facts.read(regions_on)):
            continue
        there = scope.at(have.home)
        if not have.belongs_to(scope):
            owner, arn = have.arn.split(":")[4], have.arn
            who = f"AWS Organizations' management account {owner}"
            yield LeftAlone(there.address("trail", name), who, f"by its ARN {arn}")
            continue
        logs = Logged() if elsewhere else facts.read(logged, scope, name)
        arn = trail_arn(there, name)
        labels = {} if elsewhere else watching.labels(facts, scope.region, arn, trail_tags)
        yield Described(as_resource(facts, there, name, have, objects=all_objects(logs, scope)), tags=labels)


def regions_on(facts: Facts) -> tuple[str, ...]:
    """Return the regions that are on, in which a survey looks; none where they cannot be listed."""
    from botocore.exceptions import ClientError

    try:
        return facts.read(regions).on
    except ClientError as error:
        if not is_refusal(error):
            raise
        return ()


def as_resource(facts: Facts, scope: Scope, name: str, have: TrailFacts, *, objects: bool) -> Trail:
    """Return a trail as it is; what it does not have is empty."""
    key, group, role, bucket = (
        str(have.settings.get(each) or "")
        for each in ("KmsKeyId", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "S3BucketName")
    )
    alias = alias_behind(facts, scope.region, key) if f":kms:{scope.region}:" in key else ""
    return Trail(
        scope=scope,
        name=name,
        bucket_name=bucket,
        bucket=scope.address("bucket", bucket),
        key=scope.address("key", alias) if alias else "",
        log_group=scope.address("log-group", group.removesuffix(":*").rpartition(":")[2]) if group else "",
        role=f"role/{role.rpartition('/')[2]}" if role else "",
        objects=objects,
    )


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list trails, and to read what they record."""
    yield tags.TAG_INDEX
    yield allow("ec2", "DescribeRegions")
    yield allow("cloudtrail", "DescribeTrails")
    yield allow("kms", "ListAliases")
    trails_of_account = (f"arn:{scope.partition}:cloudtrail:*:{scope.account}:trail/*",)
    yield allow("cloudtrail", "GetEventSelectors", "GetTrailStatus", on=trails_of_account)


def trail_reads(want: Trail) -> Iterator[Read]:
    """Yield the facts that the recipe of a trail reads, to prefetch them."""
    yield logged, want.scope, want.name
    yield tags.indexed, want.scope.region


def ensure_trail(run: Run, want: Trail) -> str:
    """Keep one trail logging all management events of all regions, encrypted and validated; returns its ARN."""
    cloudtrail, region = run.aws.cloudtrail, want.scope.region
    name = run.read(own_name, want.scope, want.name, want.own)
    arn = trail_arn(want.scope, name)
    wanted = {
        "S3BucketName": want.bucket_name,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "EnableLogFileValidation": True,
        "CloudWatchLogsLogGroupArn": run.result(want.log_group),
        "CloudWatchLogsRoleArn": run.result(want.role),
        "KmsKeyId": run.result(want.key),
        # One that somebody made the organization's stays so.
        **({"IsOrganizationTrail": True} if want.organization else {}),
    }
    have = at_home(run.read(trail, want.scope, name), want)
    logs = run.read(logged, want.scope, name)
    if have is None:
        leave_room(run, want, name)
    tagged = tags.current(run, want, region, arn, (trail_tags, region, arn)) if have else tags.wanted(want)

    if have is None:
        listed = tags.pairs(tags.with_origin(want))
        run.create("trail", cloudtrail.create_trail, Name=name, **wanted, TagsList=listed)
        have = TrailFacts(region, {**wanted, "S3KeyPrefix": ""})

    if drift := compare(have.settings, {**wanted, "S3KeyPrefix": ""}):
        changed = {each.field: each.want for each in drift}
        # Log group and role are only taken together.
        pair = {name: wanted[name] for name in ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")}
        risk = visibility(moves(have, changed))
        run.update("settings", drift, cloudtrail.update_trail, risk=risk, Name=arn, **{**pair, **changed})

    if drift := compare({"logging": logs.logging}, {"logging": True}):
        run.update("logging", drift, cloudtrail.start_logging, Name=arn)

    add_tags(run, want, tagged, cloudtrail.add_tags, under="TagsList", ResourceId=arn)

    # Last: a trail that has no room for another selector logs nevertheless.
    select(run, want, logs, arn)
    return arn


def moves(have: TrailFacts, changed: Mapping[str, object]) -> str:
    """Say what becomes of the record: where it went to, nothing new comes, and other keys read it."""
    places = {
        "S3BucketName": "bucket",
        "S3KeyPrefix": "bucket",
        "KmsKeyId": "key",
        "CloudWatchLogsLogGroupArn": "log group",
    }
    moved = list(dict.fromkeys(place for name, place in places.items() if name in changed))
    if have.organization:
        whose = "the record of every account of the organization"
        return f"{whose} gets another {', another '.join(moved)}" if moved else ""
    left = [
        name for name in ("S3BucketName", "CloudWatchLogsLogGroupArn") if name in changed and have.settings.get(name)
    ]
    return f"its {' and '.join(places[name] for name in left)} of before gets no new events" if left else ""


def select(run: Run, want: Trail, logs: Logged, arn: str) -> None:
    """Choose management events, and data events of S3 if wanted, beside all that is chosen."""
    put = run.aws.cloudtrail.put_event_selectors
    lacks_objects = want.objects and not all_objects(logs, want.scope)
    drift = compare({"management events": management_events(logs)}, {"management events": "all"})
    if not drift and not lacks_objects:
        return
    chosen = with_management(logs)
    if lacks_objects:
        chosen = with_objects(chosen, want.scope)
    remedy = "take out {excess} that nobody needs: aws cloudtrail put-event-selectors"
    for quota, before, after in zip(
        (quotas.SELECTORS, quotas.DATA_RESOURCES, quotas.CONDITIONS), sizes(now(logs)), sizes(chosen), strict=True
    ):
        quotas.first_out(run, quota, f"trail {arn}", held=before, coming=after - before, remedy=remedy)
    if drift:
        run.update("event selectors", drift, put, TrailName=arn, **chosen)
    else:
        run.create("data events of S3 objects", put, TrailName=arn, **chosen)


def now(logs: Logged) -> dict[str, Any]:
    """Return the selectors that a trail has, as PutEventSelectors takes them."""
    return {"EventSelectors": [*logs.basic], "AdvancedEventSelectors": [*logs.advanced]}


def at_home(have: TrailFacts | None, want: Trail) -> TrailFacts | None:
    """Return the trail if its home is where the manifest wants it; a trail cannot move.

    Raises TrailElsewhere when the trail's home region is another one.
    """
    if have and have.home != want.scope.region:
        raise TrailElsewhere(
            f"the trail {want.name!r} is at home in {have.home}, the manifest wants it in {want.scope.region}",
            hint=f"name another one in audit.trail, or delete that one: "
            f"aws cloudtrail delete-trail --region {have.home} --name {want.name}",
        )
    return have


def remove_trail(run: Run, want: Trail) -> None:
    """Delete a trail that this manifest made; what it recorded stays in its bucket and its log group."""
    region = want.scope.region
    name = run.read(own_name, want.scope, want.name, want.own)
    have, arn = run.read(trail, want.scope, name), trail_arn(want.scope, name)
    if have is None:
        return
    if have.organization:
        run.note("kept: it records every account of the organization")
    elif have.home != region:
        run.note(f"kept: it is at home in {have.home}, where this manifest makes none")
    elif tags.made_here(run, want, run.read(trail_tags, region, arn)):
        risk = visibility("what happens from now on is no longer recorded by it")
        run.delete("trail", run.aws.cloudtrail.delete_trail, risk=risk, Name=arn)


def leave_room(run: Run, want: Trail, name: str) -> None:
    """Make sure that AWS takes a further trail; those of other regions and of the organization count too."""
    there = [each.arn or its_name for its_name, each in run.read(trails, want.scope.region)]
    remedy = f"delete one that nobody needs, or name one of them in audit.trail to go on with it: {', '.join(there)}"
    quotas.first_out(run, quotas.TRAILS, want.scope.region, held=len(there), coming=1, remedy=remedy)


def read_permissions(want: Trail) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("cloudtrail", "DescribeTrails")
    if not want.own:
        # Whether a trail of the organization records is told by its management account, to whom it likes.
        yield allow("cloudtrail", "GetTrailStatus", on=(f"arn:{want.scope.partition}:cloudtrail:*:*:trail/*",))
    yield allow("organizations", "DescribeOrganization")
    yield allow("cloudtrail", "GetEventSelectors", "GetTrailStatus", "ListTags", on=want.arns)


def write_permissions(want: Trail) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow(
        "cloudtrail",
        *("AddTags", "CreateTrail", "PutEventSelectors", "StartLogging", "UpdateTrail"),
        on=want.arns,
    )
    if want.organization:
        # CloudTrail makes its role in this account, and then in each member.
        yield linked_role(want.scope, "cloudtrail.amazonaws.com")


def passed_roles(want: Trail) -> Passes:
    """Yield the roles that are handed to a service of AWS."""
    yield want.role, "cloudtrail.amazonaws.com"


def removal_permissions(want: Trail) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("cloudtrail", "DeleteTrail", on=want.arns)


KIND = Kind(
    ensure_trail,
    trail_reads,
    resource=Trail,
    permissions=Permissions(read=read_permissions, write=write_permissions, passes=passed_roles),
    about=About(
        what="The record of who did what, in all regions, validated, in a bucket and in CloudWatch Logs.",
        why="Without it nobody can tell afterwards what happened, or that anything did.",
        undo=(
            "think twice: what is not recorded cannot be found out later, and awsbase:protect-audit refuses it",
            TAKE_OUT,
            "aws cloudtrail delete-trail --name NAME --region REGION: what it recorded stays in the bucket",
        ),
        controls=("CIS 3.1", "CIS 3.2", "CIS 3.5", "CIS 3.8", "CIS 3.9", "FSBP CloudTrail.1, .2, .4, .5"),
        cost=(
            f"the first trail is free; its log group and bucket cost by use; objects {prices.TRAIL_OBJECTS} "
            f"{prices.TRAIL_OBJECTS.unit}"
        ),
    ),
    word="trail",
    found_by="name and home region",
    owns="settings, management events, logging",
    keeps="insights, topic, tags; data events",
    quotas=(quotas.TRAILS, quotas.SELECTORS, quotas.DATA_RESOURCES, quotas.CONDITIONS),
    describe=Describe(trail_things, describe_permissions, everywhere=True),
    absent=Absent(remove_trail, turn="last", permissions=removal_permissions),
)
