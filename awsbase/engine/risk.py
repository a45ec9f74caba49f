"""Which changes of a plan are risky: they widen access, cut somebody off, hide something, or delete for good.

A risky change needs approval. A recipe states the risk of a change by one of the four functions below.
"""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.engine.changes import Change, Report, Risk, is_whole_resource
from awsbase.records import record

# No later run can restore these: their contents, or the data they encrypt, are lost too.
DELETED_FOR_GOOD = {
    "iam:DeleteUser": "deletes a user",
    "kms:ScheduleKeyDeletion": "what is encrypted under it is lost after 30 days",
    "s3:DeleteBucket": "its name is free, and anybody can take it",
}


def access(reason: str) -> Risk | None:
    """Return the risk that somebody gets more access than before; None when there is no reason."""
    return Risk("access", reason) if reason else None


def outage(reason: str) -> Risk | None:
    """Return the risk that somebody can no longer do what they do; None when there is no reason."""
    return Risk("outage", reason) if reason else None


def visibility(reason: str) -> Risk | None:
    """Return the risk that people no longer see something; None when there is no reason."""
    return Risk("visibility", reason) if reason else None


def deletion(reason: str) -> Risk | None:
    """Return the risk that something is lost for good; None when there is no reason."""
    return Risk("deletion", reason) if reason else None


@record
class RiskyChange:
    """One change that needs approval, and why."""

    address: str
    change: Change
    risk: Risk


def risky(plan: Report) -> list[RiskyChange]:
    """List the changes of a plan that need approval, those that delete much at once included."""
    return [RiskyChange(address, change, risk) for address, change, risk in _risks(plan) if risk]


def _risks(plan: Report) -> Iterator[tuple[str, Change, Risk | None]]:
    deleted = {
        outcome.address for outcome in plan.outcomes for each in outcome.changes if deletes(outcome.address, each)
    }
    # Who takes things away means to delete many.
    many = plan.goal == "reconcile" and len(deleted) > 1 and len(deleted) * 10 > len(plan.outcomes)
    one_of_many = deletion(f"one of {len(deleted)} that are deleted, of {len(plan.outcomes)} managed")
    for address, change in plan.changes:
        yield address, change, risk_of(change) or (one_of_many if many and deletes(address, change) else None)


def risk_of(change: Change) -> Risk | None:
    """Return why a change needs approval, whatever else is planned; None when it does not."""
    if change.api in DELETED_FOR_GOOD:
        return deletion(DELETED_FOR_GOOD[change.api])
    return change.risk


def lost(plan: Report) -> list[str]:
    """List the addresses of what is deleted and cannot come back."""
    return list(dict.fromkeys(each.address for each in risky(plan) if each.risk.kind == "deletion"))


def deletes(address: str, change: Change) -> bool:
    """Tell whether a change deletes a whole resource, and not only a part of it, such as an attachment."""
    return change.action == "delete" and is_whole_resource(address, change)
