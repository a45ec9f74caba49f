"""Samples of the Terraform state: a key, a bucket, and the policy of the writers."""

import json
from typing import Any

from awsbase.ensure.bucket import Bucket
from awsbase.ensure.key import Key, key_policy
from awsbase.facts import tags
from awsbase.manifest.base import Base
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.merge import merge
from awsbase.manifest.state import State
from awsbase.samples.making import make
from awsbase.samples.sample import ACCOUNT, HOME, Reached, Sample, Tampering

BASE = Base("acme", HOME, {"owner": "platform"})
MANIFEST = Manifest.model_validate(
    {"version": 1, "account": {"id": ACCOUNT, "name": "acme", "region": HOME.region}, "state": {}}
)
KEY, BUCKET, POLICY = merge({"state": State().resources(BASE, MANIFEST)}).sections["state"]
PLAIN = Bucket(scope=HOME, name="acme-plain", tags={"owner": "platform"})
OTHER_REGION = Key(scope=HOME.at("us-east-1"), name="acme-other-region", policy=key_policy(HOME), rotation_days=180)


def kms(aws: Reached) -> Any:
    """Return the client of KMS."""
    return aws.client("kms", HOME.region)


def s3(aws: Reached) -> Any:
    """Return the client of S3."""
    return aws.client("s3", HOME.region)


def key_id(aws: Reached) -> str:
    """Return the id of the state key, even if it lost its alias, and not of one that waits for its deletion."""
    ids: list[str] = [key["KeyId"] for page in kms(aws).get_paginator("list_keys").paginate() for key in page["Keys"]]
    keys = (kms(aws).describe_key(KeyId=id)["KeyMetadata"] for id in ids)
    return next(
        str(key["KeyId"])
        for key in keys
        if key["Description"].startswith("Terr") and key["KeyState"] != "PendingDeletion"
    )


def only_root(**extra: str) -> str:
    """Return a key policy that differs from ours, but locks nobody out."""
    root = {"AWS": HOME.global_arn("iam", "root")}
    statement = {"Sid": "Mine", "Effect": "Allow", "Principal": root, "Action": ["kms:*"], "Resource": "*", **extra}
    also = {**statement, "Sid": "More", "Action": "kms:Decrypt", "Principal": {"Service": "ec2.amazonaws.com"}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement, also]})


def write_policy(aws: Reached, change: Any) -> None:
    """Write the bucket policy again, with its statements changed."""
    policy = json.loads(s3(aws).get_bucket_policy(Bucket="acme-state")["Policy"])
    policy["Statement"] = change(policy["Statement"])
    s3(aws).put_bucket_policy(Bucket="acme-state", Policy=json.dumps(policy))


def write_rules(aws: Reached, change: Any) -> None:
    """Write the lifecycle again, with its rules changed."""
    rules = s3(aws).get_bucket_lifecycle_configuration(Bucket="acme-state")["Rules"]
    s3(aws).put_bucket_lifecycle_configuration(Bucket="acme-state", LifecycleConfiguration={"Rules": change(rules)})


def encrypt_with(aws: Reached, **rule: Any) -> None:
    """Set the default encryption by hand."""
    s3(aws).put_bucket_encryption(Bucket="acme-state", ServerSideEncryptionConfiguration={"Rules": [rule]})


def log_delivery(aws: Reached) -> None:
    """Let S3's old log delivery write into the bucket by its ACL."""
    ownership = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3(aws).put_bucket_ownership_controls(Bucket="acme-state", OwnershipControls=ownership)
    owner = s3(aws).get_bucket_acl(Bucket="acme-state")["Owner"]
    logs = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    me = {"Grantee": {"Type": "CanonicalUser", "ID": owner["ID"]}, "Permission": "FULL_CONTROL"}
    grants = [me, {"Grantee": logs, "Permission": "WRITE"}]
    s3(aws).put_bucket_acl(Bucket="acme-state", AccessControlPolicy={"Owner": owner, "Grants": grants})


def made_by_hand(aws: Reached) -> None:
    """Create the bucket without awsbase: open, with other tags, rules and statements."""
    make(aws, [KEY])
    s3(aws).create_bucket(Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": HOME.region})
    tags = {"TagSet": [{"Key": "team", "Value": "web"}, {"Key": "owner", "Value": "web"}]}
    s3(aws).put_bucket_tagging(Bucket="acme-state", Tagging=tags)
    rule = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}
    s3(aws).put_bucket_lifecycle_configuration(Bucket="acme-state", LifecycleConfiguration={"Rules": [rule]})
    s3(aws).delete_public_access_block(Bucket="acme-state")
    statement = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": {"AWS": HOME.global_arn("iam", "root")},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-state/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    s3(aws).put_bucket_policy(Bucket="acme-state", Policy=policy)


def key_without_alias(aws: Reached) -> None:
    """Leave the state of a run that stopped after CreateKey."""
    kms(aws).create_key(Description="Terraform", Tags=[{"TagKey": "awsbase:address", "TagValue": KEY.address}])


KEY_TAMPERINGS = {
    "key without its alias": Tampering(
        lambda aws: kms(aws).delete_alias(AliasName="alias/acme-state"),
        [f"{KEY.address}: create alias alias/acme-state"],
    ),
    "key not rotated": Tampering(
        lambda aws: kms(aws).disable_key_rotation(KeyId=key_id(aws)), [f"{KEY.address}: update rotation"]
    ),
    "key rotated less often": Tampering(
        lambda aws: kms(aws).enable_key_rotation(KeyId=key_id(aws), RotationPeriodInDays=2000),
        [f"{KEY.address}: update rotation"],
    ),
    "key rotated more often": Tampering(
        lambda aws: kms(aws).enable_key_rotation(KeyId=key_id(aws), RotationPeriodInDays=90),
        [f"{KEY.address}: update rotation"],
        risky=[f"{KEY.address}: update rotation"],
    ),
    "key with another policy": Tampering(
        lambda aws: kms(aws).put_key_policy(KeyId=key_id(aws), PolicyName="default", Policy=only_root()),
        [f"{KEY.address}: update policy"],
    ),
    "key disabled": Tampering(
        lambda aws: kms(aws).disable_key(KeyId=key_id(aws)),
        [f"{KEY.address}: update state"],
        risky=[f"{KEY.address}: update state"],
    ),
    "key with another description": Tampering(
        lambda aws: kms(aws).update_key_description(KeyId=key_id(aws), Description="Terrible"),
        [f"{KEY.address}: update description"],
    ),
    "key with another tag": Tampering(
        lambda aws: kms(aws).tag_resource(KeyId=key_id(aws), Tags=[{"TagKey": "owner", "TagValue": "me"}]),
        [f"{KEY.address}: update tags"],
    ),
    "key without address tag": Tampering(
        lambda aws: kms(aws).untag_resource(KeyId=key_id(aws), TagKeys=["awsbase:address"]),
        [f"{KEY.address}: update tags"],
    ),
}
BUCKET_TAMPERINGS = {
    "versioning suspended": Tampering(
        lambda aws: s3(aws).put_bucket_versioning(Bucket="acme-state", VersioningConfiguration={"Status": "Suspended"}),
        [f"{BUCKET.address}: update versioning"],
    ),
    "public access block removed": Tampering(
        lambda aws: s3(aws).delete_public_access_block(Bucket="acme-state"),
        [f"{BUCKET.address}: update public access block"],
    ),
    "logs delivered by the ACL": Tampering(
        log_delivery,
        [f"{BUCKET.address}: update ACL", f"{BUCKET.address}: update ownership"],
        risky=[f"{BUCKET.address}: update ACL"],
    ),
    "ownership weakened": Tampering(
        lambda aws: s3(aws).put_bucket_ownership_controls(
            Bucket="acme-state", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        ),
        [f"{BUCKET.address}: update ownership"],
    ),
    "bucket policy removed": Tampering(
        lambda aws: s3(aws).delete_bucket_policy(Bucket="acme-state"), [f"{BUCKET.address}: create policy"]
    ),
    "statement removed": Tampering(
        lambda aws: write_policy(aws, lambda statements: statements[1:]), [f"{BUCKET.address}: update policy"]
    ),
    "statement weakened": Tampering(
        lambda aws: write_policy(aws, lambda all: [{**all[0], "Resource": [f"{all[0]['Resource']}.txt"]}, *all[1:]]),
        [f"{BUCKET.address}: update policy"],
    ),
    "additional statement of awsbase": Tampering(
        lambda aws: write_policy(aws, lambda all: [{**all[0], "Sid": "AwsbaseMore", "Action": "s3:*"}, *all]),
        [f"{BUCKET.address}: update policy"],
        risky=[f"{BUCKET.address}: update policy"],
    ),
    "encrypted with S3's key": Tampering(
        lambda aws: encrypt_with(aws, ApplyServerSideEncryptionByDefault={"SSEAlgorithm": "AES256"}),
        [f"{BUCKET.address}: update encryption"],
    ),
    "encrypted with any key": Tampering(
        lambda aws: encrypt_with(
            aws, ApplyServerSideEncryptionByDefault={"SSEAlgorithm": "aws:kms"}, BucketKeyEnabled=True
        ),
        [f"{BUCKET.address}: update encryption"],
    ),
    "lifecycle removed": Tampering(
        lambda aws: s3(aws).delete_bucket_lifecycle(Bucket="acme-state"),
        [f"{BUCKET.address}: update lifecycle"],
        risky=[f"{BUCKET.address}: update lifecycle"],
    ),
    "rule disabled": Tampering(
        lambda aws: write_rules(aws, lambda rules: [{**rules[0], "Status": "Disabled"}, *rules[1:]]),
        [f"{BUCKET.address}: update lifecycle"],
    ),
    "additional rule of awsbase": Tampering(
        lambda aws: write_rules(aws, lambda rules: [*rules, {**rules[0], "ID": "Awsbase-more"}]),
        [f"{BUCKET.address}: update lifecycle"],
    ),
    "bucket with another tag": Tampering(
        lambda aws: s3(aws).put_bucket_tagging(
            Bucket="acme-state", Tagging={"TagSet": tags.pairs({"owner": "me", tags.CREATED_BY: "acme"})}
        ),
        [f"{BUCKET.address}: update tags"],
    ),
}

SAMPLES = (
    Sample("state", [KEY, BUCKET, POLICY], tamperings={**KEY_TAMPERINGS, **BUCKET_TAMPERINGS}),
    Sample("state bucket made by hand", [KEY, BUCKET], before=made_by_hand),
    Sample("key without alias", [KEY], before=key_without_alias),
    Sample("key in another region", [OTHER_REGION]),
    Sample("bucket without a key", [PLAIN]),
)
