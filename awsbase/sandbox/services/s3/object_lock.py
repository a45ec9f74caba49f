"""Object Lock: on for good once it is on, and in words that say how long; moto locks no bucket that holds something."""

from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.s3.rules import MALFORMED
from awsbase.sandbox.wire import Refusal

UNVERSIONED = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
VERSIONED = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."


def whole(request: Request) -> None:
    """Refuse a lock that says nothing, days and years at once, or none of them.

    Raises Refusal with MalformedXML or InvalidArgument.

    Recorded: LocalStack, TestS3ObjectLock::test_put_object_lock_configuration_exc.
    """
    lock = request.params.get("ObjectLockConfiguration") or {}
    if lock.get("ObjectLockEnabled") != "Enabled":
        raise Refusal("MalformedXML", MALFORMED, 400)
    if "Rule" not in lock:
        return
    retention = lock["Rule"].get("DefaultRetention") or {}
    if "Mode" not in retention or ("Days" in retention) == ("Years" in retention):
        raise Refusal("MalformedXML", MALFORMED, 400)
    if retention.get("Days", 0) + retention.get("Years", 0) <= 0:
        raise Refusal("InvalidArgument", "Default retention period must be a positive integer value.", 400)


def lock(request: Request) -> dict[str, Any]:
    """Lock what is put into a bucket from now on, whatever it holds; raises Refusal with InvalidBucketState.

    Recorded: LocalStack, TestS3ObjectLock::test_put_object_lock_configuration_on_existing_bucket.
    """
    bucket = request.backend("s3").get_bucket(request.params["Bucket"])
    if bucket.versioning_status != "Enabled":
        raise Refusal("InvalidBucketState", UNVERSIONED, 409)
    retention = request.params["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {})
    bucket.object_lock_enabled = True
    bucket.default_lock_mode = retention.get("Mode")
    # With these moto counts until when an upload is locked.
    bucket.default_lock_days, bucket.default_lock_years = retention.get("Days", 0), retention.get("Years", 0)
    return {}


def days_or_years(request: Request, response: dict[str, Any]) -> None:
    """Leave out the one of days and years that was not given.

    Recorded: LocalStack, TestS3ObjectLock::test_get_put_object_lock_configuration.
    """
    retention = response["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {})
    for count in ("Days", "Years"):
        if not retention.get(count):
            retention.pop(count, None)


def versions_stay(request: Request) -> None:
    """Refuse to suspend the versions of a bucket that locks them; raises Refusal with InvalidBucketState.

    Recorded: LocalStack, TestS3ObjectLock::test_disable_versioning_on_locked_bucket.
    """
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    suspended = request.params.get("VersioningConfiguration", {}).get("Status") == "Suspended"
    if suspended and getattr(bucket, "object_lock_enabled", False):
        raise Refusal("InvalidBucketState", VERSIONED, 409)


RULES = (
    Rule("s3:PutObjectLockConfiguration", before=whole),
    Rule("s3:PutObjectLockConfiguration", before=lock, strict=False),
    Rule("s3:GetObjectLockConfiguration", after=days_or_years, strict=False),
    Rule("s3:PutBucketVersioning", before=versions_stay),
)
