"""CloudTrail trails: who did what in the account, in all regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Kind
from awsbase.engine.permissions import Allows, Passes, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.records import record

TRAILS_PER_REGION = 5
OBJECTS = "AWS::S3::Object"
Selector = Mapping[str, Any]


class TrailElsewhere(AwsbaseError):
    """A trail of the wanted name exists, but it is at home in another region."""


class TooManyTrails(AwsbaseError):
    """AWS allows no further trail in this region."""


@record(kw_only=True)
class Trail(Resource):
    """A trail of all regions that logs every management event, validated, to a bucket and to a log group.

    Bucket, key, log group and role are given by their addresses. With `objects` it logs who reads and writes which
    object of any bucket, too. Other data events and insights that somebody chose stay as they are, and so does a
    topic; tags are added to.
    """

    name: str
    bucket_name: str
    bucket: str
    key: str
    log_group: str
    role: str
    objects: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("trail", self.name)

    @property
    def arn(self) -> str:
        return trail_arn(self.scope, self.name)

    @property
    def price(self) -> str | None:
        return (
            "$1.00 per million reads and writes of objects, and $0.50 per GB in the log group" if self.objects else None
        )

    def needs(self) -> Iterator[str]:
        yield from (self.bucket, self.key, self.log_group, self.role)


def trail_arn(scope: Scope, name: str) -> str:
    """Return the ARN that a trail has or will have: policies name it before it exists."""
    return scope.arn("cloudtrail", f"trail/{name}")


@record
class TrailFacts:
    """A trail as it is: the settings by the names of UpdateTrail, and whether it was ever told what to log."""

    home: str
    settings: Mapping[str, object] = field(default_factory=dict)
    selects: bool = False


@record
class Logged:
    """Whether a trail logs at all, and what it selects."""

    logging: bool = False
    basic: Sequence[Selector] = ()
    advanced: Sequence[Selector] = ()


def trails(facts: Facts, region: str) -> Sequence[tuple[str, TrailFacts]]:
    """Read all trails that a region sees, those of other regions included."""
    answer = facts.aws.at(region).cloudtrail.describe_trails(includeShadowTrails=True)
    return [(trail["Name"], settings_of(trail)) for trail in answer["trailList"]]


def settings_of(trail: Mapping[str, Any]) -> TrailFacts:
    """Return the facts of a trail."""
    return TrailFacts(
        trail.get("HomeRegion", ""),
        {
            "S3BucketName": trail.get("S3BucketName"),
            "S3KeyPrefix": trail.get("S3KeyPrefix", ""),
            "IncludeGlobalServiceEvents": trail.get("IncludeGlobalServiceEvents", False),
            "IsMultiRegionTrail": trail.get("IsMultiRegionTrail", False),
            "EnableLogFileValidation": trail.get("LogFileValidationEnabled", False),
            "CloudWatchLogsLogGroupArn": trail.get("CloudWatchLogsLogGroupArn"),
            "CloudWatchLogsRoleArn": trail.get("CloudWatchLogsRoleArn"),
            "KmsKeyId": trail.get("KmsKeyId"),
        },
        trail.get("HasCustomEventSelectors", True),
    )


def trail(facts: Facts, region: str, name: str) -> TrailFacts | None:
    """Return the trail of a name, rather the one at home here."""
    named = [trail for its_name, trail in facts.read(trails, region) if its_name == name]
    return min(named, key=lambda trail: trail.home != region, default=None)


def logged(facts: Facts, region: str, name: str) -> Logged:
    """Read whether a trail that is at home here logs, and what; a trail that is not there logs nothing."""
    have = facts.read(trail, region, name)
    if have is None or have.home != region:
        return Logged()
    if not have.selects:
        return Logged(facts.read(is_logging, region, name))
    logging, selectors = facts.read_all((is_logging, region, name), (selectors_of, region, name))
    advanced = selectors.get("AdvancedEventSelectors", ())
    # A trail has the one sort or the other: with neither it would seem to log nothing, and lose what somebody chose.
    return Logged(logging, () if advanced else selectors["EventSelectors"], advanced)


def is_logging(facts: Facts, region: str, name: str) -> bool:
    """Tell whether a trail records."""
    return facts.aws.at(region).cloudtrail.get_trail_status(Name=name)["IsLogging"]


def selectors_of(facts: Facts, region: str, name: str) -> Any:
    """Return the event selectors of a trail."""
    return facts.aws.at(region).cloudtrail.get_event_selectors(TrailName=name)


def trail_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one trail from CloudTrail itself."""
    pages = facts.aws.at(region).cloudtrail.get_paginator("list_tags").paginate(ResourceIdList=[arn])
    return {
        tag["Key"]: tag.get("Value", "")
        for page in pages
        for listed in page["ResourceTagList"]
        for tag in listed["TagsList"]
    }


def trail_reads(want: Trail) -> Iterator[Read]:
    """Yield the facts that the recipe of a trail reads, to prefetch them."""
    yield logged, want.scope.region, want.name
    yield tags.indexed, want.scope.region


def ensure_trail(run: Run, want: Trail) -> str:
    """Keep one trail logging all management events of all regions, encrypted and validated; returns its ARN."""
    cloudtrail = run.aws.cloudtrail
    region = want.scope.region
    wanted = {
        "S3BucketName": want.bucket_name,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "EnableLogFileValidation": True,
        "CloudWatchLogsLogGroupArn": run.result(want.log_group),
        "CloudWatchLogsRoleArn": run.result(want.role),
        "KmsKeyId": run.result(want.key),
    }
    have = at_home(run.read(trail, region, want.name), want)
    logs = run.read(logged, region, want.name)
    if have is None:
        leave_room(run, want)
    ask = (trail_tags, region, want.arn)
    tagged = tags.current(run, want, region, want.arn, ask) if have else tags.wanted(want)

    if have is None:
        listed = tags.pairs(tags.wanted(want))
        run.create("trail", cloudtrail.create_trail, Name=want.name, **wanted, TagsList=listed)
        have = TrailFacts(region, {**wanted, "S3KeyPrefix": ""})

    if drift := compare(have.settings, {**wanted, "S3KeyPrefix": ""}):
        changed = {each.field: each.want for each in drift}
        # Log group and role are only taken together.
        pair = {name: wanted[name] for name in ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")}
        run.update("settings", drift, cloudtrail.update_trail, Name=want.arn, **{**pair, **changed})

    lacks_objects = want.objects and not all_objects(logs, want.scope)
    if drift := compare({"management events": management_events(logs)}, {"management events": "all"}):
        chosen = with_objects(with_management(logs), want.scope) if lacks_objects else with_management(logs)
        run.update("event selectors", drift, cloudtrail.put_event_selectors, TrailName=want.arn, **chosen)
    elif lacks_objects:
        chosen = with_objects(with_management(logs), want.scope)
        run.create("data events of S3 objects", cloudtrail.put_event_selectors, TrailName=want.arn, **chosen)

    if drift := compare({"logging": logs.logging}, {"logging": True}):
        run.update("logging", drift, cloudtrail.start_logging, Name=want.arn)

    if untagged := tags.missing(tagged, tags.wanted(want)):
        listed = tags.pairs(untagged)
        run.update("tags", compare(tagged, untagged), cloudtrail.add_tags, ResourceId=want.arn, TagsList=listed)
    return want.arn


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


def leave_room(run: Run, want: Trail) -> None:
    """Raise TooManyTrails while AWS allows no further trail; the trails of other regions that log here count too."""
    names = [name for name, _ in run.read(trails, want.scope.region)]
    if len(names) >= TRAILS_PER_REGION:
        raise TooManyTrails(
            f"{want.scope.region} has {len(names)} trails ({', '.join(names)}), and AWS allows {TRAILS_PER_REGION}",
            hint="delete one that nobody needs, or name it in audit.trail to go on with it",
        )


def management_events(logs: Logged) -> str:
    """Say which management events a trail logs: all, read-only, write-only, some or none."""
    if not logs.basic and not logs.advanced:
        return "all"  # what a trail does that was never told
    kinds = {kind for kinds in (*map(basic_kinds, logs.basic), *map(advanced_kinds, logs.advanced)) for kind in kinds}
    if {"read-only", "write-only"} <= kinds:
        return "all"
    return next(iter(sorted(kinds)), "none")


def basic_kinds(selector: Selector) -> set[str]:
    """Return the management events that a basic selector records: read-only, write-only, or some."""
    if not selector.get("IncludeManagementEvents", True):
        return set()
    if selector.get("ExcludeManagementEventSources"):
        return {"some"}
    kinds = {"ReadOnly": {"read-only"}, "WriteOnly": {"write-only"}}
    return kinds.get(selector.get("ReadWriteType", "All"), {"read-only", "write-only"})


def advanced_kinds(selector: Selector) -> set[str]:
    """Return the management events that an advanced selector records: read-only, write-only, or some."""
    fields = {each["Field"]: each for each in selector.get("FieldSelectors", ())}
    if fields.get("eventCategory", {}).get("Equals") != ["Management"]:
        return set()
    if fields.keys() - {"eventCategory", "readOnly"}:
        return {"some"}
    match fields.get("readOnly", {}).get("Equals"):
        case ["true"]:
            return {"read-only"}
        case ["false"]:
            return {"write-only"}
    return {"read-only", "write-only"}


def with_management(logs: Logged) -> dict[str, Any]:
    """Return the selectors that log all management events beside the data events that are logged now."""
    if logs.advanced:
        others = [selector for selector in logs.advanced if not advanced_kinds(selector)]
        everything = {
            "Name": "Management events",
            "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
        }
        return {"AdvancedEventSelectors": [everything, *others]}
    data = [{**selector, "IncludeManagementEvents": False} for selector in logs.basic if selector.get("DataResources")]
    return {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}, *data]}


def every_object(scope: Scope) -> str:
    """Return what CloudTrail takes for the objects of all buckets: an ARN that breaks off after the service."""
    return f"arn:{scope.partition}:s3"


def all_objects(logs: Logged, scope: Scope) -> bool:
    """Tell whether a trail logs reads and writes of every object in every bucket."""
    kinds = {kind for each in logs.basic for kind in basic_objects(each, scope)}
    kinds |= {kind for each in logs.advanced for kind in advanced_objects(each)}
    return {"read-only", "write-only"} <= kinds


def basic_objects(selector: Selector, scope: Scope) -> set[str]:
    """Return the data events of S3 that a basic selector records: read-only, write-only, or some."""
    whole = {every_object(scope), f"{every_object(scope)}:::"}
    if not any(each["Type"] == OBJECTS and whole & set(each["Values"]) for each in selector.get("DataResources", ())):
        return set()
    kinds = {"ReadOnly": {"read-only"}, "WriteOnly": {"write-only"}}
    return kinds.get(selector.get("ReadWriteType", "All"), {"read-only", "write-only"})


def advanced_objects(selector: Selector) -> set[str]:
    """Return the data events of S3 that an advanced selector records: read-only, write-only, or some."""
    fields = {each["Field"]: each for each in selector.get("FieldSelectors", ())}
    if fields.get("eventCategory", {}).get("Equals") != ["Data"]:
        return set()
    if OBJECTS not in fields.get("resources.type", {}).get("Equals", ()):
        return set()
    if fields.keys() - {"eventCategory", "resources.type", "readOnly"}:
        return set()
    kinds = {"true": {"read-only"}, "false": {"write-only"}}
    asked = fields.get("readOnly", {}).get("Equals", ["both"])
    return kinds.get(asked[0], {"read-only", "write-only"})


def with_objects(selectors: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Add the objects of all buckets to selectors, of the sort that they are: a trail has one sort only."""
    if advanced := selectors.get("AdvancedEventSelectors"):
        fields = {"eventCategory": ["Data"], "resources.type": [OBJECTS]}
        objects = {
            "Name": "S3 objects",
            "FieldSelectors": [{"Field": field, "Equals": values} for field, values in fields.items()],
        }
        return {"AdvancedEventSelectors": [*advanced, objects]}
    everything, *others = selectors["EventSelectors"]
    resources = [{"Type": OBJECTS, "Values": [every_object(scope)]}]
    return {"EventSelectors": [{**everything, "DataResources": resources}, *others]}


def read_permissions(want: Trail) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("cloudtrail", "DescribeTrails")
    yield allow("cloudtrail", "GetEventSelectors", "GetTrailStatus", "ListTags", on=(want.arn,))


def write_permissions(want: Trail) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow(
        "cloudtrail",
        *("AddTags", "CreateTrail", "PutEventSelectors", "StartLogging", "UpdateTrail"),
        on=(want.arn,),
    )


def passed_roles(want: Trail) -> Passes:
    """Yield the roles that are handed to a service of AWS."""
    yield want.role, "cloudtrail.amazonaws.com"


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
        cost="the first trail is free; $0.50 per GB in CloudWatch Logs, $0.023 per GB a month in S3; objects cost more",
    ),
    word="trail",
    found_by="name and home region",
    owns="settings, management events, logging",
    keeps="insights, topic, tags; data events",
)
