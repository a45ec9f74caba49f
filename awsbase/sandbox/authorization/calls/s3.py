"""S3: several operations ask for an action of another name, and what is encrypted with a key asks for the key too."""

from collections.abc import Iterator
from typing import Any

from awsbase.sandbox.authorization.calls.call import Call, Need, act, arn, given, own, param, table
from awsbase.sandbox.authorization.calls.kms import key_arn, via
from awsbase.sandbox.rule import Ask

ENCRYPTION = {
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-acl": "ACL",
    "s3:if-none-match": "IfNoneMatch",
    "s3:if-match": "IfMatch",
}
LISTING = {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter", "s3:max-keys": "MaxKeys"}


def bucket(ask: Ask) -> list[str]:
    """Name the bucket."""
    return [arn(ask, f"s3:::{ask.params['Bucket']}")]


def item(ask: Ask) -> list[str]:
    """Name the object."""
    return [arn(ask, f"s3:::{ask.params['Bucket']}/{ask.params['Key']}")]


def items(ask: Ask) -> list[str]:
    """Name the objects that go together."""
    return [arn(ask, f"s3:::{ask.params['Bucket']}/{one['Key']}") for one in param(ask, "Delete.Objects")]


def get(ask: Ask) -> Iterator[Need]:
    """Need to read an object, or one of its versions, and to decrypt it."""
    action = "s3:GetObjectVersion" if ask.params.get("VersionId") else "s3:GetObject"
    yield from act(action, item)(ask)
    held = _held(ask)
    key = held.keys.get(ask.params["Key"]) if held else None
    yield from _use(ask, "kms:Decrypt", getattr(key, "kms_key_id", None))


def put(ask: Ask) -> Iterator[Need]:
    """Need to write an object, and a data key for it where the bucket's default or the request names a key."""
    yield from act("s3:PutObject", item, keys=ENCRYPTION)(ask)
    yield from act("s3:PutObjectTagging", item, when="Tagging")(ask)
    yield from _use(ask, "kms:GenerateDataKey", ask.params.get("SSEKMSKeyId") or _default_key(ask))


def delete(ask: Ask) -> Iterator[Need]:
    """Need to delete an object, or one of its versions."""
    yield from act("s3:DeleteObjectVersion" if ask.params.get("VersionId") else "s3:DeleteObject", item)(ask)


def renamed(action: str) -> list[Call]:
    """Need an action on the bucket whose name is not the operation's."""
    return [act(f"s3:{action}", bucket)]


def _use(ask: Ask, action: str, key: str | None) -> Iterator[Need]:
    # AWS's own key lets everybody of the account in who comes through S3.
    if key and "alias/aws/" not in key:
        yield Need(action, key_arn(ask, key), via(ask, "s3"))


def _held(ask: Ask) -> Any:
    return ask.backend("s3").buckets.get(ask.params["Bucket"])


def _default_key(ask: Ask) -> str | None:
    told = getattr(_held(ask), "encryption", None) or {}
    rules = told.get("Rule") or []
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
        "GetObjectLockConfiguration": renamed("GetBucketObjectLockConfiguration"),
        "PutObjectLockConfiguration": renamed("PutBucketObjectLockConfiguration"),
        "GetBucketNotificationConfiguration": renamed("GetBucketNotification"),
        "PutBucketNotificationConfiguration": renamed("PutBucketNotification"),
        "GetBucketReplication": renamed("GetReplicationConfiguration"),
        "GetObject HeadObject": [get],
        "PutObject": [put],
        "DeleteObject": [delete],
        "DeleteObjects": [act("s3:DeleteObject", items)],
        "GetObjectTagging PutObjectTagging GetObjectAcl": [own(item)],
    }
)

CONTROL = table(
    {
        "GetPublicAccessBlock": [act("s3:GetAccountPublicAccessBlock")],
        "PutPublicAccessBlock DeletePublicAccessBlock": [act("s3:PutAccountPublicAccessBlock")],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn", "resourceArn"))],
    }
)
