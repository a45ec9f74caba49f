"""The buckets section: what a company keeps in S3, who uses it, and for how long it is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import AfterValidator, Field, ValidationInfo

from awsbase.engine.references import Reference
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.role import Role
from awsbase.facts.bucket_cors import Cors
from awsbase.facts.bucket_replication import Replication
from awsbase.facts.buckets import bucket_arn
from awsbase.facts.lifecycle import Expiry, Transition
from awsbase.manifest import bucket_access
from awsbase.manifest.base import Base
from awsbase.manifest.holders import policy_of
from awsbase.manifest.merge import KeyUse, Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.readers import ReaderName, mistake
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import (
    BUCKET,
    AccountId,
    ArnStr,
    BucketName,
    Days,
    KmsAlias,
    OneNameEach,
    RoleName,
    expand,
    named,
)
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

OF_S3, OWN = "aws", "own"
LONGEST_ROLE = 64
Preset = Literal["releases", "static", "uploads"]
# For how many days old versions stay, and how many of them whatever their age; when unfinished uploads go.
DEFAULTS: Mapping[Preset | None, tuple[int, int | None, int]] = {
    None: (90, None, 7),
    "releases": (365, 10, 7),
    "static": (30, None, 7),
    "uploads": (30, None, 1),
}
# From the warmest to the coldest: S3 moves in this order only.
StorageClass = Literal["STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
CLASSES: tuple[StorageClass, ...] = get_args(StorageClass)
A_MONTH, A_MONTH_FIRST = 30, ("STANDARD_IA", "ONEZONE_IA")
Transitions = dict[StorageClass, Days]

Label = Annotated[str, named(r"[a-z0-9][a-z0-9-]{0,62}", "short name of a bucket: lower-case letters, digits, hyphens")]
DistributionId = Annotated[str, named(r"E[A-Z0-9]{6,20}", "id of a distribution of CloudFront: like E2EXAMPLE7ABC")]
Origin = Annotated[
    str,
    named(
        r"\*|https?://(?=[^*]*\*?[^*]*$)[A-Za-z0-9*.-]+(:[0-9]{1,5})?",
        "origin: https:// and a host with at most one *, or * alone",
    ),
]
HeaderPattern = Annotated[
    str, named(r"(?=[^*]*\*?[^*]*$)[A-Za-z0-9*-]{1,100}", "name of a header: letters, digits, hyphens, at most one *")
]
HeaderName = Annotated[str, named(r"[A-Za-z0-9-]{1,100}", "name of a header: letters, digits and hyphens")]


class Versions(Section):
    """For how long replaced and deleted objects can be brought back."""

    keep_days: Days | None = Field(
        default=None, description="For how many days; left out, 90, or as the preset has it."
    )
    at_least: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="How many of the newest old versions stay whatever their age."
    )
    transitions: Transitions = Field(
        default_factory=dict, description="After how many days old versions move to which class, colder ones later."
    )


class CorsSpec(Section):
    """Which web pages use the bucket from a browser."""

    origins: Several[Origin] = Field(min_length=1, description="Where the pages come from, like https://acme.example.")
    methods: Several[Literal["GET", "HEAD", "PUT", "POST", "DELETE"]] | None = Field(
        default=None, description="What they may send; left out, GET and HEAD, and for uploads PUT and POST."
    )
    headers: Several[HeaderPattern] = Field(default=("*",), description="Which headers they may send.")
    expose: Several[HeaderName] = Field(default=("ETag",), description="Which headers of an answer they may read.")
    max_age_seconds: Annotated[int, Field(ge=0, le=86400)] = Field(
        default=3600, description="For how long a browser remembers that it may."
    )


class LockSpec(Section):
    """Object Lock in governance mode: nobody deletes a version before its time without a right of its own."""

    days: Days = Field(default=30, description="For how many days each new version is locked.")


class Replicate(Section):
    """Copies of all that is new, in a bucket of another account: reconcile that account first."""

    account: AccountId = Field(description="The account of the other bucket.")
    bucket: BucketName = Field(description="The other bucket; its `replicas_from` names this account.")
    key: ArnStr | None = Field(
        default=None, description="The ARN of the key of the other bucket, needed where this one has a key."
    )
    storage_class: StorageClass | None = Field(default=None, description="The class of the copies; left out, STANDARD.")
    deletions: bool = Field(default=False, description="Hide the copy of what is deleted here, too.")


class ReplicasFrom(Section):
    """The account that copies into this bucket, and the role by which it does."""

    account: AccountId = Field(description="The account of the bucket that is copied.")
    role: RoleName = Field(
        description="Its role, which awsbase calls NAME-replicates-BUCKET by the names in that account's manifest."
    )


class BucketSpec(Section):
    """A bucket that nobody without a right sees: TLS only, all versions kept for a while, and never public."""

    bucket: BucketName | None = Field(
        default=None, description="The whole name, free in the world; left out, {name}- and this key."
    )
    preset: Preset | None = Field(
        default=None,
        description="What it is for. releases: old versions stay a year, ten for ever, and writers cannot delete. "
        "static: pages behind CloudFront, old versions stay a month. uploads: browsers send by signed URLs, old "
        "versions stay a month, unfinished uploads a day.",
    )
    versions: Versions = Field(default_factory=Versions, description="Replaced and deleted objects.")
    transitions: Transitions = Field(
        default_factory=dict, description="After how many days objects move to which class, colder ones later."
    )
    expire_days: Days | None = Field(default=None, description="When objects are deleted; left out, never.")
    unfinished_uploads_days: Days | None = Field(
        default=None, description="When the parts of an upload that nobody finished go; left out, after 7 days."
    )
    key: KmsAlias | Literal["aws", "own"] = Field(
        default=OF_S3,
        description="The key: aws for S3's own, which is free; own for one of this bucket alone; or an alias that "
        "several buckets may share. AWS charges $1 a month a key.",
    )
    readers: Several[ReaderName] = Field(
        default=(), description="Groups of iam.groups and roles of iam.roles that may list and read."
    )
    writers: Several[ReaderName] = Field(
        default=(), description="Groups and roles that may also write and delete objects, though no old version."
    )
    cloudfront: Several[DistributionId] = Field(
        default=(), description="Distributions of CloudFront in this account that read by origin access control."
    )
    cors: CorsSpec | None = Field(default=None, description="Pages that use it from a browser; left out, as it is.")
    lock: LockSpec | None = Field(default=None, description="Object Lock, which stays for good; left out, as it is.")
    replicate: Replicate | None = Field(default=None, description="Copies in another account; left out, as it is.")
    replicas_from: ReplicasFrom | None = Field(default=None, description="Whose copies it takes; left out, nobody's.")

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield transitions that S3 refuses, people that cannot get in, and copies into itself or under no key."""
        yield from order(("transitions",), self.transitions, self.expire_days)
        yield from order(("versions", "transitions"), self.versions.transitions, self.keep_days)
        for field, names in (("readers", self.readers), ("writers", self.writers)):
            for index, name in enumerate(names):
                if wrong := mistake(name, users(manifest), manifest, "buckets", "object"):
                    yield ValidationProblem((field, index), *wrong)
                elif field == "readers" and name in self.writers:
                    yield ValidationProblem((field, index), f"{name} is a writer, and those read, too", "leave it out")
        labels = [label for label, one in (manifest.buckets or {}).items() if one is self]
        if self.replicate and self.replicate.bucket in [
            self.bucket or f"{manifest.account.name}-{each}" for each in labels
        ]:
            yield ValidationProblem(("replicate", "bucket"), "a bucket is not copied into itself", "name another one")
        if self.replicate and self.key != OF_S3 and not self.replicate.key:
            message = "what is under a key is copied only under a key of the other account"
            yield ValidationProblem(("replicate",), message, "name it: `key` is the ARN of that key")
        if self.replicate and self.replicate.key and self.key == OF_S3:
            message = "nothing here is under a key, so that S3 takes no other one for the copies"
            yield ValidationProblem(("replicate", "key"), message, "leave it out; the other bucket encrypts by itself")

    @property
    def keep_days(self) -> int:
        """For how many days old versions stay."""
        return self.versions.keep_days or DEFAULTS[self.preset][0]

    def name(self, label: str, base: Base) -> str:
        """Return the name of the bucket."""
        return base.expand(self.bucket or f"{{name}}-{label}")

    def key_use(self, label: str, base: Base) -> KeyUse | None:
        """Return the use of the key; None where S3 encrypts with its own."""
        if self.key == OF_S3:
            return None
        scope, statements = base.scope, list[Document]()
        if self.cloudfront:
            statements.append(bucket_access.pages_decrypt(scope, self.cloudfront))
        if self.replicas_from:
            statements.append(bucket_access.copies_encrypt(scope, self.replicas_from.account, self.replicas_from.role))
        return KeyUse(
            scope=scope,
            alias=f"alias/{self.name(label, base)}" if self.key == OWN else base.expand(self.key),
            purpose="Objects in buckets",
            statements=tuple(statements),
            tags=base.tags,
            at=(label, "key"),
        )

    def made(self, label: str, base: Base, names: Collection[str]) -> Bucket:
        """Return the bucket; `names` are those of all buckets of the section."""
        scope, name, key = base.scope, self.name(label, base), self.key_use(label, base)
        statements = list[Document]()
        if self.cloudfront:
            statements.append(bucket_access.pages(scope, name, self.cloudfront))
        if self.replicas_from:
            statements += bucket_access.copies(scope, name, self.replicas_from.account, self.replicas_from.role)
        return Bucket(
            scope=scope,
            name=name,
            key=key.address if key else None,
            statements=tuple(statements),
            expiries=tuple(self.expiries()),
            tags=base.tags,
            named_at=f"buckets.{label}.bucket",
            cors=self.pages(),
            lock_days=self.lock.days if self.lock else None,
            replication=self.replication(label, base, names),
        )

    def expiries(self) -> Iterator[Expiry]:
        """Yield the rules of what goes away, and of what moves to a cheaper class."""
        _, at_least, unfinished = DEFAULTS[self.preset]
        yield Expiry("unfinished-uploads", unfinished_uploads=self.unfinished_uploads_days or unfinished)
        yield Expiry(
            "old-versions",
            old_versions=self.keep_days,
            at_least=self.versions.at_least or at_least,
            old_transitions=moves(self.versions.transitions),
            leftover_markers=True,
        )
        if self.expire_days or self.transitions:
            yield Expiry("objects", objects=self.expire_days, transitions=moves(self.transitions))

    def pages(self) -> Cors | None:
        """Return which pages use the bucket."""
        if self.cors is None:
            return None
        methods = self.cors.methods or (("PUT", "POST") if self.preset == "uploads" else ("GET", "HEAD"))
        return Cors(
            tuple(sorted(self.cors.origins)),
            tuple(sorted(methods)),
            tuple(sorted(self.cors.headers)),
            tuple(sorted(self.cors.expose)),
            self.cors.max_age_seconds,
        )

    def replication(self, label: str, base: Base, names: Collection[str]) -> Replication | None:
        """Return where new objects are copied to."""
        if self.replicate is None:
            return None
        role, to, scope = role_name(base.name, label), self.replicate, base.scope
        other = base.expand(to.bucket)
        return Replication(
            f"role/{role}",
            scope.global_arn("iam", f"role/{role}"),
            to.account,
            other,
            to.key,
            to.storage_class,
            to.deletions,
            scope.address("bucket", other) if to.account == scope.account and other in names else None,
        )


class Buckets(dict[str, BucketSpec]):
    """The buckets, by what the manifest calls them."""

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the keys, the buckets, the roles that copy, and a policy for each who reads or writes."""
        yield from (key for label, one in self.items() if (key := one.key_use(label, base)))
        names = {one.name(label, base) for label, one in self.items()}
        made = {label: one.made(label, base, names) for label, one in self.items()}
        for label, one in self.items():
            yield made[label]
            if one.replicate:
                yield copier(base, label, made[label], one.replicate)
        for user in users(manifest):
            writes = [label for label, one in self.items() if user in one.writers]
            reads = [label for label, one in self.items() if user in one.readers or label in writes]
            document = bucket_access.use(
                [made[label] for label in reads],
                [made[label] for label in writes],
                [made[label] for label in writes if self[label].preset != "releases"],
            )
            yield from policy_of(base, manifest, "buckets", user, document, self.first_place(user))

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the name of each bucket, its ARN and the ARN of its key."""
        for label, one in self.items():
            name = one.name(label, base)
            there, arn = base.scope.address("bucket", name), bucket_arn(base.scope, name)
            yield Output("bucket_names", name, key=label, data=("aws_s3_bucket", "bucket"), needs=there)
            yield Output("bucket_arns", arn, key=label, needs=there)
            if key := one.key_use(label, base):
                yield Output("bucket_key_arns", Reference(key.address), key=label, data=("aws_kms_key", "key_id"))

    def first_place(self, user: str) -> Steps:
        """Return where somebody is named first."""
        places = (
            (label, field, names.index(user))
            for label, one in self.items()
            for field, names in (("readers", one.readers), ("writers", one.writers))
            if user in names
        )
        return next(places)


def as_buckets(value: dict[str, BucketSpec], info: ValidationInfo) -> Buckets:
    """Return the buckets as a part of the manifest that yields resources; raises PydanticCustomError for a bad name."""
    for label, one in value.items():
        if one.bucket is None:
            BUCKET.func(f"{{name}}-{label}", info)  # type: ignore[call-arg]
        role = expand(role_name("{name}", label), info)
        if one.replicate and len(role) > LONGEST_ROLE:
            raise invalid(
                f"the role {shown(role)} would copy it, and IAM takes {LONGEST_ROLE} characters", "write a shorter key"
            )
    return Buckets(value)


BucketsSection = Annotated[dict[Label, BucketSpec], OneNameEach, AfterValidator(as_buckets)]


def users(manifest: Manifest) -> list[str]:
    """Return every group and role that reads or writes."""
    buckets = (manifest.buckets or {}).values()
    return list(dict.fromkeys(name for one in buckets for name in (*one.readers, *one.writers)))


def moves(said: Mapping[StorageClass, int]) -> tuple[Transition, ...]:
    """Return transitions, colder classes later."""
    return tuple(Transition(said[name], name) for name in CLASSES if name in said)


def order(at: Steps, said: Mapping[StorageClass, int], gone: int | None) -> Iterator[ValidationProblem]:
    """Yield the transitions that S3 refuses: too soon, too close to the one before, or of what is gone by then.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
    """
    in_order = moves(said)
    for move in in_order:
        if move.to in A_MONTH_FIRST and move.days < A_MONTH:
            yield ValidationProblem((*at, move.to), f"S3 moves nothing to {move.to} before day 30", "write 30 or more")
        elif gone and move.days >= gone:
            yield ValidationProblem((*at, move.to), f"it is deleted on day {gone}", f"write less than {gone}")
    for warmer, colder in pairwise(in_order):
        soonest = warmer.days + (A_MONTH if warmer.to in A_MONTH_FIRST else 1)
        if colder.days < soonest:
            message = f"{colder.to} is colder than {warmer.to}, where it stays until day {soonest}"
            yield ValidationProblem((*at, colder.to), message, f"write {soonest} or more")


def role_name(account: str, label: str) -> str:
    """Return what the manifest of an account calls the role that copies a bucket."""
    return f"{account}-replicates-{label}"


def copier(base: Base, label: str, source: Bucket, to: Replicate) -> Role:
    """Return the role by which S3 copies a bucket."""
    trust: Document = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return Role(
        scope=base.scope,
        name=role_name(base.name, label),
        trust={"Version": "2012-10-17", "Statement": [trust]},
        inline={"copy": bucket_access.copying(source, base.expand(to.bucket), to.key)},
        purpose=f"Lets S3 copy {source.name} to another account",
        tags=base.tags,
    )
