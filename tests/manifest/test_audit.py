"""The audit section is a trail with its dependencies, each limited to this trail."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.facts.trails import organization, own_name
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.policies import problems
from tests.ensure.planned import KnownFacts
from tests.manifest.saying import ACCOUNT, mistakes, source

ALL = ["key/acme-audit", "bucket/acme-audit", "log-group/acme-audit", "role/acme-cloudtrail-logs", "trail/acme-trail"]


def of(text: str, home: str = "eu-west-1") -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("audit: {}", ALL),
        ("audit:", ALL),
        (
            "audit: {trail: main, bucket: acme-logs, key: alias/logs, log_group: /trail/main}",
            [
                "key/logs",
                "bucket/acme-logs",
                "log-group//trail/main",
                "role/acme-cloudtrail-logs",
                "trail/main",
            ],
        ),
    ],
    ids=["empty", "nothing behind it", "names of one's own"],
)
def test_audit_section_is_a_trail_with_its_dependencies(text: str, addresses: list[str]) -> None:
    assert list(of(text)) == addresses


def test_trail_depends_on_bucket_log_group_and_role() -> None:
    assert sorted(of("audit: {}")["trail/acme-trail"].needs()) == sorted(ALL[:-1])


def test_defaults_of_audit_follow_best_practice() -> None:
    made = of("audit: {}")
    assert made["log-group/acme-audit"].retention == 365
    assert made["log-group/acme-audit"].key == made["bucket/acme-audit"].key == "key/acme-audit"
    days = {expiry.id: expiry.objects or expiry.old_versions for expiry in made["bucket/acme-audit"].expiries}
    assert days == {"unfinished-uploads": None, "old-versions": 365}


def test_log_group_can_be_unencrypted() -> None:
    made = of("audit: {encrypt_log_group: false}")
    assert made["log-group/acme-audit"].key is None
    assert "logs.eu-west-1" not in str(made["key/acme-audit"].policy)


@pytest.mark.parametrize(
    ("home", "partition", "logs"),
    [
        ("eu-west-1", "aws", "logs.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "aws-us-gov", "logs.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "aws-cn", "logs.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_services_are_allowed_for_this_trail_only(home: str, partition: str, logs: str) -> None:
    made = of("audit: {}", home)
    trail = f"arn:{partition}:cloudtrail:{home}:123456789012:trail/acme-trail"
    bucket = list(made["bucket/acme-audit"].statements)
    key: Any = made["key/acme-audit"].policy["Statement"]

    for statement in (*bucket, *key[1:3]):
        assert statement["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert statement["Condition"]["StringEquals"]["aws:SourceArn"] == trail
    assert key[3]["Principal"] == {"Service": logs}
    assert f"arn:{partition}:logs:{home}:123456789012:log-group:acme-audit" in str(key[3]["Condition"])

    for document, kind in (
        ({"Version": "2012-10-17", "Statement": bucket}, "resource"),
        (made["key/acme-audit"].policy, "resource"),
        (made["role/acme-cloudtrail-logs"].trust, "trust"),
        (made["role/acme-cloudtrail-logs"].inline["deliver"], "identity"),
    ):
        assert problems(document, kind) == []  # type: ignore[arg-type]
        arns = [word for word in str(document).split("'") if word.startswith("arn:")]
        assert {arn.split(":")[1] for arn in arns} <= {partition}


def test_trail_role_can_write_only_the_streams_of_cloudtrail() -> None:
    (statement,) = of("audit: {}")["role/acme-cloudtrail-logs"].inline["deliver"]["Statement"]
    fact, *arguments = statement["Resource"].read
    alone = KnownFacts({own_name: "acme-trail", organization: None})
    assert fact(alone, *arguments) == (
        "arn:aws:logs:eu-west-1:123456789012:log-group:acme-audit:log-stream:123456789012_CloudTrail_eu-west-1*"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("audit: {retention_days: 100}", "audit.retention_days: CloudWatch Logs cannot keep logs for 100 days"),
        ("audit: {trail: a..b}", "audit.trail: 'a..b' is no trail name"),
        ("audit: {log_group: aws/x}", "audit.log_group: 'aws/x' is no log group name"),
        ("audit: {bucket_retention_days: 0}", "audit.bucket_retention_days: "),
        ("audit: {bucket_retention_days: 36501}", "audit.bucket_retention_days: must be at most 36500"),
        ("audit: {access_logs: {retention_days: 36501}}", "audit.access_logs.retention_days: must be at most 36500"),
        ("audit: {logging: false}", "audit.logging: "),
    ],
    ids=["no such retention", "no trail name", "no log group name", "no day", "for ever", "and ever", "no such key"],
)
def test_mistake_in_audit_gives_advice(text: str, expected: str) -> None:
    (found,) = mistakes(ACCOUNT + text, Manifest)
    assert found.partition(": ")[2].startswith(expected)
