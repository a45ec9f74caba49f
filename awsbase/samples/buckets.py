"""A sample of general buckets: one that pages use and that is copied, and one that takes the copies and locks them."""

from collections.abc import Callable
from typing import Any

from awsbase.manifest.manifest import Manifest, merged
from awsbase.samples.sample import ACCOUNT, HOME, Reached, Sample, Tampering

UPLOADS, COPIES = "acme-uploads", "acme-copies"
MANIFEST = Manifest.model_validate(
    {
        "version": 1,
        "account": {"id": ACCOUNT, "name": "acme", "region": HOME.region, "tags": {"owner": "platform"}},
        "iam": {"groups": {"Developers": {"policies": []}}},
        "buckets": {
            "uploads": {
                "preset": "uploads",
                "versions": {"at_least": 3, "transitions": {"STANDARD_IA": 30}, "keep_days": 90},
                "transitions": {"STANDARD_IA": 30, "GLACIER": 90},
                "cors": {"origins": ["https://app.acme.example"]},
                "cloudfront": ["E2EXAMPLE7ABC"],
                "writers": ["Developers"],
                "replicate": {"account": ACCOUNT, "bucket": COPIES},
            },
            "copies": {
                "key": "own",
                "lock": {},
                "replicas_from": {"account": ACCOUNT, "role": "acme-replicates-uploads"},
            },
        },
    }
)
RESOURCES = merged(MANIFEST).sections["buckets"]
SOURCE, TARGET = (f"bucket/{name}" for name in (UPLOADS, COPIES))


def s3(aws: Reached) -> Any:
    """Return the client of S3."""
    return aws.client("s3", HOME.region)


def by_hand(operation: str, bucket: str, **arguments: object) -> Callable[[Reached], object]:
    """Return a function that calls S3 by hand."""
    return lambda aws: getattr(s3(aws), operation)(Bucket=bucket, **arguments)


def locked(mode: str, days: int) -> Callable[[Reached], object]:
    """Return a function that locks new versions otherwise."""
    rule = {"DefaultRetention": {"Mode": mode, "Days": days}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    return by_hand("put_object_lock_configuration", COPIES, ObjectLockConfiguration=lock)


def copied_with_deletions(aws: Reached) -> None:
    """Copy also that something is deleted."""
    have = s3(aws).get_bucket_replication(Bucket=UPLOADS)["ReplicationConfiguration"]
    rules = [{**rule, "DeleteMarkerReplication": {"Status": "Enabled"}} for rule in have["Rules"]]
    s3(aws).put_bucket_replication(Bucket=UPLOADS, ReplicationConfiguration={**have, "Rules": rules})


def kept_longer(aws: Reached) -> None:
    """Move nothing to an archive, and keep more old versions."""
    rules = s3(aws).get_bucket_lifecycle_configuration(Bucket=UPLOADS)["Rules"]
    for rule in rules:
        rule.pop("Transitions", None)
        if "NoncurrentVersionExpiration" in rule:
            rule["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = 100
    kept = [rule for rule in rules if rule["ID"] != "Awsbase-objects"]
    s3(aws).put_bucket_lifecycle_configuration(Bucket=UPLOADS, LifecycleConfiguration={"Rules": kept})


ANY_PAGE = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
SAMPLES = (
    Sample(
        "buckets",
        RESOURCES,
        tamperings={
            "no page lets browsers in": Tampering(by_hand("delete_bucket_cors", UPLOADS), [f"{SOURCE}: create CORS"]),
            "pages of others let in": Tampering(
                by_hand("put_bucket_cors", UPLOADS, CORSConfiguration={"CORSRules": [ANY_PAGE]}),
                [f"{SOURCE}: update CORS"],
                risky=[f"{SOURCE}: update CORS"],
            ),
            "no longer copied": Tampering(
                by_hand("delete_bucket_replication", UPLOADS),
                [f"{SOURCE}: create replication"],
                risky=[f"{SOURCE}: create replication"],
            ),
            "copied with deletions": Tampering(copied_with_deletions, [f"{SOURCE}: update replication"]),
            "locked for a shorter time": Tampering(locked("GOVERNANCE", 1), [f"{TARGET}: update Object Lock"]),
            "locked for a longer time": Tampering(
                locked("GOVERNANCE", 90), [f"{TARGET}: update Object Lock"], risky=[f"{TARGET}: update Object Lock"]
            ),
            "old versions kept longer": Tampering(
                kept_longer, [f"{SOURCE}: update lifecycle"], risky=[f"{SOURCE}: update lifecycle"]
            ),
        },
    ),
)
