"""Who comes to a general bucket: statements of its policy and of its key's, and the policies of those who use it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from awsbase.engine.references import Reference
from awsbase.engine.scope import Scope
from awsbase.ensure.bucket import Bucket
from awsbase.facts.buckets import CLOUDFRONT, COPIES, OURS, bucket_arn
from awsbase.policies import Document

LOOK = ("s3:ListBucket", "s3:GetBucketLocation")
WRITE = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
THROUGH_S3 = {"StringLike": {"kms:ViaService": "s3.*"}}


def use(reads: Sequence[Bucket], writes: Sequence[Bucket], deletes: Sequence[Bucket]) -> Document:
    """Let somebody read these buckets, write to some of them, and delete in some of those: no others, and no version.

    Who writes reads, too.
    """
    keys = [Reference(key) for key in dict.fromkeys(each.key for each in reads) if key]
    own = [Reference(key) for key in dict.fromkeys(each.key for each in writes) if key]
    statements: list[Document] = [
        allow("Find", LOOK, [each.arn for each in reads]),
        allow("Read", ("s3:GetObject",), objects(reads)),
    ]
    if writes:
        statements.append(allow("Write", WRITE, objects(writes)))
    if deletes:
        statements.append(allow("Delete", ("s3:DeleteObject",), objects(deletes)))
    if keys:
        statements.append({**allow("Decrypt", ("kms:Decrypt",), keys), "Condition": THROUGH_S3})
    if own:
        statements.append({**allow("Encrypt", ("kms:GenerateDataKey",), own), "Condition": THROUGH_S3})
    return {"Version": "2012-10-17", "Statement": statements}


def allow(sid: str, actions: Sequence[str], resources: Sequence[object]) -> Document:
    """Return a statement that allows actions on resources."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def objects(buckets: Iterable[Bucket]) -> list[str]:
    """Return the ARNs of all that is in some buckets."""
    return [f"{each.arn}/*" for each in buckets]


def pages(scope: Scope, name: str, distributions: Sequence[str]) -> Document:
    """Let these distributions of CloudFront read a bucket, by origin access control, and no others.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    """
    return {
        "Sid": CLOUDFRONT,
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"{bucket_arn(scope, name)}/*",
        "Condition": {"StringEquals": {"aws:SourceArn": arns(scope, distributions)}},
    }


def pages_decrypt(scope: Scope, distributions: Sequence[str]) -> Document:
    """Let these distributions of CloudFront decrypt what they read."""
    return {
        "Sid": "CloudFrontDecrypts",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceArn": arns(scope, distributions)}},
    }


def arns(scope: Scope, distributions: Sequence[str]) -> list[str]:
    """Return the ARNs of distributions."""
    return [scope.global_arn("cloudfront", f"distribution/{each}") for each in distributions]


def copies(scope: Scope, name: str, account: str, role: str) -> tuple[Document, ...]:
    """Let S3 put copies into a bucket with a role of another account, which need not be there yet.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-walkthrough-2.html
    """
    arn = bucket_arn(scope, name)
    by = copying_role(scope, account, role)
    put = ("s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags", "s3:ObjectOwnerOverrideToBucketOwner")
    return (
        {**allow(COPIES, put, [f"{arn}/*"]), **by},
        {**allow(f"{OURS}TellsVersioning", ("s3:GetBucketVersioning",), [arn]), **by},
    )


def copies_encrypt(scope: Scope, account: str, role: str) -> Document:
    """Let S3 encrypt copies with a role of another account."""
    encrypt = allow("CopiesEncrypt", ("kms:Encrypt", "kms:GenerateDataKey"), ["*"])
    return {**encrypt, **copying_role(scope, account, role)}


def copying_role(scope: Scope, account: str, role: str) -> Document:
    """Return principal and condition of one role; S3 and KMS refuse a principal that is not there yet."""
    root, arn = (f"arn:{scope.partition}:iam::{account}:{path}" for path in ("root", f"role/{role}"))
    return {"Principal": {"AWS": root}, "Condition": {"ArnEquals": {"aws:PrincipalArn": arn}}}


def copying(source: Bucket, to: str, key: str | None) -> Document:
    """Let S3 copy what is in a bucket, and keep locks as they are, to another one under the key there.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    there = f"{bucket_arn(source.scope, to)}/*"
    read = ("s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging")
    locks = ("s3:GetObjectRetention", "s3:GetObjectLegalHold") if source.lock_days else ()
    put = ("s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags", "s3:ObjectOwnerOverrideToBucketOwner")
    statements = [
        allow("Look", ("s3:GetReplicationConfiguration", "s3:ListBucket"), [source.arn]),
        allow("Read", (*read, *locks), [f"{source.arn}/*"]),
        allow("Copy", put, [there]),
    ]
    if source.key:
        statements.append({**allow("Decrypt", ("kms:Decrypt",), [Reference(source.key)]), "Condition": THROUGH_S3})
    if key:
        encrypt = allow("Encrypt", ("kms:Encrypt", "kms:GenerateDataKey"), [key])
        statements.append({**encrypt, "Condition": THROUGH_S3})
    return {"Version": "2012-10-17", "Statement": statements}
