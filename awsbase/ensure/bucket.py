"""S3 buckets that hold what must not be lost or seen: Terraform state, the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.access.bucket_policy import Use, closed, granted, is_ours, obstacles, theirs, with_key
from awsbase.access.comparison import widening
from awsbase.engine import quotas
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Passes, Permissions, allow
from awsbase.engine.references import references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things, refused
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.bucket_contents import CONTENTS, EMPTYING, LOCKS, empty_bucket, holds_something, keeps_its_versions
from awsbase.facts.bucket_cors import Cors, cors_of, let_pages_in
from awsbase.facts.bucket_encryption import encrypt
from awsbase.facts.bucket_lock import GOVERNANCE, LockFacts, lock_of, lock_versions
from awsbase.facts.bucket_replication import Replication, copy, replication_of
from awsbase.facts.bucket_replication import described as copying
from awsbase.facts.buckets import (
    ENFORCED,
    NEW,
    TLS_ONLY,
    BucketFacts,
    bucket,
    bucket_arn,
    bucket_tags,
    found,
    is_general,
    kept_for_a_service,
    places,
    policy_of,
)
from awsbase.facts.keys import alias_behind
from awsbase.facts.lifecycle import Expiry, expiries, set_rules
from awsbase.policies.document import Document, difference, listed, same
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}

READ_ON_DEMAND = ("GetBucketCORS", "GetBucketObjectLockConfiguration", "GetReplicationConfiguration")
WRITTEN_ON_DEMAND = ("PutBucketCORS", "PutBucketObjectLockConfiguration", "PutReplicationConfiguration")


class BucketTaken(AwsbaseError):
    """The bucket name is somebody else's, or its bucket is in another region."""


@record(kw_only=True)
class Bucket(Resource):
    """A private, versioned, encrypted bucket; `key` is the address of its key, without one S3 uses its own.

    Owned wholly: public access block, ownership, versioning, default encryption. Added to, and kept as far as they
    are not ours: tags, lifecycle rules, statements of the bucket policy. Never deleted.
    `cors`, `lock_days` and `replication` are looked at only when given, and stay as they are otherwise. `lock_days` is
    how long Object Lock keeps each new version, in governance mode. `named_at` is where the manifest gives the name.
    `people` tells that people of the account upload to it, and `name_the_key` are the services that name its key with
    each upload.
    """

    name: str
    key: str | None = None
    bucket_key: bool = True
    statements: tuple[Document, ...] = ()
    expiries: tuple[Expiry, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    named_at: str = "the manifest"
    people: bool = False
    name_the_key: tuple[str, ...] = ()
    cors: Cors | None = None
    lock_days: int | None = None
    replication: Replication | None = None

    @property
    def address(self) -> str:
        return self.scope.address("bucket", self.name)

    @property
    def arn(self) -> str:
        return bucket_arn(self.scope, self.name)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.S3_STORAGE, self.scope.region)
        moves = [each for one in self.expiries for each in (*one.transitions, *one.old_transitions)]
        for to in dict.fromkeys(move.to for move in moves if move.to in prices.S3_CLASSES):
            yield by_use(prices.S3_CLASSES[to], self.scope.region)

    def needs(self) -> Iterator[str]:
        if self.key:
            yield self.key
        if self.replication:
            yield from filter(None, (self.replication.role, self.replication.to))
        yield from references(self.statements)

    def mentions(self) -> Iterator[str]:
        yield from (each for each in references(self.statements) if each != self.key)


def bucket_reads(want: Bucket) -> Iterator[Read]:
    """Yield the facts that the recipe of a bucket reads, to prefetch them."""
    yield bucket, want.scope, want.name
    yield tags.indexed, want.scope.region
    wanted = ((cors_of, want.cors), (lock_of, want.lock_days), (replication_of, want.replication))
    yield from ((fact, want.scope, want.name) for fact, given in wanted if given)


def ensure_bucket(run: Run, want: Bucket) -> str:
    """Keep one bucket private, versioned and encrypted, with our part of its policy and lifecycle; returns its ARN."""
    key = run.result(want.key) if want.key else None
    statements = resolve(run, want.statements)
    have = look(run, want)
    policy = with_ours(want, have or NEW, statements)
    remedy = "take statements out of it that nobody needs"
    quotas.fits(run, quotas.BUCKET_POLICY, f"bucket {want.name}", quotas.characters(policy), remedy)
    if have:
        suits(run, want, have, key, statements)
    tagged = tags_of(run, want) if have else tags.wanted(want)
    place, there, ours = (want.scope, want.name), have is not None, tags.is_ours(tagged, want.scope)
    pages = run.read(cors_of, *place) if want.cors else ()
    lock = run.read(lock_of, *place) if want.lock_days else LockFacts()
    copied = run.read(replication_of, *place) if want.replication else {}

    if have is None:
        create(run, want)
        have = NEW

    # One after another: S3 refuses two settings of a bucket at once (OperationAborted).
    block_public_access(run, want, have)
    own_objects(run, want, have)
    encrypt(run, *place, have.encryption, key, bucket_key=want.bucket_key)
    set_policy(run, want, have, policy, adopted=there and not ours)
    rules = resolve(run, [expiry.rule() for expiry in want.expiries])
    # A bucket of ours has its tags from the beginning: without versioning it is one that a run has left half made.
    set_rules(run, *place, have, rules, ours=ours, new=not there or (ours and not have.versioning))
    keep_versions(run, want, have)
    # S3 wants versioning before these.
    if want.cors:
        let_pages_in(run, *place, want.cors, pages, there=there)
    if want.lock_days:
        lock_versions(run, *place, want.lock_days, lock, there=there)
    if want.replication:
        copy(run, *place, want.replication, copied, there=there)
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
    return run.read(bucket, want.scope, want.name)


def suits(run: Run, want: Bucket, have: BucketFacts, key: Any, statements: Sequence[Document]) -> None:
    """Raise PublicBucket or Obstructed when the policy of others, or the ACL, is against what the bucket is for."""
    headers = dict.fromkeys(want.name_the_key, with_key(key))
    use = Use(want.name, want.named_at, key, statements, want.people, headers)
    closed(have, use)
    for note in obstacles(have, use, want.scope):
        run.note(note)


def create(run: Run, want: Bucket) -> None:
    """Create the bucket in its region, with its tags: some organizations let nothing be made without."""
    region = want.scope.region
    # S3 began in us-east-1: there, and only there, the region must not be named.
    there = {} if region == "us-east-1" else {"LocationConstraint": region}
    run.create(
        "bucket",
        run.aws.s3.create_bucket,
        Bucket=want.name,
        CreateBucketConfiguration={**there, "Tags": tags.pairs(tags.with_origin(want))},
        ObjectOwnership=ENFORCED,
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
    if have.acl:
        # S3 refuses the ownership while an ACL lets others in: InvalidBucketAclWithObjectOwnership.
        run.update(
            "ACL",
            [Drift(who, ", ".join(rights), None) for who, rights in sorted(have.acl.items())],
            run.aws.s3.put_bucket_acl,
            risk=visibility(f"the ACL lets in {granted(have.acl)}: what comes and goes by it ends"),
            Bucket=want.name,
            ACL="private",
            ExpectedBucketOwner=want.scope.account,
        )
    if drift := compare({"ownership": have.ownership}, {"ownership": ENFORCED}):
        run.update(
            "ownership",
            drift,
            run.aws.s3.put_bucket_ownership_controls,
            Bucket=want.name,
            OwnershipControls={"Rules": [{"ObjectOwnership": ENFORCED}]},
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


def with_ours(want: Bucket, have: BucketFacts, statements: Sequence[Document]) -> Document:
    """Return the bucket policy with our statements in place of ours, and those of others beside them."""
    only_tls = {
        "Sid": TLS_ONLY,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [want.arn, f"{want.arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", **have.policy, "Statement": [*theirs(have), *statements, only_tls]}


def set_policy(run: Run, want: Bucket, have: BucketFacts, policy: Document, *, adopted: bool) -> None:
    """Put the bucket policy where it differs."""
    if not have.policy:
        run.create(
            "policy",
            run.aws.s3.put_bucket_policy,
            risk=access(widening({}, policy) if adopted else ""),
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


def tags_of(run: Run, want: Bucket) -> Mapping[str, str]:
    """Return the tags that the resource has."""
    return tags.current(run, want, want.scope.region, want.arn, (bucket_tags, want.scope, want.name))


def set_tags(run: Run, want: Bucket, tagged: Mapping[str, str]) -> None:
    """Add our tags to what is there.

    PutBucketTagging would replace them all at once, and S3 refuses it where tags decide about access:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    """
    add_tags(run, want, tagged, run.aws.s3control.tag_resource, AccountId=want.scope.account, ResourceArn=want.arn)


def remove_bucket(run: Run, want: Bucket, *, emptied: bool = False) -> None:
    """Delete a bucket that this manifest made; one that holds anything is kept, unless it is to be emptied."""
    if look(run, want) is None or not tags.made_here(run, want, run.read(bucket_tags, want.scope, want.name)):
        return
    full = run.read(holds_something, want.scope, want.name)
    if full and not emptied:
        run.note(f"kept: it is not empty; `--empty {want.address}` deletes all that is in it, for good")
        return
    if full and (why := run.read(keeps_its_versions, want.scope, want.name)):
        run.note(f"kept: {why}")
        return

    if full:
        empty_bucket(run, want.scope, want.name)
    run.delete("bucket", run.aws.s3.delete_bucket, Bucket=want.name, ExpectedBucketOwner=want.scope.account)


def remove_bucket_and_contents(run: Run, want: Bucket) -> None:
    """Delete a bucket that this manifest made, with all that it holds."""
    remove_bucket(run, want, emptied=True)


def things(facts: Facts, scope: Scope) -> Things:
    """Yield each bucket of the account: how it is set up only where a service of AWS or awsbase writes to it."""
    from botocore.exceptions import ClientError

    there = places(facts, scope)
    facts.prefetch((fact, place, name) for name, place in there.items() for fact in (bucket_tags, policy_of))
    for name, place in there.items():
        try:
            yield described(facts, place, name)
        except ClientError as error:
            yield refused(place.address("bucket", name), error)


def described(facts: Facts, scope: Scope, name: str) -> Described:
    """Return a bucket as it is."""
    tagged, policy = facts.read_all((bucket_tags, scope, name), (policy_of, scope, name))
    if not kept_for_a_service(policy):
        return Described(Bucket(scope=scope, name=name), tagged)
    if (have := facts.read(bucket, scope, name)) is None:
        return Described(Bucket(scope=scope, name=name), tagged)
    default = have.encryption.get("ApplyServerSideEncryptionByDefault", {})
    alias = alias_behind(facts, scope.region, default.get("KMSMasterKeyID", ""))
    statements = [each for each in listed(policy.get("Statement")) if is_ours(each) and isinstance(each, dict)]
    of_general = ((fact, scope, name) for fact in (cors_of, lock_of, replication_of))
    pages, lock, copied = facts.read_all(*of_general) if is_general(policy) else ((), LockFacts(), {})
    seen = Bucket(
        scope=scope,
        name=name,
        key=scope.address("key", alias) if alias else None,
        bucket_key=have.encryption.get("BucketKeyEnabled", False) if alias else True,
        statements=tuple(each for each in statements if each["Sid"] != TLS_ONLY),
        expiries=expiries(have),
        cors=pages[0] if len(pages) == 1 else None,
        lock_days=lock.days if lock.mode == GOVERNANCE else None,
        replication=copying(copied, scope),
    )
    return Described(seen, tagged)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that it takes to list buckets."""
    every = bucket_arn(scope, "*")
    yield allow("s3", "ListAllMyBuckets")
    yield allow("kms", "ListAliases")
    for each in read_permissions(Bucket(scope=scope, name="*")):
        if each.resources == (every,):
            yield each
    yield allow("s3", *READ_ON_DEMAND, on=(every,))


def read_permissions(want: Bucket) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    yield allow(
        "s3",
        "ListBucket",  # what HeadBucket asks for
        *("GetBucketAcl", "GetBucketOwnershipControls", "GetBucketPolicy", "GetBucketPublicAccessBlock"),
        *("GetBucketTagging", "GetBucketVersioning", "GetEncryptionConfiguration", "GetLifecycleConfiguration"),
        on=(want.arn,),
    )
    wanted = (want.cors, want.lock_days, want.replication)
    if asked := [action for action, given in zip(READ_ON_DEMAND, wanted, strict=True) if given]:
        yield allow("s3", *asked, on=(want.arn,))


def write_permissions(want: Bucket) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    wanted = (want.cors, want.lock_days, want.replication)
    if asked := [action for action, given in zip(WRITTEN_ON_DEMAND, wanted, strict=True) if given]:
        yield allow("s3", *asked, on=(want.arn,))
    yield allow(
        "s3",
        *("CreateBucket", "PutBucketAcl", "PutBucketOwnershipControls", "PutBucketPolicy"),
        *("PutBucketPublicAccessBlock", "PutBucketVersioning"),
        *("PutEncryptionConfiguration", "PutLifecycleConfiguration", "TagResource"),
        on=(want.arn,),
    )


def passed_roles(want: Bucket) -> Passes:
    """Yield the role that S3 copies with."""
    if want.replication:
        yield want.replication.role, "s3.amazonaws.com"


def removal_permissions(want: Bucket) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("s3", "DeleteBucket", *CONTENTS, on=(want.arn,))


def emptying_permissions(want: Bucket) -> Allows:
    """Yield the IAM permissions that it needs beyond those to delete what is in the bucket."""
    yield allow("s3", *LOCKS, on=(want.arn,))
    yield allow("s3", *EMPTYING, on=(f"{want.arn}/*",))


KIND = Kind(
    ensure_bucket,
    bucket_reads,
    resource=Bucket,
    permissions=Permissions(read=read_permissions, write=write_permissions, passes=passed_roles),
    about=About(
        what="A private bucket: no public access, TLS only, versioned, encrypted, with rules for how long things stay.",
        why="Most leaks out of AWS were open buckets; most losses were overwritten or deleted objects.",
        undo=(
            TAKE_OUT,
            "look at what is in it: `aws s3 ls s3://NAME --recursive --summarize`; what is deleted with it is lost",
            "delete every version, then: aws s3api delete-bucket --bucket NAME",
        ),
        controls=("CIS 2.1.1", "CIS 2.1.4", "FSBP S3.5", "FSBP S3.8", "FSBP S3.12", "FSBP S3.13"),
        cost=f"{prices.S3_STORAGE.rate}, old versions included; the manifest says how long those are kept",
    ),
    word="bucket",
    found_by="name",
    owns="public access block, ownership, versioning, encryption; CORS, lock and replication where they are said",
    keeps="tags, other statements: see below",
    quotas=(quotas.BUCKET_POLICY,),
    absent=Absent(
        remove_bucket,
        exempt="what is in it is lost for good: the record of what happened, or what Terraform knows",
        turn="after all",
        permissions=removal_permissions,
    ),
    describe=Describe(things, describe_permissions),
)
