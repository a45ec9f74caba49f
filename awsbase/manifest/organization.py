"""The organization section, of the management account alone: units, and what policies take away below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from awsbase.engine.resource import Resource
from awsbase.ensure.organization import ADDRESS, Organization
from awsbase.ensure.organization_policy import SIZE, OrganizationPolicy
from awsbase.ensure.organizational_unit import OrganizationalUnit, unit_address
from awsbase.facts.organization import SCP
from awsbase.manifest.base import Base
from awsbase.manifest.files import Json
from awsbase.manifest.grants import document_errors, whole
from awsbase.manifest.iam import Text
from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.trust import Statement
from awsbase.manifest.values import OneNameEach, PolicyName
from awsbase.policies import Document
from awsbase.policies.document import size

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
DEEPEST = 5
ROOT = "/"


def unit_path(value: str) -> str:
    """Accept the names on the path of a unit; raises PydanticCustomError for any other."""
    names = value.split("/")
    if not all(re.fullmatch(r"\S(.{0,126}\S)?", name) for name in names):
        raise invalid(f"{shown(value)} is no path of a unit", "write names with / between them, like Workloads/Prod")
    if len(names) > DEEPEST:
        raise invalid(f"{shown(value)} is {len(names)} levels deep", f"AWS takes {DEEPEST} below the root")
    return value


UnitPath = Annotated[str, AfterValidator(unit_path), Field(json_schema_extra={"examples": ["Workloads/Prod"]})]


class ControlPolicy(Section):
    """A service control policy, from a JSON file or written here."""

    file: Json | None = Field(default=None, description="A JSON policy document, relative to this manifest.")
    statements: Several[Statement] | None = Field(default=None, description="The statements, instead of a file.")
    on: Several[str] = Field(
        min_length=1,
        description='What it is attached to: the path of a unit, the id of an account, or "/" for the root.',
    )
    description: Text = Field(default="", description="What it is for; AWS keeps the first one.")

    stand_in: ClassVar[Mapping[str, Any]] = {
        "statements": [{"Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}],
        "on": [ROOT],
    }

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

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield what AWS would refuse in the document."""
        at = "file" if self.file else "statements"
        yield from document_errors(
            self.document, "inline", (at,), manifest.account.scope.partition, listed=self.file is None
        )
        if (length := size(self.document)) > SIZE.most:
            message = f"the document has {length} characters, and AWS takes {SIZE.most}"
            yield ValidationProblem((at,), message, "make two policies of it, or name actions with *")


class OrganizationSection(Section):
    """The organization that this account manages. Only its manifest has this section. Nothing here closes an account
    or takes a unit with accounts away."""

    units: Several[UnitPath] = Field(
        default=(), description="Units by their paths, like Workloads/Prod; those above them are made too."
    )
    policies: Annotated[dict[PolicyName, ControlPolicy], OneNameEach] = Field(
        default={}, description="Service control policies: what nobody may do below what they are attached to."
    )

    @property
    def paths(self) -> list[str]:
        """The paths of all units, those above others included, each after the one that it is in."""
        found: dict[str, None] = {}
        for path in self.units:
            names = path.split("/")
            found.update(("/".join(names[: depth + 1]), None) for depth in range(len(names)))
        return list(found)

    def check(self, manifest: object) -> Iterator[ValidationProblem]:
        """Yield policies on what the manifest does not name."""
        for name, policy in self.policies.items():
            for index, target in enumerate(policy.on):
                if target != ROOT and not re.fullmatch(r"\d{12}", target) and target not in self.paths:
                    hint = closest(target, [ROOT, *self.paths]) or "name it in organization.units"
                    yield ValidationProblem(("policies", name, "on", index), f"no unit called {target!r}", hint)

    def resources(self, base: Base, manifest: object) -> Iterator[Resource]:
        """Yield the organization, its units, and its policies."""
        yield Organization(scope=base.scope, policy_types=(SCP,) if self.policies else ())
        for path in self.paths:
            yield OrganizationalUnit(scope=base.scope, path=path, tags=base.tags)
        for name, policy in self.policies.items():
            yield OrganizationPolicy(
                scope=base.scope,
                name=base.expand(name),
                document=policy.document,
                targets=tuple(self.target(each) for each in policy.on),
                description=policy.description,
                tags=base.tags,
            )

    def target(self, named: str) -> str:
        """Return the address of what a policy is attached to; the id of an account stays as it is."""
        if named == ROOT:
            return ADDRESS
        return named if re.fullmatch(r"\d{12}", named) else unit_address(named)
