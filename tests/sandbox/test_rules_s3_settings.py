"""What S3 refuses of lifecycles, CORS, Object Lock and replication, and moto alone takes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

BUCKET, OTHER = "acme-uploads", "acme-copies"
HERE = {"LocationConstraint": "eu-west-1"}
ON, OFF = {"Status": "Enabled"}, {"Status": "Suspended"}
LOCK = {"ObjectLockEnabled": "Enabled"}
ROLE, KEY = "arn:aws:iam::123456789012:role/copier", "arn:aws:kms:eu-west-1:123456789012:key/1"


def made(*, strict: bool = True) -> Sandbox:
    """Return an account with two buckets that keep versions, a role that S3 may take, and one that it may not."""
    sandbox = Sandbox(strict=strict)
    s3, iam = sandbox.client("s3", "eu-west-1"), sandbox.client("iam")
    for name in (BUCKET, OTHER):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=HERE)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=ON)
    s3.create_bucket(Bucket="acme-flat", CreateBucketConfiguration=HERE)
    for name, service in (("copier", "s3"), ("other", "ec2")):
        trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    sandbox.clock.advance(600)
    return sandbox


@cache
def shared(strict: bool) -> Sandbox:
    """Return the account for calls that leave nothing behind, or nothing that another call looks at."""
    return made(strict=strict)


def lifecycle(**rule: Any) -> dict[str, Any]:
    """Return a lifecycle of one rule."""
    return {"LifecycleConfiguration": {"Rules": [{"ID": "a", "Filter": {"Prefix": ""}, **ON, **rule}]}}


def moved(**days: int) -> dict[str, Any]:
    """Return a lifecycle that moves objects to classes after so many days."""
    return lifecycle(Transitions=[{"Days": after, "StorageClass": name} for name, after in days.items()])


def aged(**days: int) -> dict[str, Any]:
    """Return a lifecycle that moves old versions to classes after so many days."""
    moves = [{"NoncurrentDays": after, "StorageClass": name} for name, after in days.items()]
    return lifecycle(NoncurrentVersionTransitions=moves)


def cors(**rule: Any) -> dict[str, Any]:
    """Return one rule of CORS."""
    whole = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://acme.example"], **rule}
    return {"CORSConfiguration": {"CORSRules": [whole]}}


def locked(**retention: Any) -> dict[str, Any]:
    """Return an Object Lock with a default retention."""
    return {"ObjectLockConfiguration": {**LOCK, "Rule": {"DefaultRetention": retention}}}


def copied(role: str = ROLE, **rule: Any) -> dict[str, Any]:
    """Return a replication of one rule, which lacks nothing unless it is said."""
    to = {"Bucket": f"arn:aws:s3:::{OTHER}"}
    whole = {"ID": "a", "Priority": 1, "Filter": {"Prefix": ""}, "DeleteMarkerReplication": OFF_DELETED, **ON}
    rules = [{**whole, "Destination": to, **rule}]
    return {"ReplicationConfiguration": {"Role": role, "Rules": rules}}


def to(name: str, **more: Any) -> dict[str, Any]:
    """Return a replication into a bucket."""
    return copied(Destination={"Bucket": f"arn:aws:s3:::{name}", **more})


OFF_DELETED = {"Status": "Disabled"}
RULES, CORS = "put_bucket_lifecycle_configuration", "put_bucket_cors"
WORM, COPY = "put_object_lock_configuration", "put_bucket_replication"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        (RULES, aged(STANDARD_IA=7), "InvalidArgument"),
        (RULES, aged(ONEZONE_IA=29), "InvalidArgument"),
        (RULES, moved(STANDARD_IA=30, GLACIER=59), "InvalidArgument"),
        (RULES, moved(GLACIER=90, GLACIER_IR=90), "InvalidArgument"),
        (RULES, lifecycle(Transitions=[{"Days": 60, "StorageClass": "GLACIER"}], Expiration={"Days": 60}),
         "InvalidArgument"),
        (RULES, lifecycle(NoncurrentVersionExpiration={"NoncurrentDays": 9, "NewerNoncurrentVersions": 101}),
         "InvalidArgument"),
        (CORS, cors(AllowedOrigins=["https://*.*.example"]), "InvalidRequest"),
        (CORS, cors(AllowedHeaders=["x-*-*"]), "InvalidRequest"),
        (CORS, cors(ExposeHeaders=["x-*"]), "InvalidRequest"),
        (WORM, locked(Mode="GOVERNANCE", Days=1, Years=1), "MalformedXML"),
        (WORM, locked(Mode="GOVERNANCE", Days=-1), "InvalidArgument"),
        (COPY, to("nobodys"), "InvalidRequest"),
        (COPY, to("acme-flat"), "InvalidRequest"),
        (COPY, to(BUCKET), "InvalidRequest"),
        (COPY, to(OTHER, Account="222222222222"), "InvalidRequest"),
        (COPY, to(OTHER, AccessControlTranslation={"Owner": "Destination"}), "InvalidArgument"),
        (COPY, to(OTHER, EncryptionConfiguration={"ReplicaKmsKeyID": KEY}), "InvalidRequest"),
        (COPY, copied(SourceSelectionCriteria={"SseKmsEncryptedObjects": ON}), "InvalidRequest"),
        (COPY, copied(f"{ROLE}s"), "InvalidRequest"),
        (COPY, copied(ROLE.replace("copier", "other")), "InvalidRequest"),
    ],
)  # fmt: skip
def test_mistakes_that_moto_lets_through(method: str, params: dict[str, Any], code: str) -> None:
    for strict, expected in ((False, None), (True, code)):
        s3 = shared(strict).client("s3", "eu-west-1")
        assert refused(getattr(s3, method), Bucket=BUCKET, **params) == expected


def test_what_is_right_is_taken_and_reads_back_as_it_was_put() -> None:
    s3 = made().client("s3", "eu-west-1")
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, **moved(STANDARD_IA=30, GLACIER=60, DEEP_ARCHIVE=61))
    s3.put_bucket_cors(Bucket=BUCKET, **cors(AllowedOrigins=["*"], MaxAgeSeconds=60))
    replication = to(OTHER, StorageClass="GLACIER_IR")
    s3.put_bucket_replication(Bucket=BUCKET, **replication)

    (rule,) = s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"]
    assert rule == {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 60}
    have = s3.get_bucket_replication(Bucket=BUCKET)["ReplicationConfiguration"]
    assert have == replication["ReplicationConfiguration"]
    s3.delete_bucket_replication(Bucket=BUCKET)
    assert refused(s3.get_bucket_replication, Bucket=BUCKET) == "ReplicationConfigurationNotFoundError"


def test_a_bucket_that_holds_something_is_locked_and_keeps_its_versions_then() -> None:
    s3 = made().client("s3", "eu-west-1")
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert refused(s3.put_object_lock_configuration, Bucket="acme-flat", **locked(Mode="GOVERNANCE", Days=1)) == (
        "InvalidBucketState"
    )
    s3.put_object_lock_configuration(Bucket=BUCKET, **locked(Mode="GOVERNANCE", Days=1))

    lock = s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    assert lock == locked(Mode="GOVERNANCE", Days=1)["ObjectLockConfiguration"]
    assert refused(s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration=OFF) == "InvalidBucketState"
    # Copies of what is locked have to be locked.
    assert refused(s3.put_bucket_replication, Bucket=BUCKET, **copied()) == "InvalidRequest"


def test_a_bucket_that_is_copied_keeps_its_versions() -> None:
    for strict, expected in ((False, None), (True, "InvalidBucketState")):
        s3 = made(strict=strict).client("s3", "eu-west-1")
        refused(s3.put_bucket_replication, Bucket=BUCKET, **copied())
        s3.put_bucket_replication(Bucket=BUCKET, **copied())
        assert refused(s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration=OFF) == expected
