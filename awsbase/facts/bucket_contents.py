"""What a bucket holds, in all its versions, and how all of it is deleted."""

from __future__ import annotations

from itertools import islice
from typing import Any

from awsbase.engine.changes import Deferred, Unknown
from awsbase.engine.facts import Facts
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.errors import AwsbaseError
from awsbase.facts.bucket_lock import lock_of
from awsbase.facts.buckets import versioning_answer

# S3 takes at most this many in one call.
BATCH = 1000
CONTENTS = ("ListBucketMultipartUploads", "ListBucketVersions")
LOCKS = ("GetBucketObjectLockConfiguration", "GetBucketVersioning")
EMPTYING = ("AbortMultipartUpload", "DeleteObject", "DeleteObjectVersion")


class NotEmptied(AwsbaseError):
    """Something in a bucket was not deleted."""


def holds_something(facts: Facts, scope: Scope, name: str) -> bool:
    """Tell whether a bucket holds an object, an old version, a delete marker or an unfinished upload."""
    s3, owner = facts.aws.at(scope.region).s3, scope.account
    one = s3.list_object_versions(Bucket=name, MaxKeys=1, ExpectedBucketOwner=owner)
    if one.get("Versions") or one.get("DeleteMarkers"):
        return True
    return bool(s3.list_multipart_uploads(Bucket=name, MaxUploads=1, ExpectedBucketOwner=owner).get("Uploads"))


def keeps_its_versions(facts: Facts, scope: Scope, name: str) -> str:
    """Say why versions in a bucket cannot be deleted by awsbase; an empty text when they can."""
    if facts.read(versioning_answer, scope, name).get("MFADelete") == "Enabled":
        return "MFA delete is on, so that only the root user deletes versions, with an MFA code"
    lock = facts.read(lock_of, scope, name)
    if not lock.on:
        return ""
    locked = f"Object Lock is on{f', in {lock.mode.lower()} mode' if lock.mode else ''}"
    if lock.mode == "COMPLIANCE":
        return f"{locked}: nobody deletes a version before its time, not even root"
    return f"{locked}: awsbase deletes no version that somebody locked"


def versions(facts: Facts, scope: Scope, name: str) -> int:
    """Count the versions and delete markers in a bucket."""
    pages = facts.aws.at(scope.region).s3.get_paginator("list_object_versions")
    found = pages.paginate(Bucket=name, ExpectedBucketOwner=scope.account)
    return sum(len(page.get("Versions", ())) + len(page.get("DeleteMarkers", ())) for page in found)


def unfinished_uploads(facts: Facts, scope: Scope, name: str) -> tuple[tuple[str, str], ...]:
    """List the uploads of a bucket that nobody finished, by key and id."""
    pages = facts.aws.at(scope.region).s3.get_paginator("list_multipart_uploads")
    found = pages.paginate(Bucket=name, ExpectedBucketOwner=scope.account)
    return tuple((upload["Key"], upload["UploadId"]) for page in found for upload in page.get("Uploads", ()))


def first_versions(facts: Facts, scope: Scope, name: str) -> list[dict[str, str]]:
    """List as many versions and delete markers as one call deletes, as that call takes them."""
    pages = facts.aws.at(scope.region).s3.get_paginator("list_object_versions")
    listed = pages.paginate(Bucket=name, ExpectedBucketOwner=scope.account, PaginationConfig={"PageSize": BATCH})
    found = (version for page in listed for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())))
    return [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in islice(found, BATCH)]


def empty_bucket(run: Run, scope: Scope, name: str) -> None:
    """Delete all versions, delete markers and unfinished uploads of a bucket, a thousand at a time.

    What a call deletes is listed just before it: a bucket may hold more than memory, and logs arrive until the end.
    """
    s3, owner = run.aws.s3, scope.account
    batch = Deferred("what the bucket holds then", lambda: next_batch(run, scope, name))
    count, uploads = run.read(versions, scope, name), run.read(unfinished_uploads, scope, name)

    for key, id in uploads:
        run.delete(
            f"unfinished upload {id}",
            s3.abort_multipart_upload,
            Bucket=name,
            Key=key,
            UploadId=id,
            ExpectedBucketOwner=owner,
        )
    for start in range(0, count, BATCH):
        deleted = run.delete(
            f"versions {start + 1} to {min(start + BATCH, count)} of {count}",
            s3.delete_objects,
            risk=deletion("deletes objects with all their versions"),
            Bucket=name,
            Delete={"Objects": batch, "Quiet": True},
            ExpectedBucketOwner=owner,
        )
        all_deleted(name, deleted)


def next_batch(run: Run, scope: Scope, name: str) -> list[dict[str, str]]:
    """List what is to be deleted next; raises NotEmptied when somebody else deleted it."""
    if batch := run.facts.uncached().read(first_versions, scope, name):
        return batch
    raise NotEmptied(f"somebody else empties the bucket {name}", hint="run again")


def all_deleted(name: str, response: Any) -> None:
    """Raise NotEmptied when S3 kept some of what it was to delete: it answers so within a success."""
    if isinstance(response, Unknown) or not (errors := response.get("Errors")):
        return
    code, message = errors[0].get("Code", ""), errors[0].get("Message", "")
    raise NotEmptied(
        f"S3 kept {len(errors)} versions in the bucket {name}: {code} {message}".rstrip(),
        hint="see whether the policy of the bucket or a legal hold keeps them, and run again",
    )
