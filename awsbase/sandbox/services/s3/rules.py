"""S3: what a new bucket comes with, what reads back, and which public access is refused."""

import json
import re
from functools import partial
from typing import Any
from uuid import uuid4

from moto.iam.access_control import PermissionResult
from moto.s3.models import s3_backends

from awsbase.sandbox.authorization import identity, request_context
from awsbase.sandbox.authorization.decision import AccessRequest, effects
from awsbase.sandbox.policy_checks import check_policy
from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.public_policies import public
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.kms import find
from awsbase.sandbox.wire import Refusal

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")
SSE = "s3:x-amz-server-side-encryption"
FOUR = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ENCRYPTED = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
ACLS = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
)


def bucket_name(request: Request) -> None:
    """Refuse a name that no bucket may have.

    Raises Refusal with InvalidBucketName or InvalidBucketAclWithObjectOwnership.
    """
    name = request.params["Bucket"]
    looks_like_address = re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name)
    if not NAME.fullmatch(name) or ".." in name or looks_like_address or name.startswith(STARTS) or name.endswith(ENDS):
        raise Refusal("InvalidBucketName", "The specified bucket is not valid.", 400)
    if request.params.get("ACL", "private") != "private" or any(grant in request.params for grant in GRANTS):
        raise Refusal("InvalidBucketAclWithObjectOwnership", ACLS, 400)


def own_bucket(request: Request) -> None:
    """Keep off buckets of other accounts, and of other owners than the caller expects.

    Raises Refusal with AccessDenied.
    """
    owner = _owner(request)
    expected = request.params.get("ExpectedBucketOwner")
    if owner and (owner != request.account or (expected and expected != owner)) and request.operation != "CreateBucket":
        raise Refusal("AccessDenied", "Access Denied", 403)


def add_defaults(request: Request, response: dict[str, Any]) -> None:
    """Give a new bucket what every new bucket has."""
    name = request.params["Bucket"]
    bucket = request.backend("s3").buckets.get(name)
    if bucket is None or getattr(bucket, "furnished", False):
        return
    bucket.furnished = True
    # moto reads a policy's Deny without its conditions, so that a TLS-only policy would forbid every object.
    bucket.get_permission = _undecided
    # Its search for the logging service breaks on a principal that is written `*`.
    bucket._log_permissions_enabled_policy = partial(_takes_logs, f"arn:{bucket.partition}:s3:::{name}")
    request.call_moto("s3:PutBucketEncryption", Bucket=name, ServerSideEncryptionConfiguration=ENCRYPTED)
    request.call_moto(
        "s3:PutBucketOwnershipControls",
        Bucket=name,
        OwnershipControls={
            "Rules": [{"ObjectOwnership": request.params.get("ObjectOwnership", "BucketOwnerEnforced")}]
        },
    )
    request.call_moto("s3:PutPublicAccessBlock", Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(FOUR, True))
    if tags := request.params.get("CreateBucketConfiguration", {}).get("Tags"):
        request.call_moto("s3:PutBucketTagging", Bucket=name, Tagging={"TagSet": tags})


def encrypted_again(request: Request, response: dict[str, Any]) -> None:
    """Fall back to S3's own encryption: a bucket cannot be without."""
    request.call_moto(
        "s3:PutBucketEncryption", Bucket=request.params["Bucket"], ServerSideEncryptionConfiguration=ENCRYPTED
    )


def one_encryption(request: Request) -> None:
    """Refuse what is not exactly one encryption that fits its key.

    Raises Refusal with MalformedXML or InvalidArgument.
    """
    rules = request.params["ServerSideEncryptionConfiguration"]["Rules"]
    if len(rules) != 1:
        raise Refusal("MalformedXML", "The XML you provided was not well-formed", 400)
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    if default.get("SSEAlgorithm") == "AES256" and default.get("KMSMasterKeyID"):
        raise Refusal("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is AES256")


def add_blocked_types(request: Request, response: dict[str, Any]) -> None:
    """Add what AWS adds to an encryption that is read back."""
    for rule in response["ServerSideEncryptionConfiguration"]["Rules"]:
        rule.setdefault("BucketKeyEnabled", False)
        rule.setdefault("BlockedEncryptionTypes", {"EncryptionType": ["SSE-C"]})


def no_acl(request: Request) -> None:
    """Refuse access lists on a bucket whose owner owns everything in it.

    Raises Refusal with AccessControlListNotSupported.
    """
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    enforced = getattr(bucket, "ownership_rule", None) == "BucketOwnerEnforced"
    granted = any(grant in request.params for grant in (*GRANTS, "AccessControlPolicy"))
    listed = request.params.get("ACL", "bucket-owner-full-control") != "bucket-owner-full-control"
    if enforced and (granted or listed or request.operation == "PutBucketAcl"):
        raise Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)


def no_public_policy(request: Request) -> None:
    """Refuse a public policy while bucket or account block them; raises Refusal with AccessDenied."""
    blocks = [
        getattr(request.backend("s3").buckets.get(request.params["Bucket"]), "public_access_block", None),
        request.backend("s3control").public_access_block,
    ]
    if any(block and block.block_public_policy for block in blocks) and public(json.loads(request.params["Policy"])):
        raise Refusal(
            "AccessDenied", "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access"
        )


def policy_status(request: Request) -> dict[str, Any]:
    """Return whether a bucket's policy is public; raises Refusal with NoSuchBucket or NoSuchBucketPolicy."""
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    if bucket is None:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
    if not bucket.policy:
        raise Refusal("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"PolicyStatus": {"IsPublic": public(json.loads(bucket.policy))}}


def owner_alone(request: Request) -> None:
    """Refuse to give the owner all objects while the bucket's ACL lets others in.

    S3 User Guide, "Troubleshooting object ownership"; the words are those of hashicorp/terraform-provider-aws#26164.
    Raises Refusal with InvalidBucketAclWithObjectOwnership.
    """
    rules = request.params["OwnershipControls"]["Rules"]
    if all(rule["ObjectOwnership"] != "BucketOwnerEnforced" for rule in rules):
        return
    bucket = request.params["Bucket"]
    if bucket not in request.backend("s3").buckets:
        return
    acl = request.call_moto("s3:GetBucketAcl", Bucket=bucket)
    if any(grant["Grantee"].get("ID") != acl["Owner"]["ID"] for grant in acl["Grants"]):
        raise Refusal("InvalidBucketAclWithObjectOwnership", ACLS, 400)


def whole_lifecycle(request: Request) -> None:
    """Refuse rules that say too little or contradict themselves.

    Raises Refusal with InvalidArgument, InvalidRequest or MalformedXML.
    """
    rules = request.params["LifecycleConfiguration"]["Rules"]
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


def keep_lifecycle(request: Request, response: dict[str, Any]) -> None:
    """Keep a lifecycle as it was put; moto loses some of it."""
    rules = request.params["LifecycleConfiguration"]["Rules"]
    kept = [{"ID": str(uuid4()), **rule} for rule in rules]
    request.backend("s3").buckets[request.params["Bucket"]].lifecycle_as_put = kept


def restore_lifecycle(request: Request, response: dict[str, Any]) -> None:
    """Return a lifecycle as it was put, with what AWS adds."""
    response["Rules"] = getattr(
        request.backend("s3").buckets[request.params["Bucket"]], "lifecycle_as_put", response["Rules"]
    )
    response.setdefault("TransitionDefaultMinimumObjectSize", "all_storage_classes_128K")


def forget_lifecycle(request: Request, response: dict[str, Any]) -> None:
    """Forget a lifecycle that was deleted."""
    vars(request.backend("s3").buckets[request.params["Bucket"]]).pop("lifecycle_as_put", None)


def upload_allowed(request: Request) -> None:
    """Refuse an upload that the bucket's policy denies for its encryption; raises Refusal with AccessDenied."""
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    if bucket is None or not bucket.policy:
        return
    message = {SSE: "ServerSideEncryption", f"{SSE}-aws-kms-key-id": "SSEKMSKeyId"}
    message[f"{SSE}-customer-algorithm"] = "SSECustomerAlgorithm"
    encrypted = {key: request.params[param] for key, param in message.items() if param in request.params}
    context = {**request_context.facts(request), **identity.facts(request), **encrypted}
    written = f"arn:{bucket.partition}:s3:::{bucket.name}/{request.params['Key']}"
    upload = AccessRequest("s3:PutObject", written, context)
    if any(
        effect == "Deny" for effect, _ in effects([identity.read(bucket.policy)], upload, identity.principal(request))
    ):
        who = f"User: {request.caller.arn} is not authorized to perform: s3:PutObject on resource: "
        raise Refusal("AccessDenied", f'{who}"{written}" with an explicit deny in a resource-based policy', 403)


def key_works(request: Request) -> None:
    """Refuse to write where the bucket's key cannot be used.

    Raises Refusal with KMS.NotFoundException, KMS.DisabledException or KMS.KMSInvalidStateException.
    """
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    rule = ((getattr(bucket, "encryption", None) or {}).get("Rule")) or {}
    default = (rule[0] if isinstance(rule, list) else rule).get("ApplyServerSideEncryptionByDefault", {})
    wanted = request.params.get("SSEKMSKeyId") or default.get("KMSMasterKeyID")
    if bucket is None or not wanted or "alias/aws/" in wanted:
        return
    key = find(request.seen_from(bucket.region_name), wanted)
    if key is None:
        raise Refusal("KMS.NotFoundException", f"Invalid keyId {wanted}", 400)
    if key.key_state == "Disabled":
        raise Refusal("KMS.DisabledException", f"{key.arn} is disabled.", 400)
    if key.key_state == "PendingDeletion":
        raise Refusal("KMS.KMSInvalidStateException", f"{key.arn} is pending deletion.", 400)


def empty_response(request: Request, response: dict[str, Any]) -> None:
    """Answer with an empty body, as S3 does: moto writes the word True, which is no XML."""


def _undecided(action: str, resource: str) -> Any:
    return PermissionResult.NEUTRAL


def _takes_logs(source: str, target_bucket: Any, target_prefix: str | None) -> bool:
    document = json.loads(target_bucket.policy) if target_bucket.policy else {}
    written = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
    context = {"aws:securetransport": "true", "aws:sourceaccount": target_bucket.account_id, "aws:sourcearn": source}
    context["aws:principalisawsservice"] = "true"
    return permits(document, "logging.s3.amazonaws.com", "s3:PutObject", written, context)


def _owner(request: Request) -> str | None:
    _, owner = s3_backends.bucket_accounts.get(request.params.get("Bucket", ""), ("", None))
    return None if owner is None else str(owner)


def bucket_policy(request: Request) -> None:
    """Judge who may use a bucket; raises Refusal with MalformedPolicy."""
    text = request.params["Policy"]
    if len(text) > 20 * 1024:
        raise Refusal("MalformedPolicy", "Policy exceeds the maximum allowed document size.")
    if not text.startswith("{"):
        raise Refusal("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
    check_policy(request, text, "bucket", "MalformedPolicy", f"arn:{request.partition}:s3:::{request.params['Bucket']}")


RULES = (
    Rule("s3:PutBucketPolicy", before=bucket_policy),
    Rule("s3:*", before=own_bucket),
    Rule("s3:CreateBucket", before=bucket_name),
    Rule("s3:CreateBucket", after=add_defaults, strict=False),
    Rule("s3:PutBucketEncryption", before=one_encryption),
    Rule("s3:DeleteBucketEncryption", after=encrypted_again, strict=False),
    Rule("s3:GetBucketEncryption", after=add_blocked_types),
    Rule("s3:PutBucketAcl s3:PutObjectAcl s3:PutObject s3:CopyObject s3:CreateMultipartUpload", before=no_acl),
    Rule("s3:PutBucketPolicy", before=no_public_policy),
    Rule("s3:GetBucketPolicyStatus", before=policy_status),
    Rule("s3:PutBucketOwnershipControls", before=owner_alone),
    Rule("s3:PutBucketPolicy", after=empty_response, strict=False),
    Rule("s3:PutBucketLifecycleConfiguration", before=whole_lifecycle),
    Rule("s3:PutBucketLifecycleConfiguration", after=keep_lifecycle, strict=False),
    Rule("s3:GetBucketLifecycleConfiguration", after=restore_lifecycle, strict=False),
    Rule("s3:DeleteBucketLifecycle", after=forget_lifecycle, strict=False),
    Rule("s3:PutObject s3:CopyObject s3:CreateMultipartUpload", before=upload_allowed),
    Rule("s3:PutObject s3:CopyObject s3:CreateMultipartUpload", before=key_works),
)
