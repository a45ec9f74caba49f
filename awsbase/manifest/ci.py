"""The ci section: the identity provider of a pipeline, and two roles for its jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from awsbase.engine.kind import Kinds
from awsbase.engine.references import Reference
from awsbase.engine.resource import Resource
from awsbase.ensure.oidc_provider import HTTPS, OidcProvider
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.manifest.base import Base
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import named
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

Mode = Literal["plan", "apply"]
MODES: tuple[Mode, ...] = ("plan", "apply")
AUDIENCE = "sts.amazonaws.com"
GITHUB = f"{HTTPS}token.actions.githubusercontent.com"
SECTION = "ci"
# STS compares other claims than aud and sub in the commercial regions alone. Elsewhere such a condition locks out.
MORE_CLAIMS = "aws"


def exact(value: str) -> str:
    """Refuse a wildcard or a variable: it would match what nobody has named; raises PydanticCustomError."""
    if found := re.search(r"[*?]|\$\{", value):
        raise invalid(f"{shown(value)} has a {found[0]}, and would let others in", "name exactly one")
    return value


def branch(value: str) -> str:
    """Accept the name of a branch, without what Git writes before it; raises PydanticCustomError."""
    if value.startswith("refs/"):
        raise invalid(f"{shown(value)} is no name of a branch", f"write {value.removeprefix('refs/heads/')}")
    return value


Exact = AfterValidator(exact)
Repository = Annotated[
    str,
    Exact,
    named(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}", "repository of GitHub: like acme/infra"),
]
GithubId = Annotated[str, Exact, named(r"[1-9][0-9]{0,19}", 'id of GitHub: like "456789"')]
Branch = Annotated[
    str,
    Exact,
    AfterValidator(branch),
    named(
        r"(?=.{1,200}$)[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*",
        "name of a branch: 1 to 200 letters, digits and ._-/, like main",
    ),
]
Environment = Annotated[
    str,
    Exact,
    named(r"[A-Za-z0-9_](?:[A-Za-z0-9_.:/ -]{0,253}[A-Za-z0-9_])?", "name of an environment: like aws"),
]
Instance = Annotated[
    str,
    Exact,
    named(r"https://([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(/[A-Za-z0-9._-]+)*", "URL: like https://gitlab.com"),
]
Project = Annotated[
    str, Exact, named(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+", "project: like acme/infra")
]


class Github(Section):
    """A repository whose jobs may take the roles."""

    repository: Repository = Field(description="Owner and name, as GitHub writes them.")
    repository_id: GithubId | None = Field(
        default=None, description="Its number, in quotes, from `awsbase ci ids OWNER/NAME`. Names can change hands."
    )
    owner_id: GithubId | None = Field(default=None, description="The number of its owner, in quotes.")
    branch: Branch = Field(default="main", description="The branch that is applied.")
    environment: Environment = Field(
        default="aws", description="The protected environment whose jobs apply: its reviewers approve each plan."
    )

    stand_in: ClassVar[Mapping[str, Any]] = {"repository": "acme/infra"}

    @model_validator(mode="after")
    def _both_ids(self) -> Self:
        if (self.repository_id is None) != (self.owner_id is None):
            raise invalid(
                "one id without the other", f"`awsbase ci ids {self.repository}` prints repository_id and owner_id"
            )
        return self

    @property
    def url(self) -> str:
        return GITHUB

    @property
    def name(self) -> str:
        """The repository, as people know it."""
        return self.repository

    def conditions(self, mode: Mode, partition: str) -> Mapping[str, list[str]]:
        """Return which claims of a token must have which values."""
        if mode == "plan":
            ends = ["pull_request", f"ref:refs/heads/{self.branch}"]
        else:
            ends = [f"environment:{self.environment.replace(':', '%3A')}"]
        sure = self.repository_id is not None and partition == MORE_CLAIMS
        claims = {"repository_id": [str(self.repository_id)]} if sure else {}
        return {**claims, "sub": [f"repo:{each}:{end}" for each in self._names(sure=sure) for end in ends]}

    def _names(self, *, sure: bool) -> Iterator[str]:
        """Yield how a subject names the repository: with ids, and as of old; that alone only where ids tell whose."""
        if self.repository_id is None or sure:
            yield self.repository
        if self.repository_id is not None:
            owner, _, name = self.repository.partition("/")
            yield f"{owner}@{self.owner_id}/{name}@{self.repository_id}"

    def warnings(self) -> Iterator[ValidationProblem]:
        """Yield that whoever gets the name gets the roles."""
        if self.repository_id is None:
            message = "no ids: whoever gets the repository's name gets its roles"
            yield ValidationProblem((), message, f"`awsbase ci ids {self.repository}` prints them")


class Gitlab(Section):
    """A project whose jobs may take the roles."""

    url: Instance = Field(default="https://gitlab.com", description="The instance.")
    project: Project = Field(description="Group and name of the project.")
    branch: Branch = Field(
        default="main", description="The protected branch that is applied: whoever may push to it may apply."
    )
    review: Several[Branch] = Field(
        default=(),
        description="Other branches that may plan, such as those that merge requests come from; each by its name.",
        examples=[["next"]],
    )

    stand_in: ClassVar[Mapping[str, Any]] = {"project": "acme/infra"}

    @property
    def name(self) -> str:
        """The project, as people know it."""
        return self.project

    def conditions(self, mode: Mode, partition: str) -> Mapping[str, list[str]]:
        """Return which claims of a token must have which values."""
        branches = dict.fromkeys((self.branch, *(self.review if mode == "plan" else ())))
        return {"sub": [f"project_path:{self.project}:ref_type:branch:ref:{each}" for each in branches]}


class Ci(Section):
    """A pipeline on GitHub or GitLab, and its two roles: one that only reads, and one that applies."""

    github: Github | None = Field(default=None, description="The repository on GitHub.")
    gitlab: Gitlab | None = Field(default=None, description="The project on GitLab.")

    stand_in: ClassVar[Mapping[str, Any]] = {"github": {"repository": "acme/infra"}}

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.github is None) == (self.gitlab is None):
            raise invalid("a pipeline runs on GitHub or on GitLab", "write one of github and gitlab")
        return self

    @property
    def source(self) -> Github | Gitlab:
        """Return whose jobs take the roles."""
        found = self.github or self.gitlab
        assert found
        return found

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the provider and the two roles, which get their policies once all other sections are known."""
        provider = OidcProvider(scope=base.scope, url=self.source.url, audiences=frozenset({AUDIENCE}), tags=base.tags)
        yield provider
        for mode in MODES:
            yield Role(
                scope=base.scope,
                name=role_name(base.name, mode),
                trust=self.trust(provider, mode),
                purpose=f"Lets jobs of {self.source.name} {mode}",
                tags=base.tags,
                made_here=(provider.address,),
            )

    def trust(self, provider: OidcProvider, mode: Mode) -> Document:
        """Return the trust of a role: exactly these subjects, for AWS alone."""
        asked = {"aud": [AUDIENCE], **self.source.conditions(mode, provider.scope.partition)}
        equals = {f"{provider.issuer}:{key}": alone(values) for key, values in asked.items()}
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": provider.arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": equals},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the ARNs of the roles."""
        for mode in MODES:
            yield Output("ci_role_arns", Reference(f"role/{role_name(base.name, mode)}"), key=mode)


def role_name(name: str, mode: Mode) -> str:
    """Return the name of a role of the pipeline, in the account of this name."""
    return f"{name}-ci-{mode}"


def alone(values: list[str]) -> str | list[str]:
    """Return one value as itself, and several as a list."""
    return values[0] if len(values) == 1 else values


def with_rights(sections: Mapping[str, Sequence[Resource]], base: Base, kinds: Kinds) -> dict[str, list[Resource]]:
    """Return the resources of all sections with the policies of the pipeline's roles.

    The roles may do what the manifest needs, these very policies included. That goes round in no circle: what a policy
    or a role needs follows from names, and never from what a document allows. Only how many policies there are has to
    be found. It starts at one for each role, and grows until all that is allowed fits, which is at most once or twice.
    """
    from awsbase.permissions import least

    made = {name: list(held) for name, held in sections.items()}
    counts = dict.fromkeys(MODES, 1)
    while True:
        own = {mode: policies(base, mode, [{}] * count) for mode, count in counts.items()}
        made[SECTION] = list(with_policies(sections[SECTION], base, own))
        every = [each for held in made.values() for each in held]
        found = {mode: least(every, plan_only=mode == "plan", kinds=kinds).documents for mode in MODES}
        if all(len(documents) <= counts[mode] for mode, documents in found.items()):
            own = {mode: policies(base, mode, documents) for mode, documents in found.items()}
            return {**made, SECTION: list(with_policies(sections[SECTION], base, own))}
        counts = {mode: max(count, len(found[mode])) for mode, count in counts.items()}


def policies(base: Base, mode: Mode, documents: Sequence[Document]) -> list[Policy]:
    """Return the policies of a role of the pipeline."""
    name = role_name(base.name, mode)
    return [
        Policy(
            scope=base.scope,
            name=f"{name}-{number}",
            document=document,
            description=f"What the pipeline needs to {mode}; awsbase writes it from the manifest",
            tags=base.tags,
        )
        for number, document in enumerate(documents, 1)
    ]


def with_policies(held: Sequence[Resource], base: Base, own: Mapping[Mode, Sequence[Policy]]) -> Iterator[Resource]:
    """Yield the resources of the section, and before each role its policies."""
    mine = {role_name(base.name, mode): several for mode, several in own.items()}
    for each in held:
        if not isinstance(each, Role):
            yield each
            continue
        several = mine[each.name]
        yield from several
        yield replace(
            each,
            policies=each.policies | {policy.arn for policy in several},
            made_here=(*each.made_here, *(policy.address for policy in several)),
        )
