"""What somebody else's settings keep awsbase from: told while planning, and nothing of the resource is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from awsbase.engine.resource import Resource
from awsbase.ensure.bucket import Bucket
from awsbase.samples.notify import BY_MAIL, MAIL, OPS, set_attribute
from awsbase.samples.state import BUCKET as SAMPLE
from awsbase.samples.state import KEY
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME

assert isinstance(SAMPLE, Bucket)
BUCKET = SAMPLE
S3_HEADER = "s3:x-amz-server-side-encryption"
GROUPS = "http://acs.amazonaws.com/groups"


@dataclass(frozen=True)
class Refusal:
    """What is there already, and what is said of it: the code of an error, or none where a person is asked."""

    name: str
    resources: Sequence[Resource]
    before: Callable[[Sandbox], object]
    code: str
    says: str


def bucket(sandbox: Sandbox) -> Any:
    """Make the bucket by hand, open to policies and ACLs; return the client."""
    s3 = sandbox.client("s3", HOME.region)
    s3.create_bucket(
        Bucket=BUCKET.name,
        CreateBucketConfiguration={"LocationConstraint": HOME.region},
        ObjectOwnership="ObjectWriter",
    )
    s3.delete_public_access_block(Bucket=BUCKET.name)
    return s3


def with_statement(**statement: Any) -> Callable[[Sandbox], None]:
    """Return what makes the bucket with one statement."""
    whole = {"Sid": "Theirs", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET.arn}/*", **statement}

    def make(sandbox: Sandbox) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [whole]})
        bucket(sandbox).put_bucket_policy(Bucket=BUCKET.name, Policy=policy)

    return make


def with_acl(sandbox: Sandbox) -> None:
    """Let everybody read what is in the bucket, by its ACL."""
    bucket(sandbox).put_bucket_acl(Bucket=BUCKET.name, ACL="public-read")


def topic_with_foreign_key(sandbox: Sandbox) -> None:
    """Encrypt the topic with a key that CloudWatch may not use."""
    sandbox.client("sns", HOME.region).create_topic(Name=OPS.name)
    arn = sandbox.client("kms", HOME.region).create_key()["KeyMetadata"]["Arn"]
    set_attribute(sandbox, OPS, "KmsMasterKeyId", arn)


def filtered_subscription(sandbox: Sandbox) -> None:
    """Subscribe the address with a filter policy that no alarm passes."""
    sns = sandbox.client("sns", HOME.region)
    sns.create_topic(Name=OPS.name)
    only = {"FilterPolicy": json.dumps({"severity": ["high"]})}
    sns.subscribe(TopicArn=OPS.arn, Protocol="email", Endpoint=MAIL, Attributes=only)
    sandbox.confirm(OPS.arn, MAIL)


AT_THE_BUCKET = [KEY, BUCKET]
REFUSALS = (
    Refusal(
        "bucket that is public by a referer",
        AT_THE_BUCKET,
        with_statement(Principal="*", Condition={"StringLike": {"aws:Referer": "https://acme.example/*"}}),
        "PublicBucket",
        "lets everybody in",
    ),
    Refusal(
        "bucket that is public by a list of principals",
        AT_THE_BUCKET,
        with_statement(Principal={"AWS": ["*", f"arn:aws:iam::{HOME.account}:root"]}),
        "PublicBucket",
        "lets everybody in",
    ),
    Refusal("bucket that is public by its ACL", AT_THE_BUCKET, with_acl, "PublicBucket", "AllUsers: READ"),
    Refusal(
        "bucket that refuses every upload",
        AT_THE_BUCKET,
        with_statement(
            Effect="Deny",
            Principal="*",
            Action="s3:PutObject",
            Condition={"StringNotEquals": {S3_HEADER: "AES256"}},
        ),
        "Obstructed",
        "statement Theirs refuses",
    ),
    Refusal("topic with a key that alarms may not use", [OPS], topic_with_foreign_key, "", "no alarm is heard"),
    Refusal("subscription that filters alarms out", [OPS, BY_MAIL], filtered_subscription, "", "never hears an alarm"),
)
