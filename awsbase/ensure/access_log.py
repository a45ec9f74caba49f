"""Server access logs of a bucket: who asked for what in it, also those that were refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things, refused
from awsbase.facts import tags
from awsbase.facts.buckets import bucket_arn, bucket_tags, found, kept_for_a_service, places, policy_of
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record


@record(kw_only=True)
class AccessLog(Resource):
    """The access log of the bucket `name`, kept in another one; both are given with their addresses."""

    name: str
    bucket: str
    to_name: str
    to: str
    prefix: str

    @property
    def address(self) -> str:
        return self.scope.address("access-log", self.name)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.S3_STORAGE, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield from (self.bucket, self.to)


def access_log(facts: Facts, scope: Scope, name: str) -> Mapping[str, Any]:
    """Read where the access log of a bucket goes; empty when there is none."""
    taken = facts.read(found, scope, name)
    if taken is None or not taken.ours:
        return {}
    answer = facts.aws.at(scope.region).s3.get_bucket_logging(Bucket=name, ExpectedBucketOwner=scope.account)
    enabled: Mapping[str, Any] = answer.get("LoggingEnabled", {})
    return enabled


def access_log_reads(want: AccessLog) -> Iterator[Read]:
    """Yield the facts that the recipe of an access log reads, to prefetch them."""
    yield access_log, want.scope, want.name


def ensure_access_log(run: Run, want: AccessLog) -> None:
    """Log who reaches for a bucket into the other one; the order of names in there stays as somebody chose it."""
    have = run.read(access_log, want.scope, want.name)
    put, owner = run.aws.s3.put_bucket_logging, want.scope.account
    wanted = {"TargetBucket": want.to_name, "TargetPrefix": want.prefix}
    status = {"LoggingEnabled": {**have, **wanted}}

    if not have:
        run.create("access log", put, Bucket=want.name, BucketLoggingStatus=status, ExpectedBucketOwner=owner)
    elif drift := compare(have, wanted):
        run.update("target", drift, put, Bucket=want.name, BucketLoggingStatus=status, ExpectedBucketOwner=owner)


def remove_access_log(run: Run, want: AccessLog) -> None:
    """Stop the log of a bucket that this manifest made, if it still goes where this manifest sends it."""
    have = run.read(access_log, want.scope, want.name)
    if not have or not tags.made_here(run, want, run.read(bucket_tags, want.scope, want.name)):
        return
    if drift := compare(have, {"TargetBucket": want.to_name, "TargetPrefix": want.prefix}):
        run.note(f"kept: somebody sends it elsewhere: {drift[0].have}")
        return

    put, owner = run.aws.s3.put_bucket_logging, want.scope.account
    run.delete("access log", put, Bucket=want.name, BucketLoggingStatus={}, ExpectedBucketOwner=owner)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the access log of each bucket that a service of AWS writes to; a bucket that is not told of has none."""
    from botocore.exceptions import ClientError

    for name, place in places(facts, scope).items():
        try:
            policy = facts.read(policy_of, place, name)
        except ClientError:
            continue
        if not kept_for_a_service(policy):
            continue
        try:
            have = facts.read(access_log, place, name)
        except ClientError as error:
            yield refused(place.address("access-log", name), error)
            continue
        if have:
            to = have["TargetBucket"]
            bucket, target = place.address("bucket", name), place.address("bucket", to)
            prefix = have.get("TargetPrefix", "")
            yield Described(AccessLog(scope=place, name=name, bucket=bucket, to_name=to, to=target, prefix=prefix))


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that it takes to list access logs."""
    every = (bucket_arn(scope, "*"),)
    yield allow("s3", "ListAllMyBuckets")
    yield allow("s3", "ListBucket", "GetBucketLogging", "GetBucketPolicy", on=every)


def read_permissions(want: AccessLog) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("s3", "ListBucket", "GetBucketLogging", on=(bucket_arn(want.scope, want.name),))


def write_permissions(want: AccessLog) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("s3", "PutBucketLogging", on=(bucket_arn(want.scope, want.name),))


def removal_permissions(want: AccessLog) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("s3", "GetBucketTagging", "PutBucketLogging", on=(bucket_arn(want.scope, want.name),))


KIND = Kind(
    ensure_access_log,
    access_log_reads,
    resource=AccessLog,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="The log of who read or changed what in a bucket, kept in another bucket.",
        why="Whoever looks through the audit trail leaves a trace there.",
        undo=(TAKE_OUT, "aws s3api put-bucket-logging --bucket NAME --bucket-logging-status {}"),
        controls=("CIS 3.4", "FSBP S3.9"),
        cost=f"{prices.S3_STORAGE.rate}: cents, for the bucket of an audit trail",
    ),
    word="access-log",
    found_by="its bucket",
    owns="where it goes",
    keeps="the order of its names",
    absent=Absent(
        remove_access_log,
        exempt="it tells who reads the audit trail, whose bucket stays",
        turn="last",
        permissions=removal_permissions,
    ),
    describe=Describe(things, describe_permissions),
)
