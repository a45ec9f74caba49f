"""What in a plan is grave: it loosens, or what it deletes is gone for good. Somebody has to permit it knowingly."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Change, Report, is_itself
from awsbase.records import record

# No later run brings these back as they were: what is in them, under them, or behind them is gone too.
FOR_GOOD = {
    "iam:DeleteAccessKey": "an access key",
    "iam:DeleteUser": "a user",
    "kms:ScheduleKeyDeletion": "a key",
    "s3:DeleteBucket": "a bucket",
}


@record
class Grave:
    """One change that has to be permitted, and why."""

    address: str
    change: Change
    why: str


def grave(plan: Report) -> list[Grave]:
    """List what in a plan has to be permitted: what loosens, deletes for good, or deletes much at once."""
    return [Grave(address, change, why) for address, change, why in _reasons(plan) if why]


def _reasons(plan: Report) -> Iterator[tuple[str, Change, str]]:
    gone = {outcome.address for outcome in plan.outcomes for each in outcome.changes if deletes(outcome.address, each)}
    much = len(gone) > 1 and len(gone) * 10 > len(plan.outcomes)
    for address, change in plan.changes:
        one_of_many = f"one of {len(gone)} that go, of {len(plan.outcomes)} managed"
        yield address, change, gravity(change) or (one_of_many if much and deletes(address, change) else "")


def gravity(change: Change) -> str:
    """Say why a change has to be permitted whatever else is planned; nothing when it has not."""
    return f"deletes {FOR_GOOD[change.api]}" if change.api in FOR_GOOD else change.loosening


def deletes(address: str, change: Change) -> bool:
    """Tell whether a change deletes a whole resource; what is taken out of one, such as an attachment, is no thing."""
    return change.action == "delete" and is_itself(address, change)
