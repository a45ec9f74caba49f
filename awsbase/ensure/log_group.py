"""CloudWatch log groups."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from awsbase.access.attributes import add_tags
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.errors import AwsbaseError
from awsbase.facts import tags, watching
from awsbase.facts.keys import alias_behind
from awsbase.facts.metric_filters import filters
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import LogGroupTypeDef

# A data protection policy, which is no policy of IAM.
Protection: TypeAlias = Mapping[str, Any]
# Log groups of these classes take neither metric filters nor subscriptions, and a class cannot be changed:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
UNFILTERED = ("INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS")
# What logs are written as if nobody says otherwise.
USUAL = "STANDARD"


class UnsuitableClass(AwsbaseError):
    """The log group is of a class that cannot do what it is for, or of another one than the manifest says."""


@record(kw_only=True)
class LogGroup(Resource):
    """A log group that keeps its events for `retention` days, under the key at the address `key` if one is given.

    Tags are added to. A key that somebody else set stays when none is given here, and so do a class, a protection from
    deletion and what is masked. `filtered` tells that metric filters count its events; `named_at` is where the manifest
    gives the name.
    """

    name: str
    retention: int
    key: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    filtered: bool = False
    named_at: str = "the manifest"
    log_class: str = ""
    protect: bool | None = None
    mask: tuple[str, ...] | None = None

    @property
    def address(self) -> str:
        return self.scope.address("log-group", self.name)

    @property
    def arn(self) -> str:
        """The ARN as tags, keys and most of AWS know it."""
        return log_group_arn(self.scope, self.name)

    @property
    def streams(self) -> str:
        """The ARN as CloudTrail wants it: of the group and all that is in it."""
        return f"{self.arn}:*"

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        if self.log_class == "ESSENTIALS":
            yield Cost(None, self.scope.region, what="CloudWatch Logs of the class essentials")
        else:
            rare = self.log_class == "INFREQUENT_ACCESS"
            yield by_use(prices.LOGS_IN_RARE if rare else prices.LOGS_IN, self.scope.region)
        yield by_use(prices.LOGS_KEPT, self.scope.region)
        if self.mask:
            yield by_use(prices.LOGS_MASKED, self.scope.region)

    def needs(self) -> Iterator[str]:
        if self.key:
            yield self.key


def log_group_arn(scope: Scope, name: str) -> str:
    """Return the ARN of a log group."""
    return scope.arn("logs", f"log-group:{name}")


@record
class LogGroupFacts:
    """A log group as it is, or `new`; retention is None when it keeps its events for ever.

    A `guarded` one is protected from deletion. A `masking` one has a data protection policy of its own.
    """

    retention: int | None = None
    key: Any = None
    created: datetime | None = None
    log_class: str = USUAL
    new: bool = False
    guarded: bool = False
    masking: bool = False


def log_group(facts: Facts, region: str, name: str) -> LogGroupFacts | None:
    """Read one log group."""
    pages = facts.aws.at(region).logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    for page in pages:
        for group in page["logGroups"]:
            if group["logGroupName"] == name:
                return log_group_facts(group)
    return None


def log_groups(facts: Facts, region: str) -> Sequence[LogGroupTypeDef]:
    """Read all log groups of a region."""
    pages = facts.aws.at(region).logs.get_paginator("describe_log_groups").paginate()
    return [group for page in pages for group in page["logGroups"]]


def log_group_things(facts: Facts, scope: Scope) -> Things:
    """Yield the log groups of a region; one that keeps its events for ever has a retention of 0 days."""
    region = scope.region
    for group in facts.read(log_groups, region):
        name, have = group["logGroupName"], log_group_facts(group)
        facts.learn(have, log_group, region, name)
        key = alias_behind(facts, region, have.key) if have.key else ""
        found = LogGroup(
            scope=scope,
            name=name,
            retention=have.retention or 0,
            key=scope.address("key", key) if key else None,
            log_class=have.log_class,
            protect=have.guarded,
            mask=masked(facts.read(data_protection, region, name)) if have.masking else (),
        )
        yield Described(found, tags=watching.labels(facts, region, found.arn, log_group_tags))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list log groups."""
    yield tags.TAG_INDEX
    yield allow("kms", "ListAliases")
    yield allow("logs", "DescribeLogGroups")
    yield allow("logs", "GetDataProtectionPolicy", on=(scope.arn("logs", "log-group:*"),))


def log_group_facts(group: LogGroupTypeDef) -> LogGroupFacts:
    """Return the facts of a log group as CloudWatch Logs describes it."""
    since = group.get("creationTime")
    return LogGroupFacts(
        group.get("retentionInDays"),
        group.get("kmsKeyId"),
        None if since is None else datetime.fromtimestamp(since / 1000, UTC),
        group.get("logGroupClass", USUAL),
        guarded=bool(group.get("deletionProtectionEnabled")),
        masking=group.get("dataProtectionStatus") == "ACTIVATED",
    )


def data_protection(facts: Facts, region: str, name: str) -> Protection:
    """Read the data protection policy of one log group; an empty document where there is none."""
    found = facts.aws.at(region).logs.get_data_protection_policy(logGroupIdentifier=name)
    policy: Protection = json.loads(found.get("policyDocument") or "{}")
    return policy


def masked(policy: Protection) -> tuple[str, ...]:
    """Return what a data protection policy masks, as AWS calls it: `EmailAddress`."""
    return tuple(
        sorted(
            str(arn).rpartition("/")[2]
            for statement in policy.get("Statement", ())
            if "Deidentify" in statement.get("Operation", {})
            for arn in statement.get("DataIdentifier", ())
        )
    )


def masking(scope: Scope, data: Iterable[str], have: Protection) -> dict[str, Any]:
    """Make the data protection policy that masks these data; where findings are sent stays as it is.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch-logs-data-protection-policies.html
    """
    audits = [each["Operation"]["Audit"] for each in have.get("Statement", ()) if "Audit" in each.get("Operation", {})]
    arns = [f"arn:{scope.partition}:dataprotection::aws:data-identifier/{each}" for each in sorted(data)]
    audit = audits[0] if audits else {"FindingsDestination": {}}
    return {
        "Name": have.get("Name") or "awsbase",
        "Version": "2021-06-01",
        "Statement": [
            {"Sid": "Audit", "DataIdentifier": arns, "Operation": {"Audit": audit}},
            {"Sid": "Mask", "DataIdentifier": arns, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    }


def readers(facts: Facts, region: str, name: str) -> tuple[str, ...]:
    """Read which subscription filters send on what a log group gets."""
    pages = facts.aws.at(region).logs.get_paginator("describe_subscription_filters").paginate(logGroupName=name)
    return tuple(each["filterName"] for page in pages for each in page["subscriptionFilters"])


def log_group_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one log group from CloudWatch Logs itself."""
    return facts.aws.at(region).logs.list_tags_for_resource(resourceArn=arn)["tags"]


def log_group_reads(want: LogGroup) -> Iterator[Read]:
    """Yield the facts that the recipe of a log group reads, to prefetch them."""
    yield log_group, want.scope.region, want.name
    yield tags.indexed, want.scope.region


def ensure_log_group(run: Run, want: LogGroup) -> str:
    """Keep one log group with its retention and its key; returns its ARN as CloudTrail wants it.

    Raises UnsuitableClass when its events are to be counted and its class cannot do that, or its class is another one.
    """
    logs = run.aws.logs
    region = want.scope.region
    key = run.result(want.key) if want.key else None
    have = run.read(log_group, region, want.name)
    refuse_class(want, have)
    policy = run.read(data_protection, region, want.name) if want.mask is not None and have and have.masking else {}
    ask = (log_group_tags, region, want.arn)
    tagged = tags.current(run, want, region, want.arn, ask) if have else tags.wanted(want)

    if have is None:
        run.create(
            "log group",
            logs.create_log_group,
            logGroupName=want.name,
            kmsKeyId=key,
            logGroupClass=want.log_class or None,
            tags=tags.with_origin(want),
        )
        have = LogGroupFacts(key=key, new=True)
    run.created_at(have.created)

    if drift := compare({"retention": have.retention}, {"retention": want.retention}):
        shortens = not have.new and (have.retention is None or have.retention > want.retention)
        why = "what is older is gone within days, for good" if shortens else ""
        run.update(
            "retention",
            drift,
            logs.put_retention_policy,
            risk=deletion(run.unless_begun(why, have.created, ours=tags.is_ours(tagged, want.scope))),
            logGroupName=want.name,
            retentionInDays=want.retention,
        )

    if want.key and (drift := compare({"key": have.key}, {"key": key})):
        run.update("encryption", drift, logs.associate_kms_key, logGroupName=want.name, kmsKeyId=key)

    if want.protect is not None and want.protect != have.guarded:
        protect(run, want.name, on=want.protect)
    if want.mask is not None:
        keep_masks(run, want, policy)

    add_tags(run, want, tagged, logs.tag_resource, form=dict, under="tags", resourceArn=want.arn)
    return want.streams


def refuse_class(want: LogGroup, have: LogGroupFacts | None) -> None:
    """Raise UnsuitableClass for a log group whose class does not do, which AWS never changes."""
    if have and want.filtered and have.log_class in UNFILTERED:
        raise UnsuitableClass(
            f"the log group {want.name!r} is of the class {called(have.log_class)}, which takes no metric filters: "
            "the alarms would never ring",
            hint=f"name another log group in {want.named_at}; AWS cannot change the class of one",
        )
    if have and want.log_class not in ("", have.log_class):
        raise UnsuitableClass(
            f"the log group {want.name!r} is of the class {called(have.log_class)}, and AWS changes the class of none",
            hint=f"leave class out in {want.named_at}, or name a new log group of the class {called(want.log_class)}",
        )


def called(log_class: str) -> str:
    """Return what the manifest calls a class."""
    return log_class.lower().replace("_", "-")


def protect(run: Run, name: str, *, on: bool) -> None:
    """Switch the deletion protection of a log group on or off."""
    run.update(
        "deletion protection",
        [Drift("deletion protection", not on, on)],
        run.aws.logs.put_log_group_deletion_protection,
        risk=deletion("" if on else "it can be deleted then, with its events"),
        logGroupIdentifier=name,
        deletionProtectionEnabled=on,
    )


def keep_masks(run: Run, want: LogGroup, policy: Protection) -> None:
    """Mask exactly these data in new events: what is no longer masked is seen by everybody who may read them."""
    logs, data, have = run.aws.logs, tuple(sorted(want.mask or ())), masked(policy)
    if data == have:
        return
    shown = ", ".join(sorted(set(have) - set(data)))
    risk = access(f"whoever reads it sees {shown} of new events" if shown else "")
    if data:
        drift, document = [Drift("masked", list(have), list(data))], masking(want.scope, data, policy)
        put = logs.put_data_protection_policy
        run.update("masks", drift, put, risk=risk, logGroupIdentifier=want.name, policyDocument=document)
    else:
        run.delete("masks", logs.delete_data_protection_policy, risk=risk, logGroupIdentifier=want.name)


def remove_log_group(run: Run, want: LogGroup) -> None:
    """Delete a log group that this manifest made, with its events, unless others protect it or read from it."""
    region, name = want.scope.region, want.name
    have = run.read(log_group, region, name)
    if have is None or not tags.made_here(run, want, run.read(log_group_tags, region, want.arn)):
        return
    managed = {each.address for each in run.resources}
    counted = run.read(filters, region, name) if have.log_class not in UNFILTERED else {}
    others = [each for each in counted if want.scope.address("metric-filter", f"{name}/{each}") not in managed]
    if others := sorted([*others, *run.read(readers, region, name)]):
        run.note(f"kept: the filters {', '.join(others)} of somebody else read from it")
        return
    if have.guarded and not want.protect:
        run.note("kept: somebody has switched on its deletion protection")
        return

    if have.guarded:
        protect(run, name, on=False)
    run.delete("log group", run.aws.logs.delete_log_group, risk=deletion("its events are lost"), logGroupName=name)


def log_group_arns(arn: str) -> tuple[str, ...]:
    """Return both ARNs of a log group: for its tags the bare one counts, for most of the rest that with `:*`."""
    return arn, f"{arn}:*"


def read_permissions(want: LogGroup) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow("logs", "DescribeLogGroups")
    yield allow("logs", "ListTagsForResource", on=log_group_arns(want.arn))
    if want.mask is not None:
        yield allow("logs", "GetDataProtectionPolicy", on=log_group_arns(want.arn))


def write_permissions(want: LogGroup) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    arns = log_group_arns(want.arn)
    yield allow("logs", "CreateLogGroup", "PutRetentionPolicy", "TagResource", on=arns)
    if want.key:
        yield allow("logs", "AssociateKmsKey", on=arns)
    if want.protect is not None:
        yield allow("logs", "PutLogGroupDeletionProtection", on=arns)
    if want.mask is not None:
        yield allow("logs", "DeleteDataProtectionPolicy", "PutDataProtectionPolicy", on=arns)


def removal_permissions(want: LogGroup) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    calls = ("DescribeMetricFilters", "DescribeSubscriptionFilters", "DeleteLogGroup")
    yield allow("logs", *calls, on=log_group_arns(want.arn))
    if want.protect:
        yield allow("logs", "PutLogGroupDeletionProtection", on=log_group_arns(want.arn))


KIND = Kind(
    ensure_log_group,
    log_group_reads,
    resource=LogGroup,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Where CloudWatch Logs keeps events, for as long as the manifest says.",
        why="Alarms read the audit trail here. Without a retention logs are kept, and paid, for ever.",
        undo=(TAKE_OUT, "aws logs delete-log-group --log-group-name NAME --region REGION: its events are lost"),
        controls=("CIS 4.1 to 4.15", "FSBP CloudTrail.5"),
        cost=f"{prices.LOGS_IN.rate} and {prices.LOGS_KEPT.rate}; with masks {prices.LOGS_MASKED.rate}",
    ),
    word="log-group",
    found_by="name",
    owns="retention; key, protection and masks, if wanted",
    keeps="tags, class",
    describe=Describe(log_group_things, describe_permissions, everywhere=True),
    absent=Absent(
        remove_log_group,
        exempt="its events are lost with it",
        turn="after all",
        permissions=removal_permissions,
    ),
)
