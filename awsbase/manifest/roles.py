"""Roles of iam.roles: who may assume them, and what they may do then."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.manifest import role_presets
from awsbase.manifest.base import Base
from awsbase.manifest.blocks import VpcBlock
from awsbase.manifest.grants import Grant, Statement, document_errors, granted, whole
from awsbase.manifest.iam import Text, tag_errors
from awsbase.manifest.only_from import Place
from awsbase.manifest.outputs import Output
from awsbase.manifest.role_presets import Preset
from awsbase.manifest.section import Section, Several, ValidationProblem
from awsbase.manifest.trust import Trust, trusted
from awsbase.manifest.values import IamPath, PolicyName, Tags
from awsbase.policies import size

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

# Characters in the inline policies of a role: a quota that AWS does not raise.
MOST_INLINE = 10240


class RoleSpec(Section):
    """A role: who may assume it, and what it may do then."""

    trust: Trust | None = Field(
        default=None, description="Who may assume it; left out with a preset, EC2 hands it to instances."
    )
    preset: Preset | None = Field(
        default=None,
        description="A role that comes whole: instance (a server that Session Manager reaches), packer (builds images) "
        "or pipeline (a host that runs pipelines, in a network of its own).",
    )
    policies: Several[Grant] | None = Field(
        default=None,
        description="Its policies, named as in groups: these, the inline ones, no others. Left out, what it has stays; "
        "a preset has its own.",
    )
    inline: dict[PolicyName, Several[Statement]] = Field(
        default_factory=dict, description="Documents that exist in this role alone: a name and its statements."
    )
    description: Text = Field(default="", description="What it is for.")
    max_session: Annotated[int, Field(ge=3600, le=43200)] | None = Field(
        default=None, description="Seconds that a session may last; left out, as it is, an hour when it is made."
    )
    boundary: Grant | None = Field(default=None, description="A policy that its rights never exceed.")
    path: IamPath = Field(default="/", description="Part of its ARN for good.")
    tags: Tags = Field(default_factory=dict, description="Tags on this role, beside those of the account.")
    instance_profile: bool = Field(
        default=False, description="An instance profile of the same name, by which instances take it; presets have it."
    )
    only_from: Several[Place] = Field(
        default=(),
        description="VPCs in which alone its credentials are of use, vpc/NAME or by id, and the public addresses of "
        "their NAT gateways.",
        examples=[["vpc/acme", "203.0.113.7/32"]],
    )
    cidr: VpcBlock | None = Field(
        default=None, description="Preset pipeline: the IPv4 block of its network, for good; left out, 10.43.0.0/24."
    )

    later: ClassVar[frozenset[str]] = frozenset({"preset", "instance_profile", "only_from", "cidr"})

    @property
    def grants(self) -> tuple[str, ...]:
        return (*(self.policies or ()), *([self.boundary] if self.boundary else []))

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield a role that nobody may assume, and what AWS would refuse in the inline documents and in the tags."""
        if self.trust is None and self.preset is None:
            message = "'trust' is missing: nobody may assume this role"
            yield ValidationProblem(("trust",), message, "name services, accounts or statements, or a preset")
        partition = manifest.account.scope.partition
        for name, statements in self.inline.items():
            yield from document_errors(whole(statements), "inline", ("inline", name), partition)
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        if (have := sum(size(whole(statements)) for statements in self.inline.values())) > MOST_INLINE:
            message = (
                f"these have {have} characters without white space together, and AWS takes {MOST_INLINE} in a role"
            )
            yield ValidationProblem(("inline",), message, "move some into iam.policies")
        yield from tag_errors(self.tags, manifest)

    def problems(self, name: str, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield what does not fit together in a role of this name."""
        return role_presets.problems(name, self, manifest)

    def trusted(self, scope: Scope) -> list[str]:
        """Return the addresses of users and roles that may assume it."""
        return list(trusted(role_presets.trust_of(self, scope).document(scope), scope))

    def resources(
        self, name: str, base: Base, manifest: Manifest, own: Mapping[str, Policy], managed: Collection[str]
    ) -> Iterator[Resource]:
        """Yield the role, and what there is beside it."""
        yield self._role(name, base, manifest, own, managed)
        yield from role_presets.around(name, self, base, manifest)

    def outputs(self, name: str, base: Base) -> Iterator[Output]:
        """Yield what is beside the role and others need."""
        return role_presets.outputs(name, self, base)

    def _role(
        self, name: str, base: Base, manifest: Manifest, own: Mapping[str, Policy], managed: Collection[str]
    ) -> Role:
        scope = base.scope
        given = granted(self.policies or (), scope, own)
        reached = frozenset([role_presets.sessions(scope)] if self.preset and role_presets.on_hosts(self) else [])
        boundary = granted([self.boundary] if self.boundary else [], scope, own)
        principals = [address for address in dict.fromkeys(self.trusted(scope)) if address in managed]
        of_preset = role_presets.inline(name, self, base, manifest)
        return Role(
            scope=scope,
            name=name,
            trust=role_presets.trust_of(self, scope).document(scope),
            policies=given.arns | reached,
            inline={**of_preset, **{each: whole(statements) for each, statements in self.inline.items()}},
            exact=self.policies is not None or self.preset is not None,
            path=self.path,
            description=self.description,
            tags={**base.tags, **self.tags},
            boundary=next(iter(boundary.arns), None),
            max_session=self.max_session,
            made_here=(*given.made_here, *boundary.made_here, *principals),
        )
