"""Where Terraform and OpenTofu keep their state: a bucket, its key, and who may write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator, Field, Tag

from awsbase.access.bucket_policy import only_under
from awsbase.engine.references import Reference
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.policy import Policy
from awsbase.facts.lifecycle import Expiry
from awsbase.manifest.base import Base
from awsbase.manifest.grants import sentence
from awsbase.manifest.merge import Attach, KeyUse, Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.section import Section, Several, ValidationProblem, closest
from awsbase.manifest.values import BucketName, Days, GroupName, KmsAlias, named
from awsbase.policies import Document, describe, render

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest


StateKey = Annotated[
    str, named(r"[A-Za-z0-9!_.'()/:=-]{0,900}\*?", "key of a state: like app/prod.tfstate, or app/* for all under app/")
]
Writers = Annotated[
    Annotated[Several[GroupName], Tag("groups")] | Annotated[dict[GroupName, Several[StateKey]], Tag("keys")],
    Discriminator(lambda value: "keys" if isinstance(value, dict) else "groups"),
]
EVERYTHING = "*"
LONGEST_POLICY = 128
# Terraform lists what is under this when it looks for workspaces.
WORKSPACES = "env:/"


class State(Section):
    """The encrypted, versioned bucket for Terraform and OpenTofu state, with lock files instead of a table."""

    bucket: BucketName = Field(default="{name}-state", description="The bucket; its name must be free in the world.")
    key: KmsAlias = Field(
        default="alias/{name}-state", description="The alias of the key; uploads under any other key are refused."
    )
    writers: Writers = Field(
        default=(),
        description="Groups of iam.groups that may read, write and lock state: nobody else, for state holds secrets. "
        "With the keys that each may: {Deployers: [app/*]}.",
    )
    old_versions_days: Days = Field(
        default=365,
        description="How long a replaced state can still be brought back, a year costs cents; the present one always.",
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield writers that are no groups of the manifest."""
        groups = list(manifest.iam.groups) if manifest.iam else []
        for step, writer in self.named:
            if writer not in groups:
                hint = closest(writer, groups) or "name a group of iam.groups"
                yield ValidationProblem(("writers", step), f"no group called {writer!r}", hint)
            elif EVERYTHING not in self.keys_of(writer) and len(writer) > (
                most := LONGEST_POLICY - len(policy_name(manifest.account.name, ""))
            ):
                problem = f"{writer} is too long for a policy that is called after it"
                yield ValidationProblem(
                    ("writers", step), problem, f"give the group a name of at most {most} characters"
                )
            elif not self.keys_of(writer):
                yield ValidationProblem(
                    ("writers", step), f"{writer} would write no state", "name keys, or leave it out"
                )

    @property
    def named(self) -> list[tuple[str | int, str]]:
        """Return the writers, each with its place."""
        return [(each, each) for each in self.writers] if isinstance(self.writers, dict) else [*enumerate(self.writers)]

    def keys_of(self, writer: str) -> tuple[str, ...]:
        """Return the keys that a group may write, as patterns."""
        return self.writers[writer] if isinstance(self.writers, dict) else (EVERYTHING,)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the key, the bucket and the policy of the writers, attached to their groups."""
        scope, bucket_name = base.scope, base.expand(self.bucket)
        key = KeyUse(scope=scope, alias=base.expand(self.key), purpose="Terraform and OpenTofu state", tags=base.tags)
        yield key
        yield Bucket(
            scope=scope,
            name=bucket_name,
            key=key.address,
            statements=only_under(key.address, scope, bucket_name),
            expiries=(
                Expiry("unfinished-uploads", unfinished_uploads=7),
                # Each lock leaves a version and a marker; both go with the old versions of the state.
                Expiry("old-versions", old_versions=self.old_versions_days, leftover_markers=True),
            ),
            tags=base.tags,
            named_at="state.bucket",
            people=True,
        )
        values = {"partition": scope.partition, "state_bucket": bucket_name, "state_key": Reference(key.address)}
        whole = render("state-writer", values)
        writes = writer_policy(base, f"{base.name}-state-writer", whole)
        yield writes
        for step, group in self.named:
            policy, keys = writes, self.keys_of(group)
            if EVERYTHING not in keys:
                policy = writer_policy(base, policy_name(base.name, group), narrowed(whole, keys))
                yield policy
            yield Attach(address=f"group/{group}", policy=policy, at=("writers", step))

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the bucket and its key."""
        scope, bucket = base.scope, base.expand(self.bucket)
        there = scope.address("bucket", bucket)
        yield Output("state_bucket", bucket, data=("aws_s3_bucket", "bucket"), needs=there)
        key = KeyUse(scope=scope, alias=base.expand(self.key), purpose="")
        yield Output("state_key_arn", Reference(key.address), data=("aws_kms_key", "key_id"))


def policy_name(account: str, group: str) -> str:
    """Return the name of the policy of a group that writes some states."""
    return f"{account}-state-writer-{group}"


def writer_policy(base: Base, name: str, document: Document) -> Policy:
    """Return a policy of writers."""
    return Policy(
        scope=base.scope,
        name=name,
        document=document,
        description=sentence(describe("state-writer")),
        tags=base.tags,
    )


def narrowed(document: Document, keys: Sequence[str]) -> Document:
    """Return the policy of the writers with these keys only, their locks included."""
    statements: Any = document["Statement"]
    return {**document, "Statement": [narrowed_statement(each, keys) for each in statements]}


def narrowed_statement(statement: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Return a statement about objects or the list of them, with these keys only; any other as it is."""
    match statement["Sid"]:
        case "FindState":
            listed = [*(key for each in keys for key in dict.fromkeys((each, each.rstrip("*")))), WORKSPACES]
            return {**statement, "Condition": {"StringLike": {"s3:prefix": [*dict.fromkeys(listed)]}}}
        case "ReadAndWriteState":
            locks = [f"{key}.tflock" for key in keys if not key.endswith("*")]
            return {**statement, "Resource": objects(statement, [*keys, *locks])}
        case "Unlock":
            return {**statement, "Resource": objects(statement, [f"{key}.tflock" for key in keys])}
    return dict(statement)


def objects(statement: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """Return the ARNs of objects of the bucket that a statement is about."""
    bucket = str(statement["Resource"]).partition("/")[0]
    return [f"{bucket}/{key}" for key in keys]
