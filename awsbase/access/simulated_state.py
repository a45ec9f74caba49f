"""How IAM will stand after a run, and which documents decide what a principal is allowed to do in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeGuard, TypeVar

from awsbase.facts.authorization import Authorization, GroupFacts, PolicyFacts, RoleFacts, UserFacts
from awsbase.policies import Document

Entity = TypeVar("Entity", UserFacts, GroupFacts, RoleFacts, PolicyFacts)


def simple(effect: str, *actions: str) -> Document:
    """Return a document of one statement about every resource."""
    return {"Statement": [{"Effect": effect, "Action": list(actions), "Resource": "*"}]}


OF_AWS = re.compile(r"arn:[^:]+:iam::aws:policy/(.+)")
# IAM returns the documents of the account's own policies only; of AWS's policies these decide who administers.
BY_AWS: Mapping[str, Document] = {
    "AdministratorAccess": simple("Allow", "*"),
    "IAMFullAccess": simple("Allow", "iam:*"),
    "AWSDenyAll": simple("Deny", "*"),
    # These deny all but a few actions, none of which gives permissions. They are boundaries, or policies of sessions.
    **dict.fromkeys(
        (
            "AWSIAMIdentityCenterAllowListForIdentityContext",
            "AmazonDataZoneEnvironmentRolePermissionsBoundary",
            "AmazonDataZoneSageMakerEnvironmentRolePermissionsBoundary",
            "AmazonSecurityLakePermissionsBoundary",
            "SageMakerStudioProjectUserRolePermissionsBoundary",
            "root-task/IAMAuditRootUserCredentials",
            "root-task/IAMCreateRootUserPassword",
            "root-task/IAMDeleteRootUserCredentials",
            "root-task/S3UnlockBucketPolicy",
            "root-task/SQSUnlockQueuePolicy",
        ),
        simple("Deny", "iam:*"),
    ),
}
# What AWS puts on a user whose key leaked, in several versions, denies these of IAM, and much else.
QUARANTINE = "AWSCompromisedKeyQuarantine"
QUARANTINED = simple(
    "Deny",
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreatePolicyVersion",
    "iam:DetachUserPolicy",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
)


@dataclass
class IamDraft:
    """IAM as it will stand, by case-folded names; each resource that changes IAM writes into it what it will do."""

    users: dict[str, UserFacts]
    groups: dict[str, GroupFacts]
    roles: dict[str, RoleFacts]
    policies: dict[str, PolicyFacts]


class ChangesIam(Protocol):
    """A resource whose recipe changes what principals are allowed to do."""

    @property
    def address(self) -> str: ...

    def simulate(self, iam: IamDraft) -> None:
        """Change the draft as the recipe of this resource will change IAM."""


def changes_iam(want: object) -> TypeGuard[ChangesIam]:
    """Tell whether a resource changes IAM; Python 3.11 is slow to compare each with a protocol."""
    return hasattr(want, "simulate")


def having(entity: Entity, **fields: Any) -> Entity:
    """Return a user, group, role or policy with these fields; itself if it has them, as of a converged account all."""
    if all(getattr(entity, name) == value for name, value in fields.items()):
        return entity
    return replace(entity, **fields)


def simulated(have: Authorization, resources: Iterable[object]) -> Authorization:
    """Return IAM as these resources will leave it."""
    draft = IamDraft(dict(have.users), dict(have.groups), dict(have.roles), dict(have.policies))
    for want in resources:
        if changes_iam(want):
            want.simulate(draft)
    return Authorization(draft.users, draft.groups, draft.roles, draft.policies, have.profiles)


def attached(have: frozenset[str], want: frozenset[str], *, exact: bool) -> frozenset[str]:
    """Return what will be attached: `want` alone when the manifest's list is exact, else what there is as well."""
    return want if exact else have | want


def documents_of(iam: Authorization, who: UserFacts | RoleFacts) -> list[Document]:
    """Return every document that allows or denies a principal something."""
    member = [iam.groups[name] for name in groups_of(who) if name in iam.groups]
    return [each for entity in (who, *member) for each in (*entity.inline.values(), *documents(iam, entity.policies))]


def attached_to(iam: Authorization, who: UserFacts | RoleFacts) -> frozenset[str]:
    """Return the ARNs of the managed policies of a principal, those of its groups included."""
    member = [iam.groups[name] for name in groups_of(who) if name in iam.groups]
    return who.policies.union(*(group.policies for group in member))


def groups_of(who: UserFacts | RoleFacts) -> list[str]:
    """Return the names of a user's groups in lower case; a role has none."""
    return sorted(name.casefold() for name in who.groups) if isinstance(who, UserFacts) else []


def documents(iam: Authorization, arns: Iterable[str]) -> Iterator[Document]:
    """Yield the documents of policies by ARN, as far as they are known."""
    own = {policy.arn: policy.document for policy in iam.policies.values()}
    for arn in arns:
        if arn in own:
            yield own[arn]
        elif of_aws := OF_AWS.fullmatch(arn):
            yield QUARANTINED if of_aws[1].startswith(QUARANTINE) else BY_AWS.get(of_aws[1], {})
