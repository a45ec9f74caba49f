"""Policies of iam.policies: those that an account writes itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from awsbase.ensure.policy import Policy
from awsbase.manifest.base import Base
from awsbase.manifest.grants import document_errors
from awsbase.manifest.iam import Text
from awsbase.manifest.own_document import OwnDocument
from awsbase.manifest.section import ValidationProblem
from awsbase.manifest.values import PolicyPath

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest


class OwnPolicy(OwnDocument):
    """A policy of your own, from a JSON file or written here."""

    description: Text = Field(default="", description="What it is for; AWS keeps the first one.")
    path: PolicyPath = Field(default="/", description="Part of its ARN for good.")

    stand_in: ClassVar[Mapping[str, Any]] = {
        "statements": [{"Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}]
    }

    def resource(self, base: Base, name: str) -> Policy:
        """Return the managed policy that it is, under the name that the manifest gives it."""
        return Policy(
            scope=base.scope,
            name=base.expand(name),
            document=self.document,
            description=self.description,
            path=self.path,
            tags=base.tags,
        )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield what AWS would refuse in the document."""
        at = "file" if self.file else "statements"
        partition = manifest.account.scope.partition
        yield from document_errors(self.document, "identity", (at,), partition, listed=self.file is None)
