"""How long log groups keep their events that somebody else makes: those of Lambda, of containers, of consoles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.things import Describe
from awsbase.ensure.log_group import LogGroup, LogGroupFacts, log_group_facts
from awsbase.records import record

# Its events go after a day, and AWS takes no other retention for it.
FLEETING = "DELIVERY"


@record(kw_only=True)
class LogRetention(Resource):
    """The retention of the log groups whose names match a pattern, and that would keep their events for ever.

    One that has a retention keeps it, and one that another resource of the manifest is about is left to that.
    """

    pattern: str
    retention: int

    @property
    def address(self) -> str:
        return self.scope.address("log-retention", self.pattern)

    @property
    def prefix(self) -> str:
        """What all names that match begin with."""
        return self.pattern.partition("*")[0]

    def matches(self, name: str) -> bool:
        """Tell whether a log group is one of these."""
        # Names of log groups hold no brackets and no question marks.
        return fnmatchcase(name, self.pattern)


@record
class Unlimited:
    """A log group that keeps its events for ever, and since when there is one."""

    name: str
    created: datetime | None = None


def unlimited(facts: Facts, region: str, prefix: str) -> Sequence[Unlimited]:
    """List the log groups below a prefix that keep their events for ever, fifty a call."""
    pages = facts.aws.at(region).logs.get_paginator("describe_log_groups")
    listed = pages.paginate(logGroupNamePrefix=prefix) if prefix else pages.paginate()
    found = [(each["logGroupName"], log_group_facts(each)) for page in listed for each in page["logGroups"]]
    return [Unlimited(name, have.created) for name, have in found if for_ever(have)]


def for_ever(have: LogGroupFacts) -> bool:
    """Tell whether a log group keeps its events for ever."""
    return have.retention is None and have.log_class != FLEETING


def log_retention_reads(want: LogRetention) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield unlimited, want.scope.region, want.prefix


def ensure_log_retention(run: Run, want: LogRetention) -> None:
    """Give a retention to each log group that matches and has none."""
    put, oldest = run.aws.logs.put_retention_policy, run.now() - timedelta(days=want.retention)
    named = {each.name for each in run.resources if isinstance(each, LogGroup) and each.scope == want.scope}
    # Of several patterns that match, the longest is meant.
    longer = [
        each
        for each in run.resources
        if isinstance(each, LogRetention)
        and each.scope == want.scope
        and (len(each.pattern), each.pattern) > (len(want.pattern), want.pattern)
    ]

    for have in run.read(unlimited, want.scope.region, want.prefix):
        name = have.name
        if name in named or not want.matches(name) or any(each.matches(name) for each in longer):
            continue
        old = have.created is None or have.created < oldest
        run.update(
            f"retention of {name}",
            [Drift("retention", None, want.retention)],
            put,
            risk=deletion("what is older is gone within days, for good" if old else ""),
            logGroupName=name,
            retentionInDays=want.retention,
        )


def read_permissions(want: LogRetention) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("logs", "DescribeLogGroups")


def write_permissions(want: LogRetention) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    arn = want.scope.arn("logs", f"log-group:{want.pattern}")
    yield allow("logs", "PutRetentionPolicy", on=(arn, f"{arn}:*"))


KIND = Kind(
    ensure_log_retention,
    log_retention_reads,
    resource=LogRetention,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="How long log groups keep events that Lambda and others make by themselves, and never limit.",
        why="Such a group keeps, and is billed for, every event there ever was. A retention that is set stays.",
        undo=(TAKE_OUT, "aws logs delete-retention-policy --log-group-name GROUP --region REGION, for each group"),
    ),
    word="log-retention",
    found_by="pattern of names",
    owns="the retention of groups that have none",
    keeps="a retention that is set",
    describe=Describe(lambda facts, scope: iter(())),  # each log group is listed with its own retention
    absent=Absent(why="a retention stays: without one, logs are kept and paid for ever"),
)
