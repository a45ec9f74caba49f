"""S3 buckets that hold what must not be lost or seen: Terraform state, the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from awsbase.access.comparison import widening
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.references import Reference, references, resolve
from awsbase.engine.refusals import understood
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.optional import empty_if
from awsbase.policies.document import Document, difference, listed, parsed, same
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# What begins so is ours: statements of the bucket policy by their Sid, lifecycle rules by their ID.
OURS = "Awsbase"
FOR_EVER = 2**31
ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


class BucketTaken(AwsbaseError):
    """The bucket name is somebody else's, or its bucket is in another region."""


class PublicBucket(AwsbaseError):
    """The bucket to be adopted is open to the world on purpose."""


@record
class Expiry:
    """A lifecycle rule: after how many days something goes away."""

    id: str
    prefix: str = ""
    objects: int | None = None
    old_versions: int | None = None
    unfinished_uploads: int | None = None
    # What remains of an object once its last version is gone: a mark that it was deleted.
    leftover_markers: bool = False

    def rule(self) -> dict[str, Any]:
        """Return the rule as S3 wants it."""
        actions: dict[str, Any] = {
            "Expiration": {"Days": self.objects}
            if self.objects
            else {"ExpiredObjectDeleteMarker": True}
            if self.leftover_markers
            else None,
            "NoncurrentVersionExpiration": {"NoncurrentDays": self.old_versions} if self.old_versions else None,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": self.unfinished_uploads}
            if self.unfinished_uploads
            else None,
        }
        named = {"ID": f"{OURS}-{self.id}", "Status": "Enabled", "Filter": {"Prefix": self.prefix}}
        return named | {name: action for name, action in actions.items() if action}


@record(kw_only=True)
class Bucket(Resource):
    """A private, versioned, encrypted bucket; `key` is the address of its key, without one S3 uses its own.

    Owned wholly: public access block, ownership, versioning, default encryption. Added to, and kept as far as they
    are not ours: tags, lifecycle rules, statements of the bucket policy. Never deleted.
    `named_at` is where the manifest gives the name.
    """

    name: str
    key: str | None = None
    bucket_key: bool = True
    statements: tuple[Document, ...] = ()
    expiries: tuple[Expiry, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    named_at: str = "the manifest"

    @property
    def address(self) -> str:
        return self.scope.address("bucket", self.name)

    @property
    def arn(self) -> str:
        return bucket_arn(self.scope, self.name)

    def needs(self) -> Iterator[str]:
        if self.key:
            yield self.key
        yield from references(self.statements)


def bucket_arn(scope: Scope, name: str) -> str:
    """Return the ARN of a bucket."""
    return f"arn:{scope.partition}:s3:::{name}"


def only_under(key: str, scope: Scope, name: str) -> tuple[Document, ...]:
    """Make the statements that refuse uploads under any key but the one that stands at the address `key`.

    An upload that says nothing of encryption passes: the bucket encrypts it with its own key.
    """
    header = "s3:x-amz-server-side-encryption"
    named, brought = f"{header}-aws-kms-key-id", f"{header}-customer-algorithm"
    # "Not equal", with IfExists or without, also holds for a header that is not there: hence Null, which asks for it.
    conditions: dict[str, Document] = {
        "OtherEncryption": {"Null": {header: "false"}, "StringNotEquals": {header: "aws:kms"}},
        "OtherKey": {"Null": {named: "false"}, "StringNotEquals": {named: Reference(key)}},
        # Asked for aws:kms without a key, S3 takes the key aws/s3 and not that of the bucket.
        "UnnamedKey": {"Null": {named: "true"}, "StringEquals": {header: "aws:kms"}},
        "BroughtKey": {"Null": {brought: "false"}},
    }
    return tuple(
        {
            "Sid": f"{OURS}No{sid}",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn(scope, name)}/*",
            "Condition": condition,
        }
        for sid, condition in conditions.items()
    )


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


NEW = BucketFacts(
    encryption={"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}, ownership="BucketOwnerEnforced"
)


@record
class Found:
    """A bucket of a name that is taken: whether by this account, and in which region."""

    ours: bool
    region: str


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
    )


def versioning_of(facts: Facts, scope: Scope, name: str) -> str:
    """Return a bucket's versioning status; empty when it was never switched on."""
    s3 = facts.aws.at(scope.region).s3
    return s3.get_bucket_versioning(Bucket=name, ExpectedBucketOwner=scope.account).get("Status", "")


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


def bucket_reads(want: Bucket) -> Iterator[Read]:
    """Yield the facts that the recipe of a bucket reads, to prefetch them."""
    yield bucket, want.scope, want.name
    yield tags.indexed, want.scope.region


def ensure_bucket(run: Run, want: Bucket) -> str:
    """Keep one bucket private, versioned and encrypted, with our part of its policy and lifecycle; returns its ARN."""
    key = run.result(want.key) if want.key else None
    statements = resolve(run, want.statements)
    have = look(run, want)
    tagged = tags_of(run, want) if have else tags.wanted(want)

    if have is None:
        create(run, want)
        have = NEW

    block_public_access(run, want, have)
    own_objects(run, want, have)
    encrypt(run, want, have, key)
    set_policy(run, want, have, statements)
    expire(run, want, have, tagged)
    # After the lifecycle: a bucket of ours whose versioning was never set is one that a run has left half made.
    keep_versions(run, want, have)
    set_tags(run, want, tagged)
    return want.arn


def look(run: Run, want: Bucket) -> BucketFacts | None:
    """Return the bucket as it is, or None when it can be made; raise BucketTaken when it cannot."""
    taken = run.read(found, want.scope, want.name)
    if taken and not taken.ours:
        raise BucketTaken(
            f"the bucket name {want.name!r} belongs to another account (S3 answers 403; names are unique in the world)",
            hint=f"choose another name in {want.named_at}; if the bucket is yours after all, you lack s3:ListBucket",
        )
    if taken and taken.region != want.scope.region:
        raise BucketTaken(
            f"the bucket {want.name!r} is in {taken.region}, the manifest wants it in {want.scope.region}",
            hint=f"a bucket cannot move: choose another name in {want.named_at}",
        )
    have = run.read(bucket, want.scope, want.name)
    for statement in listed(have.policy.get("Statement")) if have else ():
        if is_public(statement):
            raise PublicBucket(
                f"a statement of the bucket policy of {want.name!r} lets everybody in, and what this bucket is to hold "
                f"is nobody else's business: {json.dumps(statement)}",
                hint=f"remove that statement, or choose another name in {want.named_at}",
            )
    return have


def is_public(statement: object) -> bool:
    """Tell whether a statement lets everybody in: S3 refuses such a policy once the public is blocked."""
    return (
        isinstance(statement, Mapping)
        and statement.get("Effect") == "Allow"
        and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and not statement.get("Condition")
    )


def create(run: Run, want: Bucket) -> None:
    """Create the bucket in its region, with its tags: some organizations let nothing be made without."""
    region = want.scope.region
    # S3 began in us-east-1: there, and only there, the region must not be named.
    there = {} if region == "us-east-1" else {"LocationConstraint": region}
    run.create(
        "bucket",
        run.aws.s3.create_bucket,
        Bucket=want.name,
        CreateBucketConfiguration={**there, "Tags": tags.pairs(tags.wanted(want))},
        ObjectOwnership="BucketOwnerEnforced",
    )


def block_public_access(run: Run, want: Bucket, have: BucketFacts) -> None:
    """Keep the public out, before any policy is written."""
    if drift := compare(have.block, ALL_BLOCKED):
        run.update(
            "public access block",
            drift,
            run.aws.s3.put_public_access_block,
            Bucket=want.name,
            PublicAccessBlockConfiguration=ALL_BLOCKED,
            ExpectedBucketOwner=want.scope.account,
        )


def own_objects(run: Run, want: Bucket, have: BucketFacts) -> None:
    """Let everything in the bucket belong to its account, whoever put it there; ACLs mean nothing then."""
    if drift := compare({"ownership": have.ownership}, {"ownership": "BucketOwnerEnforced"}):
        run.update(
            "ownership",
            drift,
            run.aws.s3.put_bucket_ownership_controls,
            Bucket=want.name,
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            ExpectedBucketOwner=want.scope.account,
        )


def keep_versions(run: Run, want: Bucket, have: BucketFacts) -> None:
    """Switch versioning on."""
    if drift := compare({"versioning": have.versioning}, {"versioning": "Enabled"}):
        run.update(
            "versioning",
            drift,
            run.aws.s3.put_bucket_versioning,
            Bucket=want.name,
            VersioningConfiguration={"Status": "Enabled"},
            ExpectedBucketOwner=want.scope.account,
        )


def encrypt(run: Run, want: Bucket, have: BucketFacts, key: Any) -> None:
    """Encrypt by default under the key of the bucket."""
    default = have.encryption.get("ApplyServerSideEncryptionByDefault", {})
    is_now = {
        "algorithm": default.get("SSEAlgorithm"),
        "key": default.get("KMSMasterKeyID"),
        "bucket key": have.encryption.get("BucketKeyEnabled", False),
    }
    wanted: dict[str, Any] = {"algorithm": "AES256"}
    under = {"SSEAlgorithm": "AES256"}
    if want.key:
        wanted = {"algorithm": "aws:kms", "key": key, "bucket key": want.bucket_key}
        under = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    if drift := compare(is_now, wanted):
        rule = {
            "ApplyServerSideEncryptionByDefault": under,
            "BucketKeyEnabled": wanted.get("bucket key", False),
            # AWS's own default: what is encrypted with a key that a caller brings, only he can read.
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
        }
        run.update(
            "encryption",
            drift,
            run.aws.s3.put_bucket_encryption,
            risk=access(less_encrypted(str(is_now["algorithm"]), under["SSEAlgorithm"])),
            Bucket=want.name,
            ServerSideEncryptionConfiguration={"Rules": [rule]},
            ExpectedBucketOwner=want.scope.account,
        )


def less_encrypted(have: str, want: str) -> str:
    """Say so when a key is no longer asked for, or the second layer of encryption falls away."""
    if want != "aws:kms":
        return "no key is asked for" if have.startswith("aws:kms") else ""
    return "it is encrypted once, not twice" if have == "aws:kms:dsse" else ""


def set_policy(run: Run, want: Bucket, have: BucketFacts, statements: Sequence[Document]) -> None:
    """Replace our statements in the bucket policy, and leave those of others beside them."""
    theirs = [statement for statement in listed(have.policy.get("Statement")) if not is_ours(statement)]
    only_tls = {
        "Sid": f"{OURS}OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [want.arn, f"{want.arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", **have.policy, "Statement": [*theirs, *statements, only_tls]}
    if not have.policy:
        run.create(
            "policy",
            run.aws.s3.put_bucket_policy,
            Bucket=want.name,
            Policy=policy,
            ExpectedBucketOwner=want.scope.account,
        )
    elif not same(have.policy, policy):
        run.update(
            "policy",
            [Drift(*each) for each in difference(have.policy, policy)],
            run.aws.s3.put_bucket_policy,
            risk=access(widening(have.policy, policy)),
            Bucket=want.name,
            Policy=policy,
            ExpectedBucketOwner=want.scope.account,
        )


def is_ours(statement: object) -> bool:
    """Tell whether awsbase wrote this statement of a policy."""
    return isinstance(statement, Mapping) and str(statement.get("Sid", "")).startswith(OURS)


def expire(run: Run, want: Bucket, have: BucketFacts, tagged: Mapping[str, str]) -> None:
    """Replace our lifecycle rules, and leave those of others beside them."""
    theirs = [rule for rule in have.rules if not rule.get("ID", "").startswith(OURS)]
    is_now = {rule["ID"]: plain(rule) for rule in have.rules if rule.get("ID", "").startswith(OURS)}
    wanted = {expiry.rule()["ID"]: expiry.rule() for expiry in want.expiries}
    if drift := [*compare(is_now, wanted), *(Drift(id, is_now[id], None) for id in is_now.keys() - wanted.keys())]:
        run.update(
            "lifecycle",
            drift,
            run.aws.s3.put_bucket_lifecycle_configuration,
            risk=deletion(goes_sooner(have, wanted) if has_been_used(have, tagged) else ""),
            Bucket=want.name,
            # S3 takes no rule in the old manner, with a prefix and no filter, beside one in the new.
            LifecycleConfiguration={"Rules": [*map(plain, theirs), *wanted.values()]},
            TransitionDefaultMinimumObjectSize=have.smallest_transition,
            ExpectedBucketOwner=want.scope.account,
        )


def has_been_used(have: BucketFacts, tagged: Mapping[str, str]) -> bool:
    """Tell a bucket that is adopted, or once was finished, from one that a run has left half made.

    One of ours has its tags from the beginning, and its versioning is set last.
    """
    return tags.ADDRESS not in tagged or have.versioning != ""


def goes_sooner(have: BucketFacts, wanted: Mapping[str, Mapping[str, Any]]) -> str:
    """Say which rules take away what was kept longer."""
    before = {rule.get("ID"): rule for rule in have.rules if rule.get("Status") == "Enabled"}
    sooner = [id for id, rule in wanted.items() if any(map(int.__lt__, kept(rule), kept(before.get(id, {}))))]
    return f"{', '.join(sooner)}: goes sooner, for good" if sooner else ""


def kept(rule: Mapping[str, Any]) -> tuple[int, int]:
    """Return for how many days a lifecycle rule keeps objects and their old versions."""
    current = rule.get("Expiration", {}).get("Days", FOR_EVER)
    return current, rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", FOR_EVER)


def plain(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lifecycle rule without what S3 fills in: an empty prefix may come back as no filter at all."""
    prefix = rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}
    return {**{name: value for name, value in rule.items() if name != "Prefix"}, "Filter": prefix}


def tags_of(run: Run, want: Bucket) -> Mapping[str, str]:
    """Return the tags that the resource has."""
    return tags.current(run, want, want.scope.region, want.arn, (bucket_tags, want.scope, want.name))


def set_tags(run: Run, want: Bucket, tagged: Mapping[str, str]) -> None:
    """Add our tags to what is there.

    PutBucketTagging would replace them all at once, and S3 refuses it where tags decide about access:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    """
    if untagged := tags.missing(tagged, tags.wanted(want)):
        run.update(
            "tags",
            compare(tagged, untagged),
            run.aws.s3control.tag_resource,
            AccountId=want.scope.account,
            ResourceArn=want.arn,
            Tags=tags.pairs(untagged),
        )


def read_permissions(want: Bucket) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow(
        "s3",
        "ListBucket",  # what HeadBucket asks for
        *("GetBucketOwnershipControls", "GetBucketPolicy", "GetBucketPublicAccessBlock", "GetBucketTagging"),
        *("GetBucketVersioning", "GetEncryptionConfiguration", "GetLifecycleConfiguration"),
        on=(want.arn,),
    )


def write_permissions(want: Bucket) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow(
        "s3",
        *("CreateBucket", "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock"),
        *("PutBucketVersioning", "PutEncryptionConfiguration", "PutLifecycleConfiguration", "TagResource"),
        on=(want.arn,),
    )


KIND = Kind(
    ensure_bucket,
    bucket_reads,
    resource=Bucket,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A private bucket: no public access, TLS only, versioned, encrypted, with a policy against strangers.",
        why="Most leaks out of AWS were open buckets; most losses were overwritten or deleted objects.",
        undo=(
            TAKE_OUT,
            "look at what is in it: `aws s3 ls s3://NAME --recursive --summarize`; what is deleted with it is lost",
            "delete every version, then: aws s3api delete-bucket --bucket NAME",
        ),
        controls=("CIS 2.1.1", "CIS 2.1.4", "FSBP S3.5", "FSBP S3.8"),
        cost="$0.023 per GB a month, old versions included; the manifest says how long those are kept",
    ),
    word="bucket",
    found_by="name",
    owns="public access block, ownership, versioning, encryption",
    keeps="tags, other statements: see below",
)
