"""S3: what a new bucket comes with, what reads back, and who may not be let in."""

import json
import re
from functools import partial
from typing import Any
from uuid import uuid4

from moto.iam.access_control import PermissionResult
from moto.s3.models import s3_backends

from awsbase.sandbox.authorization import identity, request
from awsbase.sandbox.authorization.decision import Request, effects
from awsbase.sandbox.documents import permits, public
from awsbase.sandbox.rule import Ask, Refusal, Rule
from awsbase.sandbox.rules.kms import find

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")

SSE = "s3:x-amz-server-side-encryption"
FOUR = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ENCRYPTED = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}

GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
)


def bucket_name(ask: Ask) -> None:
    """Refuse a name that no bucket may have."""
    name = ask.params["Bucket"]
    looks_like_address = re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name)
    if not NAME.fullmatch(name) or ".." in name or looks_like_address or name.startswith(STARTS) or name.endswith(ENDS):
        raise Refusal("InvalidBucketName", "The specified bucket is not valid.", 400)
    if ask.params.get("ACL", "private") != "private" or any(grant in ask.params for grant in GRANTS):
        raise Refusal("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership", 400)


def ours(ask: Ask) -> None:
    """Keep off buckets of other accounts, and of other owners than the caller expects."""
    owner = _owner(ask)
    expected = ask.params.get("ExpectedBucketOwner")
    if owner and (owner != ask.account or (expected and expected != owner)) and ask.operation != "CreateBucket":
        raise Refusal("AccessDenied", "Access Denied", 403)


def furnish(ask: Ask, said: dict[str, Any]) -> None:
    """Give a new bucket what every new bucket has."""
    name = ask.params["Bucket"]
    bucket = ask.backend("s3").buckets.get(name)
    if bucket is None or getattr(bucket, "furnished", False):
        return
    bucket.furnished = True
    # moto reads a policy's Deny without its conditions, so that a TLS-only policy would forbid every object.
    bucket.get_permission = _undecided
    # Its search for the logging service breaks on a principal that is written `*`.
    bucket._log_permissions_enabled_policy = partial(_takes_logs, f"arn:{bucket.partition}:s3:::{name}")
    ask.moto("s3:PutBucketEncryption", Bucket=name, ServerSideEncryptionConfiguration=ENCRYPTED)
    ask.moto(
        "s3:PutBucketOwnershipControls",
        Bucket=name,
        OwnershipControls={"Rules": [{"ObjectOwnership": ask.params.get("ObjectOwnership", "BucketOwnerEnforced")}]},
    )
    ask.moto("s3:PutPublicAccessBlock", Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(FOUR, True))
    if tags := ask.params.get("CreateBucketConfiguration", {}).get("Tags"):
        ask.moto("s3:PutBucketTagging", Bucket=name, Tagging={"TagSet": tags})


def encrypted_again(ask: Ask, said: dict[str, Any]) -> None:
    """Fall back to S3's own encryption: a bucket cannot be without."""
    ask.moto("s3:PutBucketEncryption", Bucket=ask.params["Bucket"], ServerSideEncryptionConfiguration=ENCRYPTED)


def one_encryption(ask: Ask) -> None:
    """Refuse what is not exactly one encryption that fits its key."""
    rules = ask.params["ServerSideEncryptionConfiguration"]["Rules"]
    if len(rules) != 1:
        raise Refusal("MalformedXML", "The XML you provided was not well-formed", 400)
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    if default.get("SSEAlgorithm") == "AES256" and default.get("KMSMasterKeyID"):
        raise Refusal("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is AES256")


def tell_blocked_types(ask: Ask, said: dict[str, Any]) -> None:
    """Add what AWS adds to an encryption that is read back."""
    for rule in said["ServerSideEncryptionConfiguration"]["Rules"]:
        rule.setdefault("BucketKeyEnabled", False)
        rule.setdefault("BlockedEncryptionTypes", {"EncryptionType": ["SSE-C"]})


def no_acl(ask: Ask) -> None:
    """Refuse access lists on a bucket whose owner owns everything in it."""
    bucket = ask.backend("s3").buckets.get(ask.params["Bucket"])
    enforced = getattr(bucket, "ownership_rule", None) == "BucketOwnerEnforced"
    granted = any(grant in ask.params for grant in (*GRANTS, "AccessControlPolicy"))
    listed = ask.params.get("ACL", "bucket-owner-full-control") != "bucket-owner-full-control"
    if enforced and (granted or listed or ask.operation == "PutBucketAcl"):
        raise Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)


def nobody_public(ask: Ask) -> None:
    """Refuse a public policy while bucket or account block them."""
    blocks = [
        getattr(ask.backend("s3").buckets.get(ask.params["Bucket"]), "public_access_block", None),
        ask.backend("s3control").public_access_block,
    ]
    if any(block and block.block_public_policy for block in blocks) and public(json.loads(ask.params["Policy"])):
        raise Refusal(
            "AccessDenied", "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access"
        )


def whole_lifecycle(ask: Ask) -> None:
    """Refuse rules that say too little or contradict themselves."""
    rules = ask.params["LifecycleConfiguration"]["Rules"]
    ids = [rule["ID"] for rule in rules if "ID" in rule]
    if len(ids) != len(set(ids)):
        raise Refusal("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    if any("Filter" in rule for rule in rules) and any("Prefix" in rule for rule in rules):
        raise Refusal("InvalidRequest", "Filter element can only be used in Lifecycle V2.", 400)
    for rule in rules:
        if ("Filter" in rule) == ("Prefix" in rule):
            raise Refusal("MalformedXML", "The XML you provided was not well-formed", 400)
        if not any(action in rule for action in ACTIONS):
            raise Refusal("InvalidRequest", "At least one action needs to be specified in a rule", 400)
        narrowed = {**rule.get("Filter", {}), **rule.get("Filter", {}).get("And", {})}
        if "AbortIncompleteMultipartUpload" in rule and set(narrowed) - {"Prefix", "And"}:
            raise Refusal("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags", 400)
        for move in rule.get("Transitions", []):
            if move.get("StorageClass") in ("STANDARD_IA", "ONEZONE_IA") and move.get("Days", 30) < 30:
                raise Refusal("InvalidArgument", "'Days' in Transition action must be greater than or equal to 30")


def keep_lifecycle(ask: Ask, said: dict[str, Any]) -> None:
    """Keep a lifecycle as it was put; moto loses some of it."""
    rules = ask.params["LifecycleConfiguration"]["Rules"]
    kept = [{"ID": str(uuid4()), **rule} for rule in rules]
    ask.backend("s3").buckets[ask.params["Bucket"]].lifecycle_as_put = kept


def tell_lifecycle(ask: Ask, said: dict[str, Any]) -> None:
    """Tell a lifecycle as it was put, with what AWS adds."""
    said["Rules"] = getattr(ask.backend("s3").buckets[ask.params["Bucket"]], "lifecycle_as_put", said["Rules"])
    said.setdefault("TransitionDefaultMinimumObjectSize", "all_storage_classes_128K")


def forget_lifecycle(ask: Ask, said: dict[str, Any]) -> None:
    """Forget a lifecycle that was deleted."""
    vars(ask.backend("s3").buckets[ask.params["Bucket"]]).pop("lifecycle_as_put", None)


def upload_allowed(ask: Ask) -> None:
    """Refuse an upload that the bucket's policy denies for its encryption."""
    bucket = ask.backend("s3").buckets.get(ask.params["Bucket"])
    if bucket is None or not bucket.policy:
        return
    said = {SSE: "ServerSideEncryption", f"{SSE}-aws-kms-key-id": "SSEKMSKeyId"}
    said[f"{SSE}-customer-algorithm"] = "SSECustomerAlgorithm"
    encrypted = {key: ask.params[param] for key, param in said.items() if param in ask.params}
    context = {**request.facts(ask), **identity.facts(ask), **encrypted}
    written = f"arn:{bucket.partition}:s3:::{bucket.name}/{ask.params['Key']}"
    upload = Request("s3:PutObject", written, context)
    if any(effect == "Deny" for effect, _ in effects([identity.read(bucket.policy)], upload, identity.principal(ask))):
        who = f"User: {ask.caller.arn} is not authorized to perform: s3:PutObject on resource: "
        raise Refusal("AccessDenied", f'{who}"{written}" with an explicit deny in a resource-based policy', 403)


def key_works(ask: Ask) -> None:
    """Refuse to write where the bucket's key cannot be used."""
    bucket = ask.backend("s3").buckets.get(ask.params["Bucket"])
    rule = ((getattr(bucket, "encryption", None) or {}).get("Rule")) or {}
    default = (rule[0] if isinstance(rule, list) else rule).get("ApplyServerSideEncryptionByDefault", {})
    wanted = ask.params.get("SSEKMSKeyId") or default.get("KMSMasterKeyID")
    if bucket is None or not wanted or "alias/aws/" in wanted:
        return
    key = find(ask.seen_from(bucket.region_name), wanted)
    if key is None:
        raise Refusal("KMS.NotFoundException", f"Invalid keyId {wanted}", 400)
    if key.key_state == "Disabled":
        raise Refusal("KMS.DisabledException", f"{key.arn} is disabled.", 400)
    if key.key_state == "PendingDeletion":
        raise Refusal("KMS.KMSInvalidStateException", f"{key.arn} is pending deletion.", 400)


def say_nothing(ask: Ask, said: dict[str, Any]) -> None:
    """Answer with an empty body, as S3 does: moto writes the word True, which is no XML."""


def _undecided(action: str, resource: str) -> Any:
    return PermissionResult.NEUTRAL


def _takes_logs(source: str, target_bucket: Any, target_prefix: str | None) -> bool:
    document = json.loads(target_bucket.policy) if target_bucket.policy else {}
    written = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
    context = {"aws:securetransport": "true", "aws:sourceaccount": target_bucket.account_id, "aws:sourcearn": source}
    return permits(document, "logging.s3.amazonaws.com", "s3:PutObject", written, context)


def _owner(ask: Ask) -> str | None:
    _, owner = s3_backends.bucket_accounts.get(ask.params.get("Bucket", ""), ("", None))
    return None if owner is None else str(owner)


RULES = (
    Rule("s3:*", before=ours),
    Rule("s3:CreateBucket", before=bucket_name),
    Rule("s3:CreateBucket", after=furnish, strict=False),
    Rule("s3:PutBucketEncryption", before=one_encryption),
    Rule("s3:DeleteBucketEncryption", after=encrypted_again, strict=False),
    Rule("s3:GetBucketEncryption", after=tell_blocked_types),
    Rule("s3:PutBucketAcl s3:PutObjectAcl s3:PutObject s3:CopyObject s3:CreateMultipartUpload", before=no_acl),
    Rule("s3:PutBucketPolicy", before=nobody_public),
    Rule("s3:PutBucketPolicy", after=say_nothing, strict=False),
    Rule("s3:PutBucketLifecycleConfiguration", before=whole_lifecycle),
    Rule("s3:PutBucketLifecycleConfiguration", after=keep_lifecycle, strict=False),
    Rule("s3:GetBucketLifecycleConfiguration", after=tell_lifecycle, strict=False),
    Rule("s3:DeleteBucketLifecycle", after=forget_lifecycle, strict=False),
    Rule("s3:PutObject s3:CopyObject s3:CreateMultipartUpload", before=upload_allowed),
    Rule("s3:PutObject s3:CopyObject s3:CreateMultipartUpload", before=key_works),
)
