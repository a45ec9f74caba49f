"""S3: what a new bucket comes with, what reads back, and which public access is refused."""

import json
import re
from datetime import UTC, datetime, time
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
UUID = re.compile(r"(mrk-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")
SSE = "s3:x-amz-server-side-encryption"
FOUR = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ENCRYPTED = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
ACLS = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
# Everybody, and everybody with an AWS account: both are public.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
EVERYBODY = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
OWNERSHIPS = ("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")
SIZES = ("varies_by_storage_class", "all_storage_classes_128K")
TAG = re.compile(r"[\w\s+\-=.:/@]*")
MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"
NO_SYSTEM_TAGS = (
    'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. '
    'Remove "aws:" from your tag keys and try again.'
)
ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
)


def bucket_name(request: Request) -> None:
    """Refuse a name that no bucket may have, and an ownership that is none.

    Raises Refusal with InvalidBucketName, InvalidArgument or InvalidBucketAclWithObjectOwnership.

    Recorded: LocalStack, test_s3_uppercase_bucket_name and test_bucket_ownership_controls_exc; the rules of names are
    of https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html.
    """
    if (owns := request.params.get("ObjectOwnership", OWNERSHIPS[0])) not in OWNERSHIPS:
        raise Refusal("InvalidArgument", f"Invalid x-amz-object-ownership header: {owns}", 400)
    name = request.params["Bucket"]
    looks_like_address = re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name)
    if not NAME.fullmatch(name) or ".." in name or looks_like_address or name.startswith(STARTS) or name.endswith(ENDS):
        raise Refusal("InvalidBucketName", "The specified bucket is not valid.", 400)
    if request.params.get("ACL", "private") != "private" or any(grant in request.params for grant in GRANTS):
        raise Refusal("InvalidBucketAclWithObjectOwnership", ACLS, 400)


def own_bucket(request: Request) -> None:
    """Keep off buckets of other accounts, and of other owners than the caller expects.

    Raises Refusal with AccessDenied or InvalidBucketOwnerAWSAccountID.

    Recorded: LocalStack, test_get_bucket_policy_invalid_account_id.
    """
    owner = _owner(request)
    expected = request.params.get("ExpectedBucketOwner")
    if expected is not None and not re.fullmatch(r"\d{12}", expected):
        message = f"The value of the expected bucket owner parameter must be an AWS Account ID... [{expected}]"
        raise Refusal("InvalidBucketOwnerAWSAccountID", message, 400)
    if owner and (owner != request.account or (expected and expected != owner)) and request.operation != "CreateBucket":
        raise Refusal("AccessDenied", "Access Denied", 403)


def add_defaults(request: Request, response: dict[str, Any]) -> None:
    """Give a new bucket what every new bucket has.

    Recorded: LocalStack, test_s3_default_bucket_encryption, test_crud_bucket_ownership_controls and
    test_crud_public_access_block.
    """
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
    """Fall back to S3's own encryption: a bucket cannot be without.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html
    """
    request.call_moto(
        "s3:PutBucketEncryption", Bucket=request.params["Bucket"], ServerSideEncryptionConfiguration=ENCRYPTED
    )


def one_encryption(request: Request) -> None:
    """Refuse what is not exactly one encryption that fits its key.

    Raises Refusal with MalformedXML or InvalidArgument.

    Recorded: LocalStack, test_s3_default_bucket_encryption_exc.
    """
    rules = request.params["ServerSideEncryptionConfiguration"]["Rules"]
    if len(rules) != 1:
        raise Refusal("MalformedXML", MALFORMED, 400)
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    if default.get("SSEAlgorithm") == "AES256" and default.get("KMSMasterKeyID"):
        message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        raise Refusal("InvalidArgument", message, 400)


def add_blocked_types(request: Request, response: dict[str, Any]) -> None:
    """Add what AWS adds to an encryption that is read back.

    No recording has the member; https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html
    """
    for rule in response["ServerSideEncryptionConfiguration"]["Rules"]:
        rule.setdefault("BucketKeyEnabled", False)
        rule.setdefault("BlockedEncryptionTypes", {"EncryptionType": ["SSE-C"]})


def no_acl(request: Request) -> None:
    """Refuse access lists on a bucket whose owner owns everything in it.

    Raises Refusal with AccessControlListNotSupported.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    """
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    enforced = getattr(bucket, "ownership_rule", None) == "BucketOwnerEnforced"
    granted = any(grant in request.params for grant in (*GRANTS, "AccessControlPolicy"))
    listed = request.params.get("ACL", "bucket-owner-full-control") != "bucket-owner-full-control"
    if enforced and (granted or listed or request.operation == "PutBucketAcl"):
        raise Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)


def no_public_acl(request: Request) -> None:
    """Refuse an ACL that lets everybody in while bucket or account block them; raises Refusal with AccessDenied.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html (BlockPublicAcls)
    """
    granted = json.dumps({name: request.params.get(name) for name in (*GRANTS, "AccessControlPolicy")})
    public = request.params.get("ACL") in PUBLIC_ACLS or any(group in granted for group in EVERYBODY)
    if public and any(block and block.block_public_acls for block in blocks(request)):
        raise Refusal(
            "AccessDenied",
            "public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access",
        )


def blocks(request: Request) -> list[Any]:
    """Return the blocks of public access of a request's bucket and of its account, as far as there are any."""
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    return [getattr(bucket, "public_access_block", None), request.backend("s3control").public_access_block]


def no_public_policy(request: Request) -> None:
    """Refuse a public policy while bucket or account block them; raises Refusal with AccessDenied.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    blocked = any(block and block.block_public_policy for block in blocks(request))
    if blocked and public(json.loads(request.params["Policy"])):
        raise Refusal(
            "AccessDenied", "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access"
        )


def policy_status(request: Request) -> dict[str, Any]:
    """Return whether a bucket's policy is public; raises Refusal with NoSuchBucket or NoSuchBucketPolicy.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html
    """
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    if bucket is None:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
    if not bucket.policy:
        raise Refusal("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"PolicyStatus": {"IsPublic": public(json.loads(bucket.policy))}}


def owner_alone(request: Request) -> None:
    """Refuse to give the owner all objects while the bucket's ACL lets others in.

    The words are those of hashicorp/terraform-provider-aws#26164.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
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

    Recorded: LocalStack, test_put_bucket_lifecycle_conf_exc and test_s3_transition_default_minimum_object_size.
    """
    if (size := request.params.get("TransitionDefaultMinimumObjectSize", SIZES[0])) not in SIZES:
        raise Refusal("InvalidRequest", f"Invalid TransitionDefaultMinimumObjectSize found: {size}", 400)
    rules = request.params["LifecycleConfiguration"]["Rules"]
    ids = [rule["ID"] for rule in rules if "ID" in rule]
    if len(ids) != len(set(ids)):
        raise Refusal("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    if any("Filter" in rule for rule in rules) and any("Prefix" in rule for rule in rules):
        raise Refusal("InvalidRequest", "Filter element can only be used in Lifecycle V2.", 400)
    for rule in rules:
        if ("Filter" in rule) == ("Prefix" in rule):
            raise Refusal("MalformedXML", MALFORMED, 400)
        if rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker") and "Days" in rule["Expiration"]:
            raise Refusal("MalformedXML", MALFORMED, 400)
        if any(_by_the_hour(each) for each in (rule.get("Expiration", {}), *rule.get("Transitions", []))):
            raise Refusal("InvalidArgument", "'Date' must be at midnight GMT", 400)
        if not any(action in rule for action in ACTIONS):
            raise Refusal("InvalidRequest", "At least one action needs to be specified in a rule", 400)
        keys = [tag["Key"] for tag in rule.get("Filter", {}).get("And", {}).get("Tags", [])]
        if len(keys) != len(set(keys)):
            raise Refusal("InvalidRequest", "Duplicate Tag Keys are not allowed.", 400)
        narrowed = {**rule.get("Filter", {}), **rule.get("Filter", {}).get("And", {})}
        if "AbortIncompleteMultipartUpload" in rule and set(narrowed) - {"Prefix", "And"}:
            raise Refusal("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags", 400)
        for move in rule.get("Transitions", []):
            if move.get("StorageClass") in ("STANDARD_IA", "ONEZONE_IA") and move.get("Days", 30) < 30:
                raise Refusal("InvalidArgument", "'Days' in Transition action must be greater than or equal to 30")


def _by_the_hour(action: dict[str, Any]) -> bool:
    date = action.get("Date")
    return isinstance(date, datetime) and date.astimezone(UTC).time() != time.min


def valid_tags(request: Request) -> None:
    """Refuse characters that no tag of a bucket may have; raises Refusal with InvalidTag.

    Recorded: LocalStack, test_tagging_validation.
    """
    for tag in request.params["Tagging"]["TagSet"]:
        if not TAG.fullmatch(tag["Key"]):
            raise Refusal("InvalidTag", "The TagKey you have provided is invalid", 400)
        if not TAG.fullmatch(tag["Value"]):
            raise Refusal("InvalidTag", "The TagValue you have provided is invalid", 400)


def says_versioning(request: Request) -> None:
    """Refuse a versioning that says nothing; raises Refusal with IllegalVersioningConfigurationException.

    Recorded: LocalStack, test_bucket_versioning_crud.
    """
    if not request.params.get("VersioningConfiguration"):
        raise Refusal("IllegalVersioningConfigurationException", "The Versioning element must be specified", 400)


def no_version_left(request: Request) -> None:
    """Refuse to delete a bucket that has versions; raises Refusal with BucketNotEmpty.

    Recorded: LocalStack, test_delete_versioned_bucket_with_objects.
    """
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    if bucket and bucket.versioning_status and bucket.keys:
        message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
        raise Refusal("BucketNotEmpty", message, 409)


def pages_of_buckets(request: Request) -> dict[str, Any]:
    """List buckets by name in pages, as moto does not, and their regions only where a parameter is given.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
    """
    params, held = request.params, request.backend("s3").buckets
    response = request.call_moto("s3:ListBuckets")
    found = sorted(response["Buckets"], key=lambda bucket: str(bucket["Name"]))
    if not params:
        return {**response, "Buckets": found}
    start = int(params.get("ContinuationToken", 0))
    length = min(params.get("MaxBuckets", 10_000), request.sandbox.pages or 10_000)
    wanted = [
        {**bucket, "BucketRegion": held[bucket["Name"]].region_name}
        for bucket in found
        if bucket["Name"].startswith(params.get("Prefix", ""))
        and params.get("BucketRegion") in (None, held[bucket["Name"]].region_name)
    ]
    more = {"ContinuationToken": str(start + length)} if len(wanted) > start + length else {}
    return {**response, "Buckets": wanted[start : start + length], **more}


def thousand(request: Request) -> None:
    """Refuse to delete more than a thousand objects in one call; raises Refusal with MalformedXML.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    if not 0 < len(request.params["Delete"]["Objects"]) <= 1000:
        raise Refusal("MalformedXML", MALFORMED, 400)


def keep_lifecycle(request: Request, response: dict[str, Any]) -> None:
    """Keep a lifecycle as it was put; moto loses some of it.

    Recorded: LocalStack, test_s3_transition_default_minimum_object_size; an id where none is given,
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html.
    """
    size = request.params.get("TransitionDefaultMinimumObjectSize", "all_storage_classes_128K")
    response["TransitionDefaultMinimumObjectSize"] = size
    rules = request.params["LifecycleConfiguration"]["Rules"]
    kept = [{"ID": str(uuid4()), **rule} for rule in rules]
    bucket = request.backend("s3").buckets[request.params["Bucket"]]
    bucket.lifecycle_as_put, bucket.smallest_transition = kept, size


def restore_lifecycle(request: Request, response: dict[str, Any]) -> None:
    """Return a lifecycle as it was put, with what AWS adds.

    Recorded: LocalStack, test_s3_transition_default_minimum_object_size.
    """
    bucket = request.backend("s3").buckets[request.params["Bucket"]]
    response["Rules"] = getattr(bucket, "lifecycle_as_put", response["Rules"])
    smallest = getattr(bucket, "smallest_transition", "all_storage_classes_128K")
    response["TransitionDefaultMinimumObjectSize"] = smallest


def forget_lifecycle(request: Request, response: dict[str, Any]) -> None:
    """Forget a lifecycle that was deleted.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketLifecycle.html
    """
    vars(request.backend("s3").buckets[request.params["Bucket"]]).pop("lifecycle_as_put", None)


def upload_allowed(request: Request) -> None:
    """Refuse an upload that the bucket's policy denies for its encryption; raises Refusal with AccessDenied.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
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

    Recorded: LocalStack, test_s3_sse_validate_kms_key and test_s3_sse_validate_kms_key_state.
    """
    bucket = request.backend("s3").buckets.get(request.params["Bucket"])
    rule = ((getattr(bucket, "encryption", None) or {}).get("Rule")) or {}
    default = (rule[0] if isinstance(rule, list) else rule).get("ApplyServerSideEncryptionByDefault", {})
    wanted = request.params.get("SSEKMSKeyId") or default.get("KMSMasterKeyID")
    if bucket is None or not wanted or "alias/aws/" in wanted:
        return
    key = find(request.seen_from(bucket.region_name), wanted)
    if key is None:
        known = UUID.fullmatch(wanted.rpartition("/")[2])
        arn = f"arn:{request.partition}:kms:{bucket.region_name}:{request.account}:key/{wanted.rpartition('/')[2]}"
        raise Refusal(
            "KMS.NotFoundException", f"Key '{arn}' does not exist" if known else f"Invalid keyId '{wanted}'", 400
        )
    if key.key_state == "Disabled":
        raise Refusal("KMS.DisabledException", f"{key.arn} is disabled.", 400)
    if key.key_state == "PendingDeletion":
        raise Refusal("KMS.KMSInvalidStateException", f"{key.arn} is pending deletion.", 400)


def empty_response(request: Request, response: dict[str, Any]) -> None:
    """Answer with an empty body, as S3 does: moto writes the word True, which is no XML.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """


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
    """Judge who may use a bucket; raises Refusal with MalformedPolicy.

    Recorded: LocalStack, test_bucket_policy_exc.
    """
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
    Rule("s3:PutBucketTagging", before=valid_tags),
    Rule("s3:PutBucketVersioning", before=says_versioning),
    Rule("s3:DeleteBucket", before=no_version_left),
    Rule("s3:DeleteObjects", before=thousand),
    Rule("s3:ListBuckets", before=pages_of_buckets, strict=False),
    Rule("s3:PutBucketEncryption", before=one_encryption),
    Rule("s3:DeleteBucketEncryption", after=encrypted_again, strict=False),
    Rule("s3:GetBucketEncryption", after=add_blocked_types),
    Rule("s3:PutBucketAcl s3:PutObjectAcl s3:PutObject s3:CopyObject s3:CreateMultipartUpload", before=no_acl),
    Rule("s3:PutBucketAcl s3:PutObjectAcl s3:PutObject s3:CopyObject s3:CreateMultipartUpload", before=no_public_acl),
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
