"""The section x-repositories: where container images are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from acme_repositories.repository import Repository
from awsbase.api import Base, Field, OneNameEach, Resource, Section, named

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
RepositoryName = Annotated[
    str,
    named(
        r"(?=.{2,256}$)[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*",
        "repository name: 2 to 256 small letters and digits, with . _ - and / between them",
    ),
]


class RepositorySpec(Section):
    """One repository."""

    mutable: bool = Field(default=False, description="Whether a pushed image can take the tag of another.")
    scan: bool = Field(default=True, description="Whether each image is scanned when it is pushed.")

    def entry_resources(self, name: str, base: Base, manifest: object) -> Iterator[Resource]:
        """Yield the repository."""
        yield Repository(scope=base.scope, name=base.expand(name), mutable=self.mutable, scan=self.scan, tags=base.tags)


Repositories = Annotated[dict[RepositoryName, RepositorySpec], OneNameEach]
