"""What each operation of S3 needs: several ask for an action of another name, and encryption asks for the key too."""

from collections.abc import Iterator
from typing import Any

from awsbase.sandbox.authorization.permissions import act, arn, own, param, passing, table
from awsbase.sandbox.service import Need, Permissions, Request
from awsbase.sandbox.services.kms import key_arn, via

ENCRYPTION = {
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-acl": "ACL",
    "s3:if-none-match": "IfNoneMatch",
    "s3:if-match": "IfMatch",
}
LISTING = {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter", "s3:max-keys": "MaxKeys"}


def bucket(request: Request) -> list[str]:
    """Name the bucket."""
    return [arn(request, f"s3:::{request.params['Bucket']}")]


def item(request: Request) -> list[str]:
    """Name the object."""
    return [arn(request, f"s3:::{request.params['Bucket']}/{request.params['Key']}")]


def get(request: Request) -> Iterator[Need]:
    """Need to read an object, or one of its versions, and to decrypt it."""
    action = "s3:GetObjectVersion" if request.params.get("VersionId") else "s3:GetObject"
    yield from act(action, item)(request)
    held = _held(request)
    key = held.keys.get(request.params["Key"]) if held else None
    yield from _use(request, "kms:Decrypt", getattr(key, "kms_key_id", None))


def put(request: Request) -> Iterator[Need]:
    """Need to write an object, and a data key for it where the bucket's default or the request names a key."""
    yield from act("s3:PutObject", item, keys=ENCRYPTION)(request)
    yield from act("s3:PutObjectTagging", item, when="Tagging")(request)
    yield from _use(request, "kms:GenerateDataKey", request.params.get("SSEKMSKeyId") or _default_key(request))


def delete(request: Request) -> Iterator[Need]:
    """Need to delete an object, or one of its versions."""
    yield from act("s3:DeleteObjectVersion" if request.params.get("VersionId") else "s3:DeleteObject", item)(request)


def delete_together(request: Request) -> Iterator[Need]:
    """Need to delete each object or version that goes together with others."""
    for one in param(request, "Delete.Objects"):
        action = "s3:DeleteObjectVersion" if one.get("VersionId") else "s3:DeleteObject"
        yield Need(action, arn(request, f"s3:::{request.params['Bucket']}/{one['Key']}"))


def renamed(action: str) -> list[Permissions]:
    """Need an action on the bucket whose name is not the operation's."""
    return [act(f"s3:{action}", bucket)]


def _use(request: Request, action: str, key: str | None) -> Iterator[Need]:
    # AWS's own key lets everybody of the account in who comes through S3.
    if key and "alias/aws/" not in key:
        yield Need(action, key_arn(request, key), via(request, "s3"))


def _held(request: Request) -> Any:
    return request.backend("s3").buckets.get(request.params["Bucket"])


def _default_key(request: Request) -> str | None:
    held = getattr(_held(request), "encryption", None) or {}
    rules = held.get("Rule") or []
    rule = rules[0] if isinstance(rules, list) and rules else rules
    default = rule.get("ApplyServerSideEncryptionByDefault", {}) if rule else {}
    return default.get("KMSMasterKeyID") if default.get("SSEAlgorithm") == "aws:kms" else None


CALLS = table(
    {
        "ListBuckets": [act("s3:ListAllMyBuckets")],
        "CreateBucket": [
            own(bucket, keys={"s3:locationconstraint": "CreateBucketConfiguration.LocationConstraint"}),
            act("s3:PutBucketOwnershipControls", bucket, when="ObjectOwnership"),
            act("s3:PutBucketObjectLockConfiguration", bucket, when="ObjectLockEnabledForBucket"),
            act("s3:TagResource", bucket, when="CreateBucketConfiguration.Tags"),
        ],
        "DeleteBucket DeleteBucketPolicy GetBucketPolicy PutBucketPolicy GetBucketPolicyStatus GetBucketAcl "
        "PutBucketAcl GetBucketLocation GetBucketLogging PutBucketLogging GetBucketOwnershipControls "
        "PutBucketOwnershipControls GetBucketTagging PutBucketTagging GetBucketVersioning PutBucketVersioning "
        "GetBucketRequestPayment GetBucketWebsite": [own(bucket)],
        "HeadBucket": renamed("ListBucket"),
        "ListObjects ListObjectsV2": [act("s3:ListBucket", bucket, keys=LISTING)],
        "ListObjectVersions": [act("s3:ListBucketVersions", bucket, keys=LISTING)],
        "GetBucketEncryption": renamed("GetEncryptionConfiguration"),
        "PutBucketEncryption DeleteBucketEncryption": renamed("PutEncryptionConfiguration"),
        "GetBucketLifecycleConfiguration": renamed("GetLifecycleConfiguration"),
        "PutBucketLifecycleConfiguration DeleteBucketLifecycle": renamed("PutLifecycleConfiguration"),
        "GetPublicAccessBlock": renamed("GetBucketPublicAccessBlock"),
        "PutPublicAccessBlock DeletePublicAccessBlock": renamed("PutBucketPublicAccessBlock"),
        "DeleteBucketOwnershipControls": renamed("PutBucketOwnershipControls"),
        "DeleteBucketTagging": renamed("PutBucketTagging"),
        "GetBucketAbac": renamed("GetBucketABAC"),
        "PutBucketAbac": renamed("PutBucketABAC"),
        "GetObjectLockConfiguration": renamed("GetBucketObjectLockConfiguration"),
        "PutObjectLockConfiguration": renamed("PutBucketObjectLockConfiguration"),
        "GetBucketNotificationConfiguration": renamed("GetBucketNotification"),
        "PutBucketNotificationConfiguration": renamed("PutBucketNotification"),
        "GetBucketReplication": renamed("GetReplicationConfiguration"),
        "PutBucketReplication": [
            act("s3:PutReplicationConfiguration", bucket),
            passing("ReplicationConfiguration.Role", "s3.amazonaws.com"),
        ],
        "DeleteBucketReplication": renamed("PutReplicationConfiguration"),
        "GetBucketCors": renamed("GetBucketCORS"),
        "PutBucketCors DeleteBucketCors": renamed("PutBucketCORS"),
        "GetObject HeadObject": [get],
        "PutObject CreateMultipartUpload": [put],
        "DeleteObject": [delete],
        "DeleteObjects": [delete_together],
        "ListMultipartUploads": [act("s3:ListBucketMultipartUploads", bucket, keys=LISTING)],
        "AbortMultipartUpload": [own(item)],
        "GetObjectTagging PutObjectTagging GetObjectAcl": [own(item)],
    }
)
