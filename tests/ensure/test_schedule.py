"""The termination schedule of an instance: its time, or the time that was set before, for the current instance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from awsbase.engine.changes import Unknown
from awsbase.ensure.schedule import ScheduleFacts, TerminationSchedule, schedule
from tests.ensure.planned import HOME, described, planned

NOON = datetime(2099, 1, 1, 12, tzinfo=UTC)
CALLS, ROLE = "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances", "arn:aws:iam::123456789012:role/end"


def set_for(when: str, instance: str = "i-1") -> ScheduleFacts:
    return ScheduleFacts(when, CALLS, {"InstanceIds": [instance]}, ROLE)


AT_NOON, AT_SIX = set_for("at(2099-01-01T12:00:00)"), set_for("at(2099-01-01T18:00:00)")
OVER, HOURLY = set_for("at(2020-01-01T12:00:00)"), set_for("rate(1 hour)")


@pytest.mark.parametrize(
    ("have", "at", "instance", "changes", "ends"),
    [
        (None, None, "i-1", [], None),
        (None, NOON, "i-1", ["create schedule"], "12:00"),
        (None, NOON, Unknown("instance"), ["create schedule"], "12:00"),
        (AT_NOON, NOON, "i-1", [], "12:00"),
        (AT_SIX, NOON, "i-1", ["update schedule"], "12:00"),
        (OVER, NOON, "i-1", ["update schedule"], "12:00"),
        (AT_SIX, None, "i-1", [], "18:00"),
        (AT_SIX, None, "i-2", ["update schedule"], "18:00"),
        (AT_SIX, None, Unknown("instance"), ["update schedule"], "18:00"),
        (OVER, None, "i-2", [], None),
        (HOURLY, None, "i-2", [], None),
    ],
    ids=[
        "no time",
        "new time",
        "new time for a planned instance",
        "same time as before",
        "another time than before",
        "expired, with a new time",
        "time kept",
        "time kept for a replacement",
        "time kept for a planned instance",
        "expired, not kept",
        "schedule of another kind stays",
    ],
)
def test_schedule_is_kept_and_follows_the_instance(
    have: ScheduleFacts | None, at: datetime | None, instance: Any, changes: list[str], ends: str | None
) -> None:
    want = TerminationSchedule(scope=HOME, name="bastion", instance="instance/bastion", role="end", at=at)
    run = planned(want, {schedule: have}, {"instance/bastion": {"id": instance}, "role/end": ROLE})
    assert described(run) == changes
    assert run.notes == ([f"ends 2099-01-01 {ends} UTC, by AWS itself"] if ends else [])


@pytest.mark.parametrize(
    ("have", "asks"),
    [
        (AT_SIX, False),
        (replace(AT_SIX, role="arn:aws:iam::123456789012:role/reports"), True),
        (replace(AT_SIX, calls="arn:aws:lambda:eu-west-1:123456789012:function:reports"), True),
    ],
    ids=["ours", "another role", "another call"],
)
def test_schedule_of_others_by_the_same_name_needs_approval(have: ScheduleFacts, asks: bool) -> None:
    want = TerminationSchedule(scope=HOME, name="bastion", instance="instance/bastion", role="end", at=NOON)
    [change] = planned(want, {schedule: have}, {"instance/bastion": {"id": "i-1"}, "role/end": ROLE}).changes
    assert (change.action, bool(change.risk)) == ("update", asks)
