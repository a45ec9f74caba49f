"""The backups section is a role, and a lifecycle policy for each region."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.policies import problems
from tests.manifest.saying import ACCOUNT, mistakes, source


def of(text: str, home: str = "eu-west-1") -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


@pytest.mark.parametrize("text", ["backups: {}", "backups: {ebs: {}}", "backups:", "backups: {ebs: }"])
def test_default_is_a_daily_snapshot_for_two_weeks(text: str) -> None:
    made = of(text)
    assert list(made) == ["role/acme-ebs-snapshots", "snapshot-policy/acme-ebs"]
    policy = made["snapshot-policy/acme-ebs"]
    assert policy.volumes == {"backup": "true"}
    assert [each.said for each in policy.schedules] == [
        "every 24 h from 03:00 UTC, kept 14 days, with the volume's tags"
    ]
    assert list(policy.needs()) == ["role/acme-ebs-snapshots"]


def test_each_region_has_a_lifecycle_policy_with_one_role() -> None:
    made = of("backups: {ebs: {regions: [eu-west-1, us-east-1]}}")
    assert list(made) == [
        "role/acme-ebs-snapshots",
        "snapshot-policy/acme-ebs",
        "snapshot-policy/acme-ebs@us-east-1",
    ]
    assert made["snapshot-policy/acme-ebs@us-east-1"].role == "arn:aws:iam::123456789012:role/acme-ebs-snapshots"


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("{every_hours: 6, at: '01:30', keep_days: 3, copy_tags: false}", "every 6 h from 01:30 UTC, kept 3 days"),
        (
            "{days: [sunday, monday], at: '22:05'}",
            "cron(5 22 ? * MON,SUN *), kept 14 days, with the volume's tags",
        ),
    ],
)
def test_schedule_is_described_with_its_settings(schedule: str, expected: str) -> None:
    (made,) = of(f"backups: {{ebs: {{schedules: {{one: {schedule}}}}}}}")["snapshot-policy/acme-ebs"].schedules
    assert made.said == expected


@pytest.mark.parametrize(("home", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_role_trusts_dlm_for_this_account_only(home: str, partition: str) -> None:
    role = of("backups: {}", home)["role/acme-ebs-snapshots"]
    assert role.policies == {f"arn:{partition}:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"}
    (statement,) = role.trust["Statement"]
    assert statement["Principal"] == {"Service": "dlm.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert problems(role.trust, "trust") == []
    assert all(problems(document, "identity") == [] for document in role.inline.values())


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{volumes: {}}", "volumes"),
        ("{schedules: {}}", "schedules"),
        ("{schedules: {a: {every_hours: 5}}}", "every_hours"),
        ("{schedules: {a: {at: '25:00'}}}", "is no time of day"),
        ("{schedules: {a: {at: 300}}}", "at"),
        ("{schedules: {a: {days: []}}}", "no day is listed"),
        ("{schedules: {a: {days: [sunday], every_hours: 12}}}", "has both days and every_hours"),
        ("{schedules: {a: {keep_days: 0}}}", "keep_days"),
        ("{schedules: {a: {keep_days: 36501}}}", "keep_days: must be at most 36500"),
        ("{regions: [eu-west-1, cn-north-1]}", "regions[1]: cn-north-1 is in another partition than eu-west-1"),
        ("{volumes: {'': x}}", "volumes: the tag key '' has 0 characters"),
        (f"{{volumes: {{{'k' * 129}: x}}}}", "has 129 characters"),
        (f"{{volumes: {{k: {'x' * 257}}}}}", "the value of tag 'k' has 257 characters"),
        ("{volumes: {'AWS:k': x}}", "the tag 'AWS:k' starts with a reserved prefix"),
        ("{schedules: {'a/b': {}}}", "is no schedule name"),
        ("{schedules: {a: {}, b: {}, c: {}, d: {}, e: {}}}", "schedules"),
    ],
)
def test_mistake_in_backups_gives_advice(text: str, mistake: str) -> None:
    found = mistakes(f"{ACCOUNT}backups: {{ebs: {text}}}", Manifest)
    assert any(mistake in line for line in found), found
