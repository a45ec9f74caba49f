"""The record of who did what: a CloudTrail trail of all regions, kept where nobody rewrites it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from pydantic import Field

from awsbase.engine.facts import Read
from awsbase.engine.references import FactReference, Reference
from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.log_group import LogGroup, log_group_arn
from awsbase.ensure.role import Role
from awsbase.ensure.trail import Trail
from awsbase.facts.buckets import OURS, bucket_arn
from awsbase.facts.lifecycle import Expiry
from awsbase.facts.trails import deliveries, delivery_prefix, names, recorded_by_organization, streams, trail_arn
from awsbase.manifest.base import Base
from awsbase.manifest.log_buckets import access_log_statements, kept
from awsbase.manifest.merge import KeyUse, Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.section import Section, ValidationProblem
from awsbase.manifest.values import BucketName, Days, KmsAlias, LogGroupName, LogRetention, TrailName
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

CLOUDTRAIL: Document = {"Service": "cloudtrail.amazonaws.com"}
Written: TypeAlias = FactReference | list[str | Reference]


class AccessLogs(Section):
    """Who reaches for the audit bucket, and is refused, is logged to a bucket of its own. Cents."""

    bucket: BucketName = Field(
        default="{name}-access-logs", description="The bucket of the logs; its name must be free in the world."
    )
    retention_days: Days = Field(default=365, description="How long the bucket keeps them.")

    def resources(self, base: Base, audited: Bucket) -> Iterator[Resource]:
        """Yield the bucket of the logs, and the log."""
        from awsbase.ensure.access_log import AccessLog

        scope, name = base.scope, base.expand(self.bucket)
        # Not encrypted with a key of ours: S3 could not write there. Its own access is not logged: that never ends.
        kept_in = Bucket(
            scope=scope,
            name=name,
            statements=access_log_statements(scope, name, audited.name),
            expiries=kept(self.retention_days, f"{audited.name}/"),
            tags=base.tags,
            named_at="audit.access_logs.bucket",
        )
        yield kept_in
        yield AccessLog(
            scope=scope,
            name=audited.name,
            bucket=audited.address,
            to_name=name,
            to=kept_in.address,
            prefix=f"{audited.name}/",
        )


class Audit(Section):
    """A trail of all regions with its own key, validated, in a bucket for the record and a log group for alarms."""

    trail: TrailName = Field(default="{name}-trail", description="The trail; one that exists is adopted.")
    bucket: BucketName = Field(default="{name}-audit", description="The bucket; its name must be free in the world.")
    key: KmsAlias = Field(
        default="alias/{name}-audit", description="The alias of the key that bucket, trail and log group share."
    )
    log_group: LogGroupName = Field(
        default="{name}-audit", description="The log group that alarms watch, and people search."
    )
    retention_days: LogRetention = Field(
        default=365,
        description="How long the log group keeps events, searchable at many times the bucket's price; CIS: a year.",
    )
    bucket_retention_days: Days | None = Field(
        default=None, description="When the bucket drops what is older; left out, never: a year costs cents to keep."
    )
    encrypt_log_group: bool = Field(
        default=True,
        description="Encrypt the log group under the audit key too; off, CloudWatch uses a key of its own.",
    )
    data_events: bool = Field(
        default=False,
        description="Log who reads and writes which object, in all buckets. Not free: $1.00 a million, and the log "
        "group takes $0.50 a GB. Off, data events that somebody chose stay.",
    )
    own_trail: bool = Field(
        default=False,
        description="Make a trail of this account's own although its organization records it; CloudTrail charges "
        "$2.00 per 100,000 events for the second copy. If a trail of the organization has the name, `-own` is added.",
    )
    access_logs: AccessLogs | None = Field(
        default=None,
        description="Log who reaches for the audit bucket, to a bucket of its own; costs cents.",
    )

    def check(self, manifest: object) -> Iterator[ValidationProblem]:
        """Yield a log bucket that would log into itself."""
        if self.access_logs and self.access_logs.bucket == self.bucket:
            yield ValidationProblem(
                ("access_logs", "bucket"), "a bucket that logs into itself never ends", "name another one"
            )

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the key, the bucket, the log group, the role that writes to it, and the trail.

        None of them is made while a trail of the organization records the account, unless `own_trail` insists.
        """
        recorded: Read = (recorded_by_organization, base.scope, base.expand(self.trail))
        for each in self.parts(base, manifest):
            yield each if self.own_trail else replace(each, unless=recorded)

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the trail and where it writes to; nothing is there while a trail of the organization records."""
        scope, bucket, logs = base.scope, base.expand(self.bucket), base.expand(self.log_group)
        there = scope.address("bucket", bucket)
        yield Output("audit_bucket", bucket, data=("aws_s3_bucket", "bucket"), needs=there)
        there = scope.address("log-group", logs)
        yield Output("audit_log_group", logs, data=("aws_cloudwatch_log_group", "name"), needs=there)
        yield Output("trail_arn", Reference(scope.address("trail", base.expand(self.trail))))

    def parts(self, base: Base, manifest: Manifest) -> Iterator[Resource | KeyUse]:
        """Yield all that makes up the audit trail."""
        scope, bucket_name, group_name = base.scope, base.expand(self.bucket), base.expand(self.log_group)
        # Known before there is a trail, so that policies need no second round.
        arns = [trail_arn(scope, name) for name in names(base.expand(self.trail), own=self.own_trail)]
        trail = arns[0] if len(arns) == 1 else arns
        key = self.trail_key(base, trail)
        bucket = self.record(base, manifest, key, trail)
        log_group = LogGroup(
            scope=scope,
            name=group_name,
            retention=self.retention_days,
            key=key.address if self.encrypt_log_group else None,
            tags=base.tags,
            filtered=bool(manifest.alarms and manifest.alarms.security),
            named_at="audit.log_group",
        )
        role = Role(
            scope=scope,
            name=delivery_role(base.name),
            trust={
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": CLOUDTRAIL, "Action": "sts:AssumeRole"}],
            },
            inline={"deliver": delivery(self.streams(base, manifest, log_group_arn(scope, group_name)))},
            purpose="Lets CloudTrail write to its log group",
            tags=base.tags,
        )
        yield from (key, bucket, log_group, role)
        yield Trail(
            scope=scope,
            name=base.expand(self.trail),
            bucket_name=bucket_name,
            bucket=bucket.address,
            key=key.address,
            log_group=log_group.address,
            role=role.address,
            objects=self.data_events,
            own=self.own_trail,
            organization=of_organization(manifest),
            tags=base.tags,
        )
        if self.access_logs:
            yield from self.access_logs.resources(base, bucket)

    def seen(self, base: Base, fact: Callable[..., object], within: str) -> FactReference:
        """Stand for what the trail writes, which is more where it records an organization."""
        return FactReference((fact, base.scope, base.expand(self.trail), self.own_trail, within))

    def streams(self, base: Base, manifest: Manifest, log_group: str) -> Written:
        """Return the log streams that the trail writes."""
        if not of_organization(manifest):
            return self.seen(base, streams, log_group)
        return written(base, f"{log_group}:log-stream:{{}}_CloudTrail_{base.scope.region}*")

    def deliveries(self, base: Base, manifest: Manifest, bucket: str) -> Written:
        """Return what the trail writes in its bucket: below the account and, for an organization, below that, too.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
        """
        if not of_organization(manifest):
            return self.seen(base, deliveries, bucket)
        return written(base, f"{bucket}/AWSLogs/{{}}/*")

    def trail_key(self, base: Base, trail: str | list[str]) -> KeyUse:
        """Return what bucket, trail and log group need of the key that they share."""
        scope = base.scope
        return KeyUse(
            scope=scope,
            alias=base.expand(self.key),
            purpose="The audit trail",
            statements=(
                *key_statements(scope, trail),
                *([log_statement(scope, base.expand(self.log_group))] if self.encrypt_log_group else []),
            ),
            tags=base.tags,
        )

    def record(self, base: Base, manifest: Manifest, key: KeyUse, trail: str | list[str]) -> Bucket:
        """Make the bucket that keeps what the trail delivers."""
        scope, bucket_name = base.scope, base.expand(self.bucket)
        prefix: str | FactReference = FactReference((delivery_prefix, scope, base.expand(self.trail), self.own_trail))
        if of_organization(manifest):
            prefix = "AWSLogs/"
        return Bucket(
            scope=scope,
            name=bucket_name,
            key=key.address,
            # CloudTrail binds each file to the trail by its encryption context; a bucket key would replace that.
            bucket_key=False,
            statements=bucket_statements(
                scope, bucket_name, trail, self.deliveries(base, manifest, bucket_arn(scope, bucket_name))
            ),
            expiries=(
                *([Expiry("logs", prefix, objects=self.bucket_retention_days)] if self.bucket_retention_days else []),
                Expiry("unfinished-uploads", prefix, unfinished_uploads=7),
                # What is overwritten or deleted before its time can be brought back for a year.
                Expiry("old-versions", prefix, old_versions=365, leftover_markers=True),
            ),
            tags=base.tags,
            named_at="audit.bucket",
            # The trail names its key with each file.
            name_the_key=(str(CLOUDTRAIL["Service"]),),
        )


def of_organization(manifest: Manifest) -> bool:
    """Tell whether the trail is to record every account of the organization."""
    return bool(manifest.organization and manifest.organization.trail)


def written(base: Base, within: str) -> Written:
    """Return what the trail of an organization writes: for this account, and for the organization."""
    from awsbase.ensure.organization import ADDRESS

    return [within.format(base.scope.account), Reference(ADDRESS, "id", within)]


def delivery_role(name: str) -> str:
    """Return what the manifest of an account calls the role that writes to its log group."""
    return f"{name}-cloudtrail-logs"


def key_statements(scope: Scope, trail: str | list[str]) -> tuple[Document, ...]:
    """Make what CloudTrail needs of its key, for this trail alone."""
    this_trail = {"aws:SourceArn": trail}
    any_trail = f"arn:{scope.partition}:cloudtrail:*:{scope.account}:trail/*"
    return (
        {
            "Sid": "CloudTrailEncrypts",
            "Effect": "Allow",
            "Principal": CLOUDTRAIL,
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {
                "StringEquals": this_trail,
                "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": any_trail},
            },
        },
        {
            "Sid": "CloudTrailLooks",
            "Effect": "Allow",
            "Principal": CLOUDTRAIL,
            "Action": "kms:DescribeKey",
            "Resource": "*",
            "Condition": {"StringEquals": this_trail},
        },
    )


def log_statement(scope: Scope, *log_groups: str) -> Document:
    """Return the statement that lets CloudWatch Logs use a key, for these log groups of the scope alone."""
    arns = sorted(log_group_arn(scope, name) for name in log_groups)
    # One of the services that carry the suffix of their partition in their name.
    suffix = "amazonaws.com.cn" if scope.partition == "aws-cn" else "amazonaws.com"
    return {
        "Sid": "LogsEncrypt",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{scope.region}.{suffix}"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arns[0] if len(arns) == 1 else arns}},
    }


def bucket_statements(
    scope: Scope, bucket: str, trail: str | list[str], written: str | Written
) -> tuple[Document, ...]:
    """Make what CloudTrail verifies in the policy of its bucket; `written` is what it may write there."""
    arn = bucket_arn(scope, bucket)
    return (
        {
            "Sid": f"{OURS}TrailLooks",
            "Effect": "Allow",
            "Principal": CLOUDTRAIL,
            "Action": "s3:GetBucketAcl",
            "Resource": arn,
            "Condition": {"StringEquals": {"aws:SourceArn": trail}},
        },
        {
            "Sid": f"{OURS}TrailWrites",
            "Effect": "Allow",
            "Principal": CLOUDTRAIL,
            "Action": "s3:PutObject",
            "Resource": written,
            "Condition": {"StringEquals": {"aws:SourceArn": trail, "s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    )


def delivery(written: str | Written) -> Document:
    """Make the document that lets CloudTrail write its own streams of the log group, and nothing else."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Deliver",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": written,
            }
        ],
    }
