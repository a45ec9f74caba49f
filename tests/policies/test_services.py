"""Policies of topics, keys and buckets allow the required services of this account, and no other account's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from awsbase.facts.buckets import bucket_arn
from awsbase.facts.trails import trail_arn
from awsbase.manifest.audit import bucket_statements, key_statements, log_statement
from awsbase.manifest.notify import topic_key_statements, topic_policy
from tests.ensure.planned import HOME
from tests.policies.evaluate import AccessRequest, allowed

OTHER = "999999999999"
TOPIC = HOME.arn("sns", "acme-security")
KEY = HOME.arn("kms", "key/1234")
TRAIL = trail_arn(HOME, "acme-trail")
BUCKET = bucket_arn(HOME, "acme-audit")
WRITE = {"s3:x-amz-acl": "bucket-owner-full-control"}


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


DOCUMENTS = {
    "topic": topic_policy(HOME, "acme-security"),
    "topic key": document(*topic_key_statements(HOME, "acme-security")),
    "audit key": document(*key_statements(HOME, TRAIL), log_statement(HOME, "acme-audit")),
    "audit bucket": document(*bucket_statements(HOME, "acme-audit", TRAIL, f"{BUCKET}/AWSLogs/{HOME.account}/*")),
}


def allows(policy: str, service: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Tell whether the statements about this service allow a call; those of other services cannot."""
    about = [statement for statement in DOCUMENTS[policy]["Statement"] if service in str(statement["Principal"])]
    return allowed([document(*about)], AccessRequest(action, resource, context))


def source(arn: str) -> dict[str, str]:
    """Return the context keys that AWS sends when a service acts for a resource."""
    return {"aws:SourceArn": arn, "aws:SourceAccount": arn.split(":")[4]}


ALARM = HOME.arn("cloudwatch", "alarm:acme-root-use")
BUDGET = HOME.global_arn("budgets", "budget/acme-monthly")
MONITOR = HOME.global_arn("ce", "anomalysubscription/1")
TOPIC_CONTEXT = {"kms:EncryptionContext:aws:sns:topicArn": TOPIC}
TRAIL_CONTEXT = {"kms:EncryptionContext:aws:cloudtrail:arn": TRAIL}
LOG_CONTEXT = {"kms:EncryptionContext:aws:logs:arn": HOME.arn("logs", "log-group:acme-audit")}


@pytest.mark.parametrize(
    ("policy", "service", "action", "resource", "context"),
    [
        ("topic", "cloudwatch", "sns:Publish", TOPIC, source(ALARM)),
        ("topic", "budgets", "sns:Publish", TOPIC, source(BUDGET)),
        ("topic", "costalerts", "sns:Publish", TOPIC, source(MONITOR)),
        ("topic", "cloudtrail", "sns:Publish", TOPIC, source(TRAIL)),
        ("topic key", "cloudwatch", "kms:GenerateDataKey", KEY, source(ALARM) | TOPIC_CONTEXT),
        ("topic key", "cloudwatch", "kms:Decrypt", KEY, source(ALARM) | TOPIC_CONTEXT),
        ("topic key", "budgets", "kms:Decrypt", KEY, source(BUDGET) | TOPIC_CONTEXT),
        ("topic key", "costalerts", "kms:GenerateDataKey", KEY, source(MONITOR) | TOPIC_CONTEXT),
        ("audit key", "cloudtrail", "kms:GenerateDataKey", KEY, source(TRAIL) | TRAIL_CONTEXT),
        ("audit key", "cloudtrail", "kms:DescribeKey", KEY, source(TRAIL)),
        ("audit bucket", "cloudtrail", "s3:GetBucketAcl", BUCKET, source(TRAIL)),
        ("audit bucket", "cloudtrail", "s3:PutObject", f"{BUCKET}/AWSLogs/123456789012/x", source(TRAIL) | WRITE),
    ],
)
def test_service_is_allowed_for_this_account_only(
    policy: str, service: str, action: str, resource: str, context: dict[str, str]
) -> None:
    principal = f"{service}.amazonaws.com"
    assert allows(policy, principal, action, resource, context)

    others = foreign(context)
    assert not allows(policy, principal, action, resource, others)
    # A call without a source is denied, too: a service that acts for an account has to name it.
    assert not allows(policy, principal, action, resource, {})


@pytest.mark.parametrize(
    ("policy", "service", "action", "resource", "context"),
    [
        ("topic", "cloudwatch", "sns:Subscribe", TOPIC, source(ALARM)),
        ("topic", "lambda", "sns:Publish", TOPIC, source(ALARM)),
        ("topic", "cloudwatch", "sns:Publish", TOPIC, source(HOME.at("us-east-1").arn("cloudwatch", "alarm:x"))),
        ("topic key", "lambda", "kms:Decrypt", KEY, source(ALARM) | TOPIC_CONTEXT),
        ("topic key", "cloudwatch", "kms:PutKeyPolicy", KEY, source(ALARM) | TOPIC_CONTEXT),
        ("audit key", "cloudtrail", "kms:GenerateDataKey", KEY, source(trail_arn(HOME, "other")) | TRAIL_CONTEXT),
        ("audit bucket", "cloudtrail", "s3:PutObject", f"{BUCKET}/elsewhere/x", source(TRAIL) | WRITE),
        ("audit bucket", "cloudtrail", "s3:PutObject", f"{BUCKET}/AWSLogs/123456789012/x", source(TRAIL)),
    ],
    ids=[
        "another action",
        "another service",
        "an alarm of another region",
        "another service's use of the key",
        "the key's policy",
        "another trail",
        "another path",
        "objects that another account would own",
    ],
)
def test_service_is_denied_everything_else(
    policy: str, service: str, action: str, resource: str, context: dict[str, str]
) -> None:
    assert not allows(policy, f"{service}.amazonaws.com", action, resource, context)


def test_events_and_logs_are_bound_by_encryption_context() -> None:
    """EventBridge sends no account, and Logs only an encryption context: both are limited to our resources."""
    events, logs = "events.amazonaws.com", "logs.eu-west-1.amazonaws.com"
    assert allows("topic", events, "sns:Publish", TOPIC, {})
    assert allows("topic key", events, "kms:GenerateDataKey", KEY, TOPIC_CONTEXT)
    assert not allows("topic key", events, "kms:GenerateDataKey", KEY, foreign(TOPIC_CONTEXT))
    assert allows("audit key", logs, "kms:Encrypt", KEY, LOG_CONTEXT)
    assert not allows("audit key", logs, "kms:Encrypt", KEY, foreign(LOG_CONTEXT))


def foreign(context: Mapping[str, str]) -> dict[str, str]:
    return {key: value.replace(HOME.account, OTHER) for key, value in context.items()}
