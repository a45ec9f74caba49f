"""Buckets as S3 describes them: who has a name, and how a bucket is set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from awsbase.engine.facts import Facts
from awsbase.engine.refusals import understood
from awsbase.engine.scope import Scope
from awsbase.facts import tags
from awsbase.facts.optional import empty_if
from awsbase.policies.document import Document, listed, parsed
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# What begins so is ours: statements of the bucket policy by their Sid, lifecycle rules by their ID.
OURS = "Awsbase"
ENFORCED = "BucketOwnerEnforced"
TLS_ONLY, CLOUDFRONT, COPIES = f"{OURS}OnlyTls", f"{OURS}CloudFrontReads", f"{OURS}TakesCopies"
# What awsbase writes into the policy of a general bucket.
GENERAL = {TLS_ONLY, CLOUDFRONT, COPIES, f"{OURS}TellsVersioning"}


def bucket_arn(scope: Scope, name: str) -> str:
    """Return the ARN of a bucket."""
    return f"arn:{scope.partition}:s3:::{name}"


@record
class BucketFacts:
    """How a bucket is set up; what is not set at all is empty."""

    versioning: str = ""
    encryption: Mapping[str, Any] = field(default_factory=dict)
    block: Mapping[str, bool] = field(default_factory=dict)
    ownership: str = ""
    policy: Document = field(default_factory=dict)
    rules: Sequence[Mapping[str, Any]] = ()
    smallest_transition: str | None = None
    acl: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the ACL lets others than the owner do, by who they are; ACLs mean nothing under `BucketOwnerEnforced`."""


NEW = BucketFacts(encryption={"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}, ownership=ENFORCED)


@record
class Found:
    """A bucket of a name that is taken: whether by this account, and in which region."""

    ours: bool
    region: str


def bucket_regions(facts: Facts, region: str) -> Mapping[str, str]:
    """Return the region of each bucket of the account, by name."""
    # S3 tells the regions only where a request has a parameter.
    pages = facts.aws.at(region).s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1000})
    return {each["Name"]: each["BucketRegion"] for page in pages for each in page.get("Buckets", ())}


def places(facts: Facts, scope: Scope) -> Mapping[str, Scope]:
    """Return the buckets of an account by name, each with the scope of its region."""
    return {name: scope.at(region) for name, region in facts.read(bucket_regions, scope.home).items()}


def found(facts: Facts, scope: Scope, name: str) -> Found | None:
    """Look who has a bucket name: nobody, this account, or someone else."""
    from botocore.exceptions import ClientError

    if bucket_arn(scope, name) in facts.read(tags.indexed, scope.region):
        return Found(ours=True, region=scope.region)
    try:
        head = facts.aws.at(scope.region).s3.head_bucket(Bucket=name, ExpectedBucketOwner=scope.account)
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case "404" | "NoSuchBucket":
                return None
            case "403" | "AccessDenied":
                return behind_refusal(facts, scope, name, error)
            case "301" | "PermanentRedirect":
                headers = error.response["ResponseMetadata"]["HTTPHeaders"]
                return Found(ours=True, region=headers.get("x-amz-bucket-region", "another region"))
        raise
    # S3's client follows a bucket into its region by itself.
    return Found(ours=True, region=head.get("BucketRegion", scope.region))


def behind_refusal(facts: Facts, scope: Scope, name: str, error: ClientError) -> Found | None:
    """Look whose a bucket is that may not be looked at with HEAD, to which S3 gives no reason.

    Other reads come with one, which names the action and the policy, but only within the account.
    """
    from botocore.exceptions import ClientError

    try:
        facts.read(versioning_of, scope, name)
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "NoSuchBucket":
            return None
        if (refusal := understood(refused)) and refusal.cause:
            raise
        return Found(ours=False, region="")
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return Found(ours=True, region=headers.get("x-amz-bucket-region", scope.region))


def bucket(facts: Facts, scope: Scope, name: str) -> BucketFacts | None:
    """Read how a bucket is set up, or None when this account has none of that name in this region."""
    from botocore.exceptions import ClientError

    if facts.read(found, scope, name) != Found(ours=True, region=scope.region):
        return None
    try:
        encryption, block, ownership, policy, rules, status = facts.read_all(
            (encryption_of, scope, name),
            (block_of, scope, name),
            (ownership_of, scope, name),
            (policy_of, scope, name),
            (lifecycle_of, scope, name),
            (versioning_of, scope, name),
        )
        # Nobody can be let in by an ACL of a bucket whose owner owns everything in it.
        acl = {} if ownership == ENFORCED else facts.read(acl_of, scope, name)
    except ClientError as error:
        # The index of tags goes on naming a bucket for a while after it was deleted.
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        return None
    return BucketFacts(
        versioning=status,
        encryption=encryption,
        block=block,
        ownership=ownership,
        policy=policy,
        rules=rules["Rules"] if rules else (),
        smallest_transition=rules.get("TransitionDefaultMinimumObjectSize"),
        acl=acl,
    )


def setting(
    facts: Facts, scope: Scope, name: str, unset: str, read: Callable[..., Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Read one more setting of a bucket; empty where it is not set, or where this account has no such bucket here."""
    from botocore.exceptions import ClientError

    if facts.read(found, scope, name) != Found(ours=True, region=scope.region):
        return {}
    try:
        return empty_if(unset, read, Bucket=name, ExpectedBucketOwner=scope.account)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        return {}


def versioning_of(facts: Facts, scope: Scope, name: str) -> str:
    """Return a bucket's versioning status; empty when it was never switched on."""
    status: str = facts.read(versioning_answer, scope, name).get("Status", "")
    return status


def versioning_answer(facts: Facts, scope: Scope, name: str) -> Mapping[str, Any]:
    """Read a bucket's versioning, and whether a version goes only with an MFA code."""
    answer: Mapping[str, Any] = facts.aws.at(scope.region).s3.get_bucket_versioning(
        Bucket=name, ExpectedBucketOwner=scope.account
    )
    return answer


def encryption_of(facts: Facts, scope: Scope, name: str) -> Mapping[str, Any]:
    """Return a bucket's default encryption rule."""
    read, unset = facts.aws.at(scope.region).s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError"
    answer = empty_if(unset, read, Bucket=name, ExpectedBucketOwner=scope.account)
    rules: list[Mapping[str, Any]] = answer["ServerSideEncryptionConfiguration"]["Rules"] if answer else []
    return rules[0] if rules else {}


def block_of(facts: Facts, scope: Scope, name: str) -> Mapping[str, bool]:
    """Return a bucket's public access block; empty when there is none."""
    read, unset = facts.aws.at(scope.region).s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration"
    answer = empty_if(unset, read, Bucket=name, ExpectedBucketOwner=scope.account)
    block: Mapping[str, bool] = answer["PublicAccessBlockConfiguration"] if answer else {}
    return block


def ownership_of(facts: Facts, scope: Scope, name: str) -> str:
    """Return a bucket's object ownership setting; empty when there is none."""
    read, unset = facts.aws.at(scope.region).s3.get_bucket_ownership_controls, "OwnershipControlsNotFoundError"
    answer = empty_if(unset, read, Bucket=name, ExpectedBucketOwner=scope.account)
    rules: list[Mapping[str, str]] = answer["OwnershipControls"]["Rules"] if answer else []
    return rules[0]["ObjectOwnership"] if rules else ""


def acl_of(facts: Facts, scope: Scope, name: str) -> Mapping[str, tuple[str, ...]]:
    """Return what a bucket's ACL lets others than its owner do; a group of AWS is called by its last word."""
    answer = facts.aws.at(scope.region).s3.get_bucket_acl(Bucket=name, ExpectedBucketOwner=scope.account)
    found: dict[str, tuple[str, ...]] = {}
    for grant in answer.get("Grants", ()):
        grantee = grant.get("Grantee", {})
        if grantee.get("ID") and grantee["ID"] == answer.get("Owner", {}).get("ID"):
            continue
        named = grantee.get("DisplayName") or grantee.get("ID") or grantee.get("EmailAddress", "")
        who = grantee.get("URI", "").rpartition("/")[2] or named
        found[who] = tuple(sorted({*found.get(who, ()), grant.get("Permission", "")}))
    return found


def kept_for_a_service(policy: Document) -> bool:
    """Tell whether a bucket policy lets a service of AWS in, or holds a statement of awsbase."""
    ours = any(str(each.get("Sid", "")).startswith(OURS) for each in statements(policy))
    return ours or lets_a_service_in(policy)


def is_general(policy: Document) -> bool:
    """Tell whether awsbase keeps a bucket that is neither for state nor for what a service of AWS writes."""
    ours = {sid for each in statements(policy) if (sid := str(each.get("Sid", ""))).startswith(OURS)}
    others = [each for each in statements(policy) if each.get("Sid") != CLOUDFRONT]
    return ours <= GENERAL and TLS_ONLY in ours and not any(map(is_of_a_service, others))


def lets_a_service_in(policy: Document) -> bool:
    """Tell whether a bucket policy names a service of AWS, such as one that writes logs."""
    return any(map(is_of_a_service, statements(policy)))


def is_of_a_service(statement: Mapping[str, Any]) -> bool:
    """Tell whether a statement names a service of AWS."""
    return isinstance(who := statement.get("Principal"), Mapping) and "Service" in who


def statements(policy: Document) -> list[Mapping[str, Any]]:
    """Return the statements of a policy."""
    return [each for each in listed(policy.get("Statement")) if isinstance(each, Mapping)]


def policy_of(facts: Facts, scope: Scope, name: str) -> Document:
    """Return the policy document; empty when there is none."""
    read = facts.aws.at(scope.region).s3.get_bucket_policy
    answer = empty_if("NoSuchBucketPolicy", read, Bucket=name, ExpectedBucketOwner=scope.account)
    return parsed(answer["Policy"]) if answer else {}


def lifecycle_of(facts: Facts, scope: Scope, name: str) -> Mapping[str, Any]:
    """Return a bucket's lifecycle configuration; empty when there is none."""
    read = facts.aws.at(scope.region).s3.get_bucket_lifecycle_configuration
    return empty_if("NoSuchLifecycleConfiguration", read, Bucket=name, ExpectedBucketOwner=scope.account)


def bucket_tags(facts: Facts, scope: Scope, name: str) -> Mapping[str, str]:
    """Read the tags of a bucket from S3 itself."""
    read = facts.aws.at(scope.region).s3.get_bucket_tagging
    answer = empty_if("NoSuchTagSet", read, Bucket=name, ExpectedBucketOwner=scope.account)
    return {tag["Key"]: tag["Value"] for tag in (answer["TagSet"] if answer else ())}
