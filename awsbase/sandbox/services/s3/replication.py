"""Replication: S3 looks at the other bucket and at the role before it takes it; moto looks at neither."""

import json
from typing import Any

from moto.s3.models import s3_backends

from awsbase.sandbox.policy_documents import permits, statements
from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.s3.rules import MALFORMED
from awsbase.sandbox.wire import Refusal

PRINCIPAL = "s3.amazonaws.com"
PRESENT = (
    "A replication configuration is present on this bucket, so you cannot change the versioning state. To change the "
    "versioning state, first delete the replication configuration."
)


def invalid(message: str) -> Refusal:
    """Return what S3 answers to most mistakes."""
    return Refusal("InvalidRequest", message, 400)


def whole(request: Request) -> None:
    """Refuse rules without what their schema asks for, and a role that S3 cannot take.

    Raises Refusal with InvalidRequest, InvalidArgument or MalformedXML.

    Recorded: LocalStack, TestS3BucketReplication, for the rules, the versions of both buckets and a destination that is
    not there; the rest is of https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html and
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Destination.html.
    """
    configuration = request.params["ReplicationConfiguration"]
    if not configuration["Rules"]:
        raise Refusal("MalformedXML", MALFORMED, 400)
    source = request.backend("s3").buckets.get(request.params["Bucket"])
    if source is not None and source.versioning_status != "Enabled":
        raise invalid("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
    for rule in configuration["Rules"]:
        if "Filter" in rule and not {"Priority", "DeleteMarkerReplication"} <= rule.keys():
            raise invalid("Priority and DeleteMarkerReplication must be specified for this version of the schema")
        to = rule["Destination"]
        under_keys = rule.get("SourceSelectionCriteria", {}).get("SseKmsEncryptedObjects", {}).get("Status")
        if (under_keys == "Enabled") != ("EncryptionConfiguration" in to):
            raise invalid("SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.")
        if "AccessControlTranslation" in to and "Account" not in to:
            raise Refusal("InvalidArgument", "Account must be specified with AccessControlTranslation", 400)
        there(request, source, to)
    assumable(request, configuration["Role"])


def there(request: Request, source: Any, to: dict[str, Any]) -> None:
    """Refuse a destination that is not there, of another account, or without versions and locks.

    Raises Refusal with InvalidRequest.
    """
    name = to["Bucket"].rpartition(":::")[2]
    _, owner = s3_backends.bucket_accounts.get(name, ("", None))
    bucket = s3_backends[owner][request.partition].buckets.get(name) if owner else None
    if bucket is None or bucket.versioning_status != "Enabled":
        raise invalid("Destination bucket must have versioning enabled.")
    if "Account" in to and to["Account"] != owner:
        raise invalid("The destination bucket is not owned by the account that is specified.")
    if bucket is source:
        raise invalid("Source and destination bucket must be different.")
    if getattr(source, "object_lock_enabled", False) and not bucket.object_lock_enabled:
        raise invalid("Destination bucket must have Object Lock enabled.")


def assumable(request: Request, arn: str) -> None:
    """Refuse a role that is not there, or that does not trust S3; raises Refusal with InvalidRequest.

    S3 gives no such answer in the documentation: what it cannot assume copies nothing, and nobody is told.
    """
    role = next((held for held in request.backend("iam", "aws").roles.values() if held.arn == arn), None)
    if role is None or request.memory(Propagation).unknown(arn, request) or not trusts(role):
        raise invalid("The role of the replication configuration cannot be assumed by Amazon S3.")


def trusts(role: Any) -> bool:
    """Return whether a role trusts S3."""
    trust = role.assume_role_policy_document
    document = trust if isinstance(trust, dict) else json.loads(trust)
    trusting = [each | {"Resource": "*"} for each in statements(document)]
    return permits({"Statement": trusting}, PRINCIPAL, "sts:AssumeRole", "*", {})


def versions_stay(request: Request) -> None:
    """Refuse to suspend the versions of a bucket that is copied; raises Refusal with InvalidBucketState.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-and-other-bucket-configs.html
    """
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    suspended = request.params.get("VersioningConfiguration", {}).get("Status") == "Suspended"
    if suspended and getattr(bucket, "replication", None):
        raise Refusal("InvalidBucketState", PRESENT, 409)


def keep(request: Request, response: dict[str, Any]) -> None:
    """Keep a replication as it was put; moto loses some of it.

    Recorded: LocalStack, TestS3BucketReplication.
    """
    bucket = request.backend("s3").buckets[request.params["Bucket"]]
    bucket.replication_as_put = request.params["ReplicationConfiguration"]


def restore(request: Request, response: dict[str, Any]) -> None:
    """Return a replication as it was put.

    Recorded: LocalStack, TestS3BucketReplication.
    """
    bucket = request.backend("s3").buckets[request.params["Bucket"]]
    response["ReplicationConfiguration"] = getattr(
        bucket, "replication_as_put", response.get("ReplicationConfiguration")
    )


RULES = (
    Rule("s3:PutBucketReplication", before=whole),
    Rule("s3:PutBucketVersioning", before=versions_stay),
    Rule("s3:PutBucketReplication", after=keep, strict=False),
    Rule("s3:GetBucketReplication", after=restore, strict=False),
)
