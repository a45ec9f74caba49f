"""The repositories section: where container images are kept, and who pulls and pushes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.references import Reference
from awsbase.engine.scope import Scope
from awsbase.ensure.ecr_repository import PULL, EcrRepository, repository_arn
from awsbase.ensure.registry_scanning import RegistryScanning
from awsbase.manifest.base import Base
from awsbase.manifest.holders import holder_problems, policy_of
from awsbase.manifest.merge import KeyUse, Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import Steps
from awsbase.manifest.section import Section, Several, ValidationProblem
from awsbase.manifest.values import AccountId, Days, GroupName, KmsAlias, OneNameEach, named
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

WORD = "images"
FOREVER = "forever"
PUSH = ("ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart")

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
EcrName = Annotated[
    str,
    named(
        r"(?=.{2,256}$)[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*",
        "repository name: 2 to 256 small letters and digits, with . _ - and / between them",
    ),
]
TagFilter = Annotated[
    str, named(r"[0-9A-Za-z._*-]{1,128}", "tag of images: letters, digits and ._-, with * for any letters")
]


class EcrRepositorySpec(Section):
    """One repository. Tags of images stay where they are; images are scanned when they are pushed."""

    immutable: bool = Field(
        default=True,
        description="Whether the tag of a pushed image stays with it, so that what was tested is what runs.",
    )
    moving_tags: Annotated[Several[TagFilter], Field(max_length=5)] = Field(
        default=(), description="Tags that can be moved nevertheless, such as latest or dev-*."
    )
    scan: bool = Field(
        default=True,
        description="Whether each image is searched for known vulnerabilities when it is pushed, by a rule of the "
        "registry. Off, rules of others still count.",
    )
    keep_untagged_days: Days | Literal["forever"] = Field(
        default=14,
        description="After how many days images without a tag are deleted; forever leaves that as it is.",
    )
    key: KmsAlias | None = Field(
        default=None,
        description="The alias of a key to encrypt under, which costs $1 a month for however many repositories, and "
        "which ECR never changes; left out, ECR's own, or what a repository that is there has.",
    )
    readers: Several[GroupName] = Field(
        default=(), description="Groups of iam.groups and roles of iam.roles that pull; they get one policy each."
    )
    writers: Several[GroupName] = Field(
        default=(), description="Groups of iam.groups and roles of iam.roles that push, and pull."
    )
    accounts: Several[AccountId] = Field(
        default=(), description="Other accounts that may let their own people and roles pull."
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield readers and writers that the manifest does not define, and what does not go together."""
        every = holders(manifest.repositories or {})
        yield from holder_problems(self.readers, ("readers",), manifest, WORD, every)
        yield from holder_problems(self.writers, ("writers",), manifest, WORD, every)
        if self.moving_tags and not self.immutable:
            yield ValidationProblem(("moving_tags",), "all tags move where immutable is off", "leave it out")
        if manifest.account.id in self.accounts:
            at = self.accounts.index(manifest.account.id)
            yield ValidationProblem(("accounts", at), "that is this account", "name its groups and roles as readers")

    def resource(self, name: str, base: Base) -> EcrRepository:
        """Return the repository."""
        days = self.keep_untagged_days
        return EcrRepository(
            scope=base.scope,
            name=name,
            immutable=self.immutable,
            moving=self.moving_tags,
            keep_untagged=None if isinstance(days, str) else days,
            key=base.scope.address("key", base.expand(self.key).removeprefix("alias/")) if self.key else None,
            accounts=self.accounts,
            tags=base.tags,
        )


class Repositories(dict[str, EcrRepositorySpec]):
    """The repositories by name."""

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield keys and repositories, the scan of what is pushed, and a policy for each reader and writer."""
        for name, spec in self.items():
            if spec.key:
                purpose = "Images in ECR"
                alias = base.expand(spec.key)
                yield KeyUse(scope=base.scope, alias=alias, purpose=purpose, tags=base.tags, at=(name, "key"))
        yield from (spec.resource(name, base) for name, spec in self.items())
        if scanned := tuple(name for name, spec in self.items() if spec.scan):
            yield RegistryScanning(scope=base.scope, repositories=scanned)
        for holder in holders(self):
            document = working(base.scope, self, holder)
            yield from policy_of(base, manifest, WORD, holder, document, self.first_place(holder))

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield what images of each repository are pushed to and pulled from."""
        for name in self:
            yield Output("repository_urls", Reference(base.scope.address("ecr-repository", name)), key=name)

    def first_place(self, holder: str) -> Steps:
        """Return where a reader or writer is named first."""
        places = (
            (name, key, names.index(holder))
            for name, spec in self.items()
            for key, names in (("readers", spec.readers), ("writers", spec.writers))
            if holder in names
        )
        return next(places)


def holders(specs: Mapping[str, EcrRepositorySpec]) -> list[str]:
    """Return every group and role that pulls from or pushes to one of these repositories."""
    return list(dict.fromkeys(each for spec in specs.values() for each in (*spec.readers, *spec.writers)))


def as_repositories(value: dict[str, EcrRepositorySpec]) -> Repositories:
    """Return the repositories as a part of the manifest that yields resources."""
    return Repositories(value)


RepositoriesSection = Annotated[dict[EcrName, EcrRepositorySpec], OneNameEach, AfterValidator(as_repositories)]


def working(scope: Scope, specs: Mapping[str, EcrRepositorySpec], holder: str) -> Document:
    """Let somebody pull from the repositories that they read or write, and push to those that they write."""
    pulled = [name for name, spec in specs.items() if holder in (*spec.readers, *spec.writers)]
    pushed = [name for name, spec in specs.items() if holder in spec.writers]
    # A token is for the registry as a whole, and worth what its holder may do.
    allowed: list[dict[str, Any]] = [
        {"Sid": "LogIn", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    ]
    for sid, actions, names in (("Pull", PULL, pulled), ("Push", PUSH, pushed)):
        if names:
            arns = [repository_arn(scope, each) for each in names]
            allowed.append({"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": arns})
    return {"Version": "2012-10-17", "Statement": allowed}
