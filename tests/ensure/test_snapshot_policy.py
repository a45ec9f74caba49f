"""A lifecycle policy is found by its tag, and compared by meaning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.ensure.snapshot_policy import (
    SnapshotPolicy,
    SnapshotPolicyFacts,
    details,
    listed,
    snapshot_policy,
)
from awsbase.facts.snapshot_schedules import Schedule, meaning, measure
from awsbase.manifest.backups import Ebs
from awsbase.manifest.base import Base
from awsbase.sandbox import Fault, Sandbox
from tests.contract.sample import go, problems
from tests.ensure.planned import HOME, described, planned

ROLE = HOME.global_arn("iam", "role/acme-ebs-snapshots")
DAILY = Schedule(name="daily", keep_days=14)
WEEKLY = Schedule(name="weekly", cron="cron(0 3 ? * SUN *)", keep_days=365)
WANT = SnapshotPolicy(
    scope=HOME, name="acme-ebs", role=ROLE, volumes={"backup": "true"}, schedules=(DAILY,), description="Snapshots"
)
GOOD = SnapshotPolicyFacts(
    id="policy-1",
    arn=HOME.arn("dlm", "policy/policy-1"),
    description="Snapshots",
    role=ROLE,
    volumes={"backup": "true"},
    schedules={"daily": DAILY.said},
    measures={"daily": DAILY.measure},
    tags={"awsbase:address": WANT.address},
)


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (None, ["create snapshot policy"]),
        (GOOD, []),
        (replace(GOOD, state="DISABLED"), ["update snapshot policy"]),
        (replace(GOOD, role=ROLE + "-2"), ["update snapshot policy"]),
        (replace(GOOD, volumes={"backup": "yes"}), ["update snapshot policy"]),
        (replace(GOOD, schedules={}), ["update snapshot policy"]),
        (replace(GOOD, schedules={"daily": DAILY.said, "weekly": WEEKLY.said}), ["update snapshot policy"]),
        (replace(GOOD, tags={}), ["update tags"]),
    ],
    ids=["missing", "converged", "off", "another role", "other volumes", "no schedule", "one too many", "untagged"],
)
def test_differences_of_a_snapshot_policy_are_corrected(have: SnapshotPolicyFacts | None, changes: list[str]) -> None:
    assert described(planned(WANT, {snapshot_policy: have, listed: {}})) == changes


@pytest.mark.parametrize("schedule", [DAILY, WEEKLY, replace(DAILY, hours=6, copy_tags=False)])
def test_written_schedule_is_read_back_as_equal(schedule: Schedule) -> None:
    sent: Any = details(replace(WANT, schedules=(schedule,)))["Schedules"]
    assert meaning(sent[0]) == schedule.said
    assert measure(sent[0]) == schedule.measure


@pytest.mark.parametrize("more", [{"ShareRules": [{"TargetAccounts": ["999999999999"]}]}, {"RetainRule": {"Count": 3}}])
def test_manual_additions_are_a_difference(more: dict[str, Any]) -> None:
    sent: Any = details(WANT)["Schedules"]
    assert meaning({**sent[0], **more}) != DAILY.said


@pytest.mark.parametrize("kind", ["reset after", "500"])
def test_lost_response_creates_no_second_policy(kind: Any) -> None:
    sandbox = Sandbox()
    resources = list(Ebs().resources(Base("acme", HOME, {})))
    sandbox.faults.add(Fault(kind, on="dlm:CreateLifecyclePolicy"))
    assert problems(go(sandbox, "reconcile", resources)) == []
    assert len(sandbox.client("dlm", HOME.region).get_lifecycle_policies()["Policies"]) == 1
