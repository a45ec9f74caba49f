"""S3: buckets, what they hold and who may use them."""

from typing import Any

from awsbase.sandbox.service import Codes, Need, Request, ResourcePolicy, Service, TagWords
from awsbase.sandbox.services.s3 import abac, cors, object_lock, permissions, replication, rules, transitions
from awsbase.sandbox.snapshot import by_partition, document, plain, tag_dict


def buckets(s3: Any) -> dict[str, Any]:
    """Return the buckets of a partition, by name."""
    attributes = (
        "region_name versioning_status logging encryption ownership_rule object_lock_enabled default_lock_mode "
        "default_lock_days default_lock_years accelerate_configuration cors replication"
    )
    # An access log has a file for each request, whenever it came.
    logging = [bucket.logging for bucket in s3.buckets.values() if bucket.logging]
    access_logs = {to["TargetBucket"]: to.get("TargetPrefix") or "" for to in logging}
    return {
        bucket.name: {name: plain(getattr(bucket, name, None)) for name in attributes.split()}
        | {
            "policy": document(bucket.policy),
            "lifecycle": plain(getattr(bucket, "lifecycle_as_put", None) or bucket.rules),
            "block": plain(bucket.public_access_block),
            "abac": getattr(bucket, "abac", "Disabled"),
            "tags": tag_dict(s3.tagger.list_tags_for_resource(f"arn:{bucket.partition}:s3:::{bucket.name}")["Tags"]),
            "objects": sorted(key for key in bucket.keys if not key.startswith(access_logs.get(bucket.name, "\0"))),
        }
        for bucket in s3.buckets.values()
    }


def listed_in(request: Request, arn: str) -> bool:
    """Return whether the tagging API lists a bucket in the request's region: in its own."""
    bucket = request.backend("s3").buckets.get(arn.split(":::")[-1]) if ":s3:::" in arn else None
    return bucket is None or bucket.region_name == request.region


def policy(request: Request, need: Need) -> Any:
    """Return the policy of a bucket; it does not keep root from reading, replacing or deleting it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
    """
    if request.caller.kind == "root" and need.action in ROOT_MAY:
        return None
    name = need.resource.split(":::")[-1].partition("/")[0]
    return getattr(request.backend("s3").buckets.get(name), "policy", None)


ROOT_MAY = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")

SERVICE = Service(
    "s3",
    rules=(
        *rules.RULES,
        *transitions.RULES,
        *cors.RULES,
        *object_lock.RULES,
        *replication.RULES,
        *abac.RULES,
    ),
    calls=permissions.CALLS,
    listed_in=listed_in,
    policy=ResourcePolicy(policy),
    snapshot=by_partition("s3", buckets),
    codes=Codes(
        invalid="InvalidArgument",
        malformed=("MalformedXML", rules.MALFORMED),
        tags="InvalidTag",
        denied=("AccessDenied", 403),
        throttled=("SlowDown", 503),
        failure="InternalError",
        unknown_key=("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
    ),
    opt_in=False,
    tag_words=TagWords(
        reserved="System tags cannot be added/updated by requester",
        reserved_at_creation=rules.NO_SYSTEM_TAGS,
        duplicate="Cannot provide multiple Tags with the same key",
    ),
    # Recorded by LocalStack's tests: test_put_bucket_logging_wrong_target.
    words={r"(The target bucket for logging does not exist)\.": r"\1"},
    checked_by_rules={
        "CreateBucket": ("Bucket", "ObjectOwnership"),
        "PutBucketLifecycleConfiguration": ("TransitionDefaultMinimumObjectSize",),
    },
    warm_up={"ListBuckets": {}},
)
