"""A policy document that a manifest gives: as a file, or as statements in its place."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from awsbase.manifest.files import Json
from awsbase.manifest.grants import Statement, whole
from awsbase.manifest.section import Section, Several, invalid
from awsbase.policies import Document


class OwnDocument(Section):
    """A section with one policy document."""

    file: Json | None = Field(default=None, description="A JSON policy document, relative to this manifest.")
    statements: Several[Statement] | None = Field(default=None, description="The statements, instead of a file.")

    @model_validator(mode="after")
    def _has_one_document(self) -> Self:
        if (self.file is None) == (self.statements is None):
            raise invalid(
                "has both file and statements" if self.file else "has no document", "write one of file and statements"
            )
        return self

    @property
    def document(self) -> Document:
        return self.file.value if self.file else whole(self.statements or ())
