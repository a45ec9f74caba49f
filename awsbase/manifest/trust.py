"""Who may assume a role, as a manifest says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from awsbase.access.assuming import federated
from awsbase.engine.scope import Scope
from awsbase.manifest.grants import Statement, document_errors, whole
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import GroupName, account_id, expand, named
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

Service = Annotated[str, named(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?", "service: like ec2.amazonaws.com")]


def account(value: str, info: ValidationInfo) -> str:
    """Accept an account id, or `{id}` for this account."""
    return account_id(expand(value, info))


class Trust(Section):
    """Who may assume the role: services of AWS, accounts, groups, or whoever the statements say."""

    services: Several[Service] = Field(
        default=(), description="Services of AWS, such as ec2.amazonaws.com.", examples=[["ec2.amazonaws.com"]]
    )
    accounts: Several[Annotated[str, AfterValidator(account)]] = Field(
        default=(), description="Accounts, {id} for this one; whom of its people it lets in, each account says itself."
    )
    groups: Several[GroupName] = Field(
        default=(), description="Groups of iam.groups: their members may assume it, by a policy that awsbase adds."
    )
    mfa: bool = Field(
        default=True,
        description="Whether people of those accounts need an MFA code; false lets machines in.",
    )
    organization: Annotated[str, named(r"o-[a-z0-9]{10,32}", "id of an organization: like o-acme123456")] | None = (
        Field(
            default=None, description="The organization that those accounts must be in when somebody assumes the role."
        )
    )
    statements: Several[Statement] = Field(
        default=(), description="Statements of a trust policy, for what the other keys cannot say."
    )

    stand_in: ClassVar[Mapping[str, Any]] = {"services": ["ec2.amazonaws.com"]}
    later: ClassVar[frozenset[str]] = frozenset({"organization"})

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not (self.services or self.accounts or self.groups or self.statements):
            raise invalid("nobody may assume this role", "name services, accounts or statements")
        if self.organization and not (self.accounts or self.groups):
            raise invalid("organization limits accounts and groups, and there are none", "name the accounts")
        return self

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield what AWS would refuse in the statements."""
        scope = manifest.account.scope
        for index, statement in enumerate(self.statements):
            for arn in dict.fromkeys(principals(statement)):
                if (right := right_arn(arn, manifest)) != arn:
                    yield ValidationProblem(
                        ("statements", index), f"nobody is called {arn}", f"with the path it is {right}"
                    )
        made = len(self.generated(scope))
        yield from document_errors(self.document(scope), "trust", ("statements",), scope.partition, before=made)

    def warnings(self) -> Iterator[ValidationProblem]:
        """Yield the statements that let more jobs in than one repository has: a run asks for approval, too."""
        for index, statement in enumerate(self.statements):
            for provider in principals(statement.get("Principal")):
                if ":oidc-provider/" in provider and (why := federated(provider, statement)):
                    yield ValidationProblem(
                        ("statements", index), why, "compare its subject by StringEquals, without wildcards"
                    )

    def document(self, scope: Scope) -> Document:
        """Return the trust policy."""
        return whole([*self.generated(scope), *self.statements])

    def generated(self, scope: Scope) -> list[Statement]:
        """Return the statements that awsbase writes for services, accounts and groups."""
        statements: list[Statement] = []
        if self.services:
            principals = {"Service": list(self.services)}
            statements.append({"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole"})
        # IAM knows no group as a principal: the role trusts this account, and the group's policy lets its members in.
        accounts = dict.fromkeys((*self.accounts, *([scope.account] if self.groups else [])))
        if accounts:
            principals = {"AWS": [f"arn:{scope.partition}:iam::{each}:root" for each in accounts]}
            tests: dict[str, object] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}} if self.mfa else {}
            # An account that leaves the organization is not let in any more.
            tests |= {"StringEquals": {"aws:PrincipalOrgID": self.organization}} if self.organization else {}
            condition = {"Condition": tests} if tests else {}
            statements.append({"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole", **condition})
        return statements


def trusted(document: object, scope: Scope) -> Iterator[str]:
    """Yield the addresses of this account's users and roles that a trust policy names: AWS wants them to exist."""
    for arn in principals(document):
        if found := entity(arn, scope):
            yield f"{found[1]}/{found[3]}"


def principals(document: object) -> Iterator[str]:
    """Yield all texts of a trust policy but those of its conditions."""
    match document:
        case str():
            yield document
        case Mapping():
            for key, part in document.items():
                if key != "Condition":
                    yield from principals(part)
        case list() | tuple():
            for part in document:
                yield from principals(part)


def entity(arn: str, scope: Scope) -> re.Match[str] | None:
    """Take the ARN of a user or a role of this account apart: what it is, its path, its name."""
    return re.fullmatch(rf"arn:{scope.partition}:iam::{scope.account}:(user|role)(/(?:.*/)?)([^/]+)", arn)


def right_arn(arn: str, manifest: Manifest) -> str:
    """Return an ARN with the path that the manifest gives to its user or role; without one it is as good as any."""
    found, iam = entity(arn, manifest.account.scope), manifest.iam
    if not found or not iam:
        return arn
    one = iam.users.get(found[3]) if found[1] == "user" else iam.roles.get(found[3])
    path = one.path if one and "path" in one.model_fields_set else None
    return manifest.account.scope.global_arn("iam", f"{found[1]}{path}{found[3]}") if path else arn
