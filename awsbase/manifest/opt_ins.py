"""What protection costs money, or cuts somebody off: each is off until the manifest names it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.admin_ports import AdminPorts
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.regions import Only
from awsbase.ensure.security_hubs import CIS_3, FSBP, SecurityHubs
from awsbase.facts.buckets import OURS, bucket_arn
from awsbase.manifest.base import Base
from awsbase.manifest.log_buckets import kept
from awsbase.manifest.section import Section, Several
from awsbase.manifest.values import BucketName, Days
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.ensure.flow_logs import Traffic

STANDARDS = {
    "cis-1.4": "cis-aws-foundations-benchmark/v/1.4.0",
    "cis-3": CIS_3,
    "cis-5": "cis-aws-foundations-benchmark/v/5.0.0",
    "fsbp": FSBP,
}
ProtectionPlan = Literal["s3", "eks", "malware", "rds", "lambda", "runtime", "ai", "ai-analyst"]
Standard = Literal["cis-1.4", "cis-3", "cis-5", "fsbp"]


class Config(Section):
    """AWS Config records what each resource looks like and when it changed, in every region. $0.003 a change."""

    bucket: BucketName = Field(
        default="{name}-config", description="The bucket of the record; its name must be free in the world."
    )
    retention_days: Days = Field(default=2557, description="How long the bucket keeps the record: seven years.")

    def resources(self, base: Base, only: Only) -> Iterator[Resource]:
        """Yield the bucket, the role of the service, and the recorders."""
        from awsbase.ensure.config_recorders import ROLE, ConfigRecorders
        from awsbase.ensure.service_linked_role import ServiceLinkedRole

        scope, name = base.scope, base.expand(self.bucket)
        bucket = Bucket(
            scope=scope,
            name=name,
            statements=config_statements(scope, name),
            expiries=kept(self.retention_days, f"AWSLogs/{scope.account}/Config/"),
            tags=base.tags,
            named_at="protect.config.bucket",
        )
        role = ServiceLinkedRole(scope=scope, service="config", name=ROLE)
        yield from (bucket, role)
        yield ConfigRecorders(
            scope=scope, bucket_name=name, bucket=bucket.address, role=role.address, only=only, tags=base.tags
        )


class GuardDuty(Section):
    """GuardDuty tells what looks like an attack, in every region. $4 a million events, after 30 free days."""

    plans: Several[ProtectionPlan] | None = Field(
        default=None,
        description="What it watches besides the foundations, and AWS charges for: exactly these. Default: nothing "
        "more in a new detector, and what is on in one that exists. Switching one off is risky.",
    )

    def resources(self, base: Base, only: Only) -> Iterator[Resource]:
        """Yield the detectors."""
        from awsbase.ensure.detectors import Detectors

        plans = None if self.plans is None else tuple(sorted(set(self.plans)))
        yield Detectors(scope=base.scope, only=only, plans=plans, tags=base.tags)


class SecurityHub(Section):
    """Security Hub checks the account against standards, in every region. $0.0010 a check, after 30 free days."""

    standards: Several[Standard] = Field(
        default=("cis-3", "fsbp"),
        description="What to check: benchmarks of CIS, and AWS's own best practices (fsbp). Others that somebody "
        "switched on stay.",
    )

    def resources(self, base: Base, only: Only, recorders: str | None) -> Iterator[Resource]:
        """Yield the hubs, which judge what is recorded."""
        standards = tuple(sorted(STANDARDS[name] for name in self.standards))
        yield SecurityHubs(scope=base.scope, standards=standards, recorders=recorders, only=only, tags=base.tags)


class VpcFlowLogs(Section):
    """Flow logs of VPCs, to a bucket. $0.25 a GB: half of what CloudWatch Logs takes."""

    bucket: BucketName = Field(
        default="{name}-flow-logs", description="The bucket of the logs; its name must be free in the world."
    )
    retention_days: Days = Field(default=365, description="How long the bucket keeps them.")
    traffic: Literal["all", "rejected"] = Field(
        default="all",
        description="All connections, or those that were refused: far less to pay for, and no theft shows in it.",
    )

    def resources(self, base: Base, only: Only, but: tuple[str, ...] = ()) -> Iterator[Resource]:
        """Yield the bucket and the logs of all VPCs, but of those that are made for some addresses."""
        from awsbase.ensure.flow_logs import FlowLogs

        bucket = self.kept_in(base, "protect.flow_logs.bucket")
        yield bucket
        yield FlowLogs(
            scope=base.scope,
            bucket=bucket.address,
            bucket_arn=bucket.arn,
            traffic=self.logged,
            only=only,
            but=but,
            tags=base.tags,
        )

    def kept_in(self, base: Base, named_at: str) -> Bucket:
        """Return the bucket, which a key of the manifest names."""
        scope, name = base.scope, base.expand(self.bucket)
        return Bucket(
            scope=scope,
            name=name,
            statements=delivery_statements(scope, name),
            expiries=kept(self.retention_days, f"AWSLogs/{scope.account}/vpcflowlogs/"),
            tags=base.tags,
            named_at=named_at,
        )

    @property
    def logged(self) -> Traffic:
        """The traffic that is logged, in the word of EC2."""
        return "ALL" if self.traffic == "all" else "REJECT"


class ClosedPorts(Section):
    """SSH and RDP are closed to the world: rules that open just them are removed. Free, and it cuts people off."""

    def resources(self, base: Base, only: Only, but_default: bool) -> Iterator[Resource]:
        """Yield the ports of all regions."""
        yield AdminPorts(scope=base.scope, only=only, but_default=but_default)


def config_statements(scope: Scope, bucket: str) -> tuple[Document, ...]:
    """Make what Config verifies in the policy of its bucket, for this account alone."""
    arn, service = bucket_arn(scope, bucket), {"Service": "config.amazonaws.com"}
    ours = {"aws:SourceAccount": scope.account}
    return (
        {
            "Sid": f"{OURS}ConfigLooks",
            "Effect": "Allow",
            "Principal": service,
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
            "Resource": arn,
            "Condition": {"StringEquals": ours},
        },
        {
            "Sid": f"{OURS}ConfigWrites",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": f"{arn}/AWSLogs/{scope.account}/Config/*",
            "Condition": {"StringEquals": {**ours, "s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    )


def delivery_statements(scope: Scope, bucket: str) -> tuple[Document, ...]:
    """Make what log delivery needs of its bucket, for the logs of this account in whichever region."""
    arn, service = bucket_arn(scope, bucket), {"Service": "delivery.logs.amazonaws.com"}
    equals = {"aws:SourceAccount": scope.account}
    ours = {"ArnLike": {"aws:SourceArn": f"arn:{scope.partition}:logs:*:{scope.account}:*"}}
    return (
        {
            "Sid": f"{OURS}DeliveryLooks",
            "Effect": "Allow",
            "Principal": service,
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
            "Resource": arn,
            "Condition": {"StringEquals": equals, **ours},
        },
        {
            "Sid": f"{OURS}DeliveryWrites",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": f"{arn}/AWSLogs/{scope.account}/*",
            "Condition": {"StringEquals": {**equals, "s3:x-amz-acl": "bucket-owner-full-control"}, **ours},
        },
    )
