"""S3 in the sandbox: what moto alone lets through, and AWS does not."""

import json
from typing import Any

import pytest

from awsbase.access.bucket_policy import only_under
from awsbase.engine.scope import Scope
from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

BUCKET = "acme-state"
ARN = f"arn:aws:s3:::{BUCKET}"
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [ARN, f"{ARN}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
ELSEWHERE = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::other"}
NOBODY = {**EVERYBODY, "Principal": {"AWS": "arn:aws:iam::123456789012:role/absent"}}
ON_THE_BUCKET = {**TLS_ONLY, "Action": "s3:PutObject", "Resource": ARN}
NOT_S3 = {**TLS_ONLY, "Action": "kms:Decrypt"}
EXPIRE = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {
    "NoncurrentDays": 90, "NewerNoncurrentVersions": 10}}  # fmt: skip

OLD_MANNER = {"ID": "tmp", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Days": 7}}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def made(*, strict: bool = True) -> Any:
    s3 = Sandbox(strict=strict).client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("create_bucket", {"Bucket": "acme..state"}, "InvalidBucketName"),
        ("create_bucket", {"Bucket": "10.0.0.1"}, "InvalidBucketName"),
        ("create_bucket", {"Bucket": "acme-s3alias"}, "InvalidBucketName"),
        ("create_bucket", {"Bucket": "acme-other", "ACL": "public-read"}, "InvalidBucketAclWithObjectOwnership"),
        ("delete_objects", {"Bucket": BUCKET, "Delete": {"Objects": [{"Key": "a"}] * 1001}}, "MalformedXML"),
        ("put_bucket_acl", {"Bucket": BUCKET, "ACL": "public-read"}, "AccessControlListNotSupported"),
        ("put_object", {"Bucket": BUCKET, "Key": "a", "ACL": "private"}, "AccessControlListNotSupported"),
        ("get_bucket_versioning", {"Bucket": BUCKET, "ExpectedBucketOwner": "210987654321"}, "AccessDenied"),
        ("put_bucket_policy", {"Bucket": BUCKET, "Policy": policy(EVERYBODY)}, "AccessDenied"),
        ("put_bucket_policy", {"Bucket": BUCKET, "Policy": policy(ELSEWHERE)}, "MalformedPolicy"),
        ("put_bucket_policy", {"Bucket": BUCKET, "Policy": policy(NOBODY)}, "MalformedPolicy"),
        ("put_bucket_policy", {"Bucket": BUCKET, "Policy": policy(ON_THE_BUCKET)}, "MalformedPolicy"),
        ("put_bucket_policy", {"Bucket": BUCKET, "Policy": policy(NOT_S3)}, "MalformedPolicy"),
        ("put_bucket_policy", {"Bucket": BUCKET, "Policy": "no JSON"}, "MalformedPolicy"),
        ("put_bucket_policy", {"Bucket": BUCKET, "Policy": policy(TLS_ONLY) + " " * 20480}, "MalformedPolicy"),
        ("put_bucket_lifecycle_configuration", {"Bucket": BUCKET, "LifecycleConfiguration": {"Rules": [
            {"ID": "a", "Status": "Enabled", "Filter": {"Tag": {"Key": "a", "Value": "b"}},
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}}, "InvalidRequest"),
        ("put_bucket_lifecycle_configuration", {"Bucket": BUCKET, "LifecycleConfiguration": {"Rules": [
            {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""},
             "Transitions": [{"Days": 7, "StorageClass": "STANDARD_IA"}]}]}}, "InvalidArgument"),
        ("put_bucket_lifecycle_configuration", {"Bucket": BUCKET, "LifecycleConfiguration": {"Rules": [
            {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}}]}}, "InvalidRequest"),
        ("put_bucket_lifecycle_configuration", {"Bucket": BUCKET, "LifecycleConfiguration": {"Rules": [
            EXPIRE, EXPIRE]}}, "InvalidArgument"),
        ("put_bucket_lifecycle_configuration", {"Bucket": BUCKET, "LifecycleConfiguration": {"Rules": [
            EXPIRE, OLD_MANNER]}}, "InvalidRequest"),
        ("put_bucket_encryption", {"Bucket": BUCKET, "ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "x"}}]}},
            "InvalidArgument"),
    ],
)  # fmt: skip
def test_mistakes_that_moto_lets_through(method: str, params: dict[str, Any], code: str) -> None:
    assert refused(getattr(made(strict=False), method), **params) is None
    assert refused(getattr(made(), method), **params) == code


def test_a_new_bucket_is_private_encrypted_and_without_access_lists() -> None:
    s3 = made()

    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    (owned,) = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert owned == {"ObjectOwnership": "BucketOwnerEnforced"}


def test_creating_ones_own_bucket_again_changes_nothing() -> None:
    s3 = made()
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.create_bucket(Bucket=BUCKET)

    assert refused(s3.get_public_access_block, Bucket=BUCKET) == "NoSuchPublicAccessBlockConfiguration"


def test_encryption_is_one_and_cannot_be_taken_away() -> None:
    s3 = made()
    (one,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    two = {"Rules": [{"ApplyServerSideEncryptionByDefault": one["ApplyServerSideEncryptionByDefault"]}] * 2}
    assert refused(s3.put_bucket_encryption, Bucket=BUCKET, ServerSideEncryptionConfiguration=two) == "MalformedXML"
    s3.delete_bucket_encryption(Bucket=BUCKET)

    assert refused(s3.get_bucket_encryption, Bucket=BUCKET) is None


def test_tags_given_at_creation_are_kept() -> None:
    s3 = Sandbox().client("s3", "eu-west-1")
    tags = [{"Key": "owner", "Value": "platform"}]
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1", "Tags": tags})

    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == tags


@pytest.mark.parametrize("strict", [True, False])
def test_objects_in_a_bucket_that_wants_tls_can_be_used(strict: bool) -> None:
    s3 = made(strict=strict)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(TLS_ONLY))
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"state")

    assert s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"state"
    s3.delete_object(Bucket=BUCKET, Key="a")


def test_a_lifecycle_reads_back_as_it_was_put() -> None:
    s3 = made()
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [EXPIRE]})

    told = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)
    assert told["Rules"] == [EXPIRE]
    assert told["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"

    s3.delete_bucket_lifecycle(Bucket=BUCKET)
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=BUCKET) == "NoSuchLifecycleConfiguration"


def test_somebody_elses_bucket_is_out_of_reach() -> None:
    sandbox = Sandbox()
    sandbox.foreign_bucket("taken")
    s3 = sandbox.client("s3")

    assert refused(s3.head_bucket, Bucket="taken") == "403"
    assert refused(s3.create_bucket, Bucket="taken") == "BucketAlreadyExists"
    assert refused(s3.get_bucket_policy, Bucket="taken") == "AccessDenied"
    assert refused(s3.head_bucket, Bucket="free") == "404"
    assert s3.list_buckets()["Buckets"] == []


def test_objects_need_a_key_that_works() -> None:
    sandbox = Sandbox()
    s3, kms = sandbox.client("s3"), sandbox.client("kms")
    s3.create_bucket(Bucket=BUCKET)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=rules)
    s3.put_object(Bucket=BUCKET, Key="a")

    kms.disable_key(KeyId=key)
    assert refused(s3.put_object, Bucket=BUCKET, Key="b") == "KMS.DisabledException"
    kms.schedule_key_deletion(KeyId=key)
    assert refused(s3.put_object, Bucket=BUCKET, Key="b") == "KMS.KMSInvalidStateException"
    elsewhere = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key.replace("us-east-1", "eu-west-1") + "0"}
    assert refused(s3.put_object, Bucket=BUCKET, Key="b", **elsewhere) == "KMS.NotFoundException"


def test_a_lifecycle_all_in_the_old_manner_is_taken() -> None:
    rules = {"Rules": [OLD_MANNER]}
    assert refused(made().put_bucket_lifecycle_configuration, Bucket=BUCKET, LifecycleConfiguration=rules) is None


HOME = Scope("123456789012", home="us-east-1", region="us-east-1")
BROUGHT = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, None),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "right"}, None),
        ({"ServerSideEncryption": "AES256"}, "AccessDenied"),
        ({"ServerSideEncryption": "aws:kms"}, "AccessDenied"),
        ({"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": "right"}, "AccessDenied"),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "other"}, "AccessDenied"),
        (BROUGHT, "AccessDenied"),
    ],
    ids=["nothing said", "right key", "AES256", "no key", "twice", "another key", "brought along"],
)
@pytest.mark.parametrize("method", ["put_object", "create_multipart_upload", "copy_object"])
def test_uploads_are_under_the_key_that_the_policy_asks_for(
    method: str, headers: dict[str, str], code: str | None
) -> None:
    sandbox = Sandbox()
    s3, kms = sandbox.client("s3"), sandbox.client("kms")
    keys = {name: kms.create_key()["KeyMetadata"]["Arn"] for name in ("right", "other")}
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="from")
    wanted = json.dumps([TLS_ONLY, *only_under("key/state", HOME, BUCKET)], default=lambda made: keys["right"])
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(*json.loads(wanted)))

    params = {name: keys.get(value, value) for name, value in headers.items()}
    source = {"CopySource": f"{BUCKET}/from"} if method == "copy_object" else {}
    assert refused(getattr(s3, method), Bucket=BUCKET, Key="y", **source, **params) == code


@pytest.mark.parametrize(("network", "code"), [("127.0.0.0/8", None), ("203.0.113.0/24", "AccessDenied")])
def test_an_upload_is_denied_from_where_the_policy_does_not_want_it(network: str, code: str | None) -> None:
    s3 = made()
    elsewhere = {"NotIpAddress": {"aws:SourceIp": network}}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy({**TLS_ONLY, "Condition": elsewhere}))
    assert refused(s3.put_object, Bucket=BUCKET, Key="a") == code


def test_logs_are_delivered_whatever_the_order_of_the_policy() -> None:
    s3 = made()
    service = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{ARN}/logs/*",
        "Condition": {"ArnLike": {"aws:SourceArn": ARN}, "StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    wanted = {"LoggingEnabled": {"TargetBucket": BUCKET, "TargetPrefix": "logs/"}}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(TLS_ONLY))
    assert refused(s3.put_bucket_logging, Bucket=BUCKET, BucketLoggingStatus=wanted) == "InvalidTargetBucketForLogging"

    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(TLS_ONLY, service))
    assert refused(s3.put_bucket_logging, Bucket=BUCKET, BucketLoggingStatus=wanted) is None
    assert s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]["TargetPrefix"] == "logs/"


def test_owner_takes_all_only_once_the_acl_lets_nobody_else_in() -> None:
    s3 = Sandbox().client("s3")
    s3.create_bucket(Bucket=BUCKET, ObjectOwnership="ObjectWriter")
    owner = s3.get_bucket_acl(Bucket=BUCKET)["Owner"]
    delivery = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    grants = [{"Grantee": {"Type": "CanonicalUser", "ID": owner["ID"]}, "Permission": "FULL_CONTROL"}]
    grants.append({"Grantee": delivery, "Permission": "WRITE"})
    s3.put_bucket_acl(Bucket=BUCKET, AccessControlPolicy={"Owner": owner, "Grants": grants})
    mine = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    code = refused(s3.put_bucket_ownership_controls, Bucket=BUCKET, OwnershipControls=mine)
    assert code == "InvalidBucketAclWithObjectOwnership"
    s3.put_bucket_acl(Bucket=BUCKET, ACL="private")
    assert refused(s3.put_bucket_ownership_controls, Bucket=BUCKET, OwnershipControls=mine) is None


ALL = "http://acs.amazonaws.com/groups/global/AllUsers"


@pytest.mark.parametrize(
    "given",
    [
        {"ACL": "public-read"},
        {"ACL": "authenticated-read"},
        {"GrantRead": f'uri="{ALL}"'},
        {"AccessControlPolicy": {"Grants": [{"Grantee": {"Type": "Group", "URI": ALL}, "Permission": "READ"}]}},
    ],
    ids=["everybody", "whoever has an account", "in a header", "as a list"],
)
@pytest.mark.parametrize("whose", ["bucket", "account"])
def test_no_acl_lets_everybody_in_while_that_is_blocked(given: dict[str, Any], whose: str) -> None:
    sandbox = Sandbox()
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket=BUCKET, ObjectOwnership="ObjectWriter")
    if "AccessControlPolicy" in given:
        given = {
            "AccessControlPolicy": {**given["AccessControlPolicy"], "Owner": s3.get_bucket_acl(Bucket=BUCKET)["Owner"]}
        }
    assert refused(s3.put_bucket_acl, Bucket=BUCKET, **given) == "AccessDenied"
    s3.delete_public_access_block(Bucket=BUCKET)
    assert refused(s3.put_bucket_acl, Bucket=BUCKET, **given) is None
    if whose == "account":
        sandbox.client("s3control").put_public_access_block(
            AccountId="123456789012", PublicAccessBlockConfiguration={"BlockPublicAcls": True}
        )
        assert refused(s3.put_bucket_acl, Bucket=BUCKET, **given) == "AccessDenied"
    assert refused(s3.put_bucket_acl, Bucket=BUCKET, ACL="private") is None


def test_status_of_a_policy_is_what_the_block_goes_by() -> None:
    s3 = made()
    assert refused(s3.get_bucket_policy_status, Bucket=BUCKET) == "NoSuchBucketPolicy"
    hotlinks = policy({**EVERYBODY, "Condition": {"StringLike": {"aws:Referer": "https://acme.example/*"}}})
    assert refused(s3.put_bucket_policy, Bucket=BUCKET, Policy=hotlinks) == "AccessDenied"
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=hotlinks)
    assert s3.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"] == {"IsPublic": True}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(TLS_ONLY))
    assert s3.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"] == {"IsPublic": False}


def test_buckets_come_in_pages_with_their_regions() -> None:
    sandbox = Sandbox(pages=2)
    for region in ("us-east-1", "eu-west-1", "eu-west-2"):
        there = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        sandbox.client("s3", region).create_bucket(Bucket=f"acme-{region}", **there)
    s3 = sandbox.client("s3", "eu-west-1")
    pages = [page["Buckets"] for page in s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1000})]
    assert [[each["BucketRegion"] for each in page] for page in pages] == [["eu-west-1", "eu-west-2"], ["us-east-1"]]
    assert [each.keys() & {"BucketRegion"} for each in s3.list_buckets()["Buckets"]] == [set(), set(), set()]
