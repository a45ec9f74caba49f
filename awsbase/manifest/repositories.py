"""The repositories section: what it is for, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from awsbase.engine.resource import Resource
from awsbase.ensure.repository import Repository
from awsbase.manifest.base import Base
from awsbase.manifest.section import Section
from awsbase.manifest.values import OneNameEach, named

RepositoryName = Annotated[
    str, named(r"[A-Za-z0-9_-]{1,256}", "repository name: 1 to 256 letters, digits, hyphens and underscores")
]


class RepositorySpec(Section):
    """One repository."""

    title: str = Field(min_length=1, max_length=100, description="What people read.")

    def entry_resources(self, name: str, base: Base, manifest: object) -> Iterator[Resource]:
        """Yield the repository."""
        yield Repository(scope=base.scope, name=base.expand(name), title=self.title, tags=base.tags)


Repositories = Annotated[dict[RepositoryName, RepositorySpec], OneNameEach]
