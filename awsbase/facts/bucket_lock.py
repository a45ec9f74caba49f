"""Object Lock of a bucket: for how long each new version is kept from everybody without a right of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsbase.engine.changes import Risk, compare
from awsbase.engine.facts import Facts
from awsbase.engine.risk import deletion, outage
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.facts.buckets import setting
from awsbase.records import record

GOVERNANCE = "GOVERNANCE"
YEAR = 365


@record
class LockFacts:
    """Whether Object Lock is on, and how a new version is locked by default; no days where it is not."""

    on: bool = False
    mode: str = ""
    days: int = 0


def lock_of(facts: Facts, scope: Scope, name: str) -> LockFacts:
    """Return how a bucket locks what is put into it; S3 counts in days or in years."""
    read = facts.aws.at(scope.region).s3.get_object_lock_configuration
    answer = setting(facts, scope, name, "ObjectLockConfigurationNotFoundError", read)
    lock: Mapping[str, Any] = answer.get("ObjectLockConfiguration", {})
    rule = lock.get("Rule", {}).get("DefaultRetention", {})
    days = (rule.get("Days") or 0) + (rule.get("Years") or 0) * YEAR
    return LockFacts(lock.get("ObjectLockEnabled") == "Enabled", rule.get("Mode", ""), days)


def lock_versions(run: Run, scope: Scope, name: str, days: int, have: LockFacts, *, there: bool) -> None:
    """Lock each new version for so many days: only who has a right of its own deletes it sooner, and no rule does."""
    put = run.aws.s3.put_object_lock_configuration
    is_now, wanted = {"mode": have.mode, "days": have.days}, {"mode": GOVERNANCE, "days": days}
    retention = {"DefaultRetention": {"Mode": GOVERNANCE, "Days": days}}
    arguments = {
        "Bucket": name,
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": retention},
        "ExpectedBucketOwner": scope.account,
    }

    if not have.on:
        lasting = "Object Lock cannot be switched off again, nor versioning" if there else ""
        run.create("Object Lock", put, risk=outage(lasting), **arguments)
    elif drift := compare(is_now, wanted):
        run.update("Object Lock", drift, put, risk=weaker(have, days), **arguments)


def weaker(have: LockFacts, days: int) -> Risk | None:
    """Return the risk that new versions can be deleted sooner, or by more people."""
    if have.mode not in ("", GOVERNANCE):
        return deletion(f"new versions are no longer locked in {have.mode.lower()} mode, which binds even root")
    return deletion("new versions are locked for a shorter time" if days < have.days else "")
