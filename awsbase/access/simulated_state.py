"""How IAM will stand after a run, and which documents say what somebody may do in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from awsbase.engine.resource import Resource
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.facts.authorization import Authorization, GroupFacts, PolicyFacts, RoleFacts, UserFacts
from awsbase.policies import Document


def simple(effect: str, *actions: str) -> Document:
    return {"Statement": [{"Effect": effect, "Action": list(actions), "Resource": "*"}]}


# IAM tells the documents of the account's own policies only; of AWS's these decide who administers.
BY_AWS: Mapping[str, Document] = {
    "AdministratorAccess": simple("Allow", "*"),
    "IAMFullAccess": simple("Allow", "iam:*"),
    "AWSDenyAll": simple("Deny", "*"),
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
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
)


def foreseen(have: Authorization, resources: Sequence[Resource]) -> Authorization:
    """Return IAM as these resources will leave it."""
    users, groups, roles, policies = dict(have.users), dict(have.groups), dict(have.roles), dict(have.policies)
    for want in resources:
        match want:
            case AbsentUser():
                users.pop(want.name.casefold(), None)
            case User():
                user = users.get(want.name.casefold(), UserFacts(want.name, want.path or "/"))
                joined = kept(user.groups, want.groups, exact=want.exact)
                users[want.name.casefold()] = replace(user, path=want.path or user.path, groups=joined)
            case Group():
                group = groups.get(want.name.casefold(), GroupFacts(want.name, want.path or "/"))
                attached = kept(group.policies, want.policies, exact=want.exact)
                groups[want.name.casefold()] = replace(group, policies=attached)
            case Role():
                role = roles.get(want.name.casefold(), RoleFacts(want.arn, want.name, want.path))
                roles[want.name.casefold()] = replace(
                    role,
                    trust=want.trust,
                    policies=kept(role.policies, want.policies, exact=want.exact),
                    inline={**({} if want.exact else role.inline), **want.inline},
                    boundary=want.boundary or role.boundary,
                )
            case Policy():
                policy = policies.get(want.name.casefold(), PolicyFacts(want.arn, want.path, want.document))
                policies[want.name.casefold()] = replace(policy, arn=want.arn, document=want.document)
    return Authorization(users, groups, roles, policies)


def kept(have: frozenset[str], want: frozenset[str], *, exact: bool) -> frozenset[str]:
    return want if exact else have | want


def documents_of(iam: Authorization, who: UserFacts | RoleFacts) -> list[Document]:
    """Return every document that gives or denies somebody something."""
    member = [iam.groups[name] for name in groups_of(who) if name in iam.groups]
    return [each for holder in (who, *member) for each in (*holder.inline.values(), *documents(iam, holder.policies))]


def attached_to(iam: Authorization, who: UserFacts | RoleFacts) -> frozenset[str]:
    """Return by ARN the managed policies of somebody, those of groups included."""
    member = [iam.groups[name] for name in groups_of(who) if name in iam.groups]
    return who.policies.union(*(group.policies for group in member))


def groups_of(who: UserFacts | RoleFacts) -> list[str]:
    return sorted(name.casefold() for name in who.groups) if isinstance(who, UserFacts) else []


def documents(iam: Authorization, arns: Iterable[str]) -> Iterator[Document]:
    """Yield what policies say, as far as it is known."""
    own = {policy.arn: policy.document for policy in iam.policies.values()}
    for arn in arns:
        if arn in own:
            yield own[arn]
        elif ":aws:policy/" in arn:
            name = arn.rpartition("/")[2]
            yield QUARANTINED if name.startswith(QUARANTINE) else BY_AWS.get(name, {})
