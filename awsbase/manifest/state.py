"""Where Terraform and OpenTofu keep their state: a bucket, its key, and who may write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from awsbase.access.bucket_policy import only_under
from awsbase.engine.references import Reference
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.policy import Policy
from awsbase.facts.lifecycle import Expiry
from awsbase.manifest.base import Base
from awsbase.manifest.grants import sentence
from awsbase.manifest.merge import Attach, KeyUse, Yielded
from awsbase.manifest.section import Section, Several, ValidationProblem, closest
from awsbase.manifest.values import BucketName, Days, GroupName, KmsAlias
from awsbase.policies import describe, render

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest


class State(Section):
    """The encrypted, versioned bucket for Terraform and OpenTofu state, with lock files instead of a table."""

    bucket: BucketName = Field(default="{name}-state", description="The bucket; its name must be free in the world.")
    key: KmsAlias = Field(
        default="alias/{name}-state", description="The alias of the key; uploads under any other key are refused."
    )
    writers: Several[GroupName] = Field(
        default=(),
        description="Groups of iam.groups that may read, write and lock state: nobody else, for state holds secrets.",
    )
    old_versions_days: Days = Field(
        default=365,
        description="How long a replaced state can still be brought back, a year costs cents; the present one always.",
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield writers that are no groups of the manifest."""
        groups = list(manifest.iam.groups) if manifest.iam else []
        for index, writer in enumerate(self.writers):
            if writer not in groups:
                hint = closest(writer, groups) or "name a group of iam.groups"
                yield ValidationProblem(("writers", index), f"no group called {writer!r}", hint)

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
        writes = Policy(
            scope=scope,
            name=f"{base.name}-state-writer",
            document=render("state-writer", values),
            description=sentence(describe("state-writer")),
            tags=base.tags,
        )
        yield writes
        for index, group in enumerate(self.writers):
            yield Attach(address=f"group/{group}", policy=writes, at=("writers", index))
