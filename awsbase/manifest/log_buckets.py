"""Buckets that services of AWS write logs into: how long those stay, and what the service needs."""

from __future__ import annotations

from awsbase.engine.scope import Scope
from awsbase.facts.buckets import OURS, bucket_arn
from awsbase.facts.lifecycle import Expiry
from awsbase.policies import Document


def kept(days: int, prefix: str) -> tuple[Expiry, ...]:
    """Make the lifecycle of a bucket of logs, of those alone: a bucket of others may hold more."""
    return (
        Expiry("logs", prefix, objects=days),
        Expiry("unfinished-uploads", prefix, unfinished_uploads=7),
        Expiry("old-versions", prefix, old_versions=90, leftover_markers=True),
    )


def access_log_statements(scope: Scope, bucket: str, of: str) -> tuple[Document, ...]:
    """Make what S3 needs to log into a bucket who reaches for another one."""
    return (
        {
            "Sid": f"{OURS}AccessLogWrites",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn(scope, bucket)}/*",
            "Condition": {
                "ArnLike": {"aws:SourceArn": bucket_arn(scope, of)},
                "StringEquals": {"aws:SourceAccount": scope.account},
            },
        },
    )
