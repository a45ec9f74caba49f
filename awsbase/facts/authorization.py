"""All of IAM in one read: users, groups, roles with their instance profiles, and the account's own policies.

`GetAccountAuthorizationDetails` returns hundreds of entities at once, where Get and List need several calls for each.
Keys are case-folded names, because IAM treats `Ops` and `ops` as the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from awsbase.engine.facts import Facts, Read
from awsbase.engine.permissions import Allow, Condition, allow
from awsbase.engine.scope import Scope
from awsbase.errors import AwsbaseError
from awsbase.policies.document import parsed
from awsbase.records import record

T = TypeVar("T")
Document = dict[str, Any]
# The path under which only AWS makes roles: those of its services.
SERVICE_LINKED = "/aws-service-role/"


class ExistsElsewhere(AwsbaseError):
    """A resource of that name exists with another path than in the manifest."""

    def __init__(self, kind: str, have: str, want: str) -> None:
        path = "/" + have.partition("/")[2].rpartition("/")[0]
        super().__init__(
            f"the {kind} exists as {have} and the manifest says {want}, which IAM can only do by deleting it",
            hint=f"write its name as it is in IAM, and `path: {path if path == '/' else path + '/'}`; "
            "if awsbase chose the name itself, rename or delete the existing one",
        )


@record
class GroupFacts:
    """A group: its name as AWS spells it, its path, the ARNs attached to it and its inline policies.

    Of groups, users and roles, `new` are those that this run makes.
    """

    name: str
    path: str
    policies: frozenset[str] = frozenset()
    inline: Mapping[str, Document] = field(default_factory=dict)
    created: datetime | None = None
    new: bool = False


@record
class UserFacts:
    """A user: its path and groups, and the policies and tags of its own."""

    name: str
    path: str
    created: datetime | None = None
    groups: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()
    inline: Mapping[str, Document] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str | None = None
    new: bool = False


@record
class RoleFacts:
    """A role: who can assume it, and which permissions it has."""

    arn: str
    name: str
    path: str
    created: datetime | None = None
    trust: Document = field(default_factory=dict)
    policies: frozenset[str] = frozenset()
    inline: Mapping[str, Document] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str | None = None
    new: bool = False
    used: datetime | None = None
    """When it was last used, as far as AWS has told: within 400 days, and four hours ago or earlier."""


@record
class PolicyFacts:
    """A managed policy of this account: its default document, and the other versions, oldest first."""

    arn: str
    path: str
    document: Document
    others: tuple[str, ...] = ()
    created: datetime | None = None
    description: str = ""

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


@record
class ProfileFacts:
    """An instance profile with the name of its role."""

    arn: str
    role: str | None = None
    created: datetime | None = None


@record
class Authorization:
    """The users, groups, roles and policies of the account."""

    users: Mapping[str, UserFacts]
    groups: Mapping[str, GroupFacts]
    roles: Mapping[str, RoleFacts]
    policies: Mapping[str, PolicyFacts]
    profiles: Mapping[str, ProfileFacts] = field(default_factory=dict)
    """The instance profiles that have a role."""


def authorization(facts: Facts) -> Authorization:
    """Read all users, groups, roles and customer-managed policies; keys are names in lower case."""
    users: dict[str, UserFacts] = {}
    groups: dict[str, GroupFacts] = {}
    roles: dict[str, RoleFacts] = {}
    policies: dict[str, PolicyFacts] = {}
    profiles: dict[str, ProfileFacts] = {}
    pages = facts.aws.iam.get_paginator("get_account_authorization_details").paginate(
        # Without a filter AWS adds all its own managed policies, which takes hundreds of pages.
        Filter=["User", "Group", "Role", "LocalManagedPolicy"],
        # Pages wait for one another, and have a hundred items unless AWS is asked for more.
        PaginationConfig={"PageSize": 1000},
    )
    for page in pages:
        profiles |= {name: profile for role in page["RoleDetailList"] for name, profile in _profiles(role)}
        users |= {each.name.casefold(): each for each in map(_user, taken(page["UserDetailList"]))}
        groups |= {each.name.casefold(): each for each in map(_group, taken(page["GroupDetailList"]))}
        roles |= {each.name.casefold(): each for each in map(_role, taken(page["RoleDetailList"]))}
        policies |= {each.name.casefold(): each for each in map(_policy, taken(page["Policies"]))}
    return Authorization(users, groups, roles, policies, profiles)


def set_of(names: Iterable[str]) -> frozenset[str]:
    """Return a set of names: the same one for the same names, since thousands of users have the same groups."""
    return _set_of(tuple(names))


@lru_cache
def _set_of(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(names)


def taken(listed: list[T]) -> Iterator[T]:
    """Yield the items of a list in order, and keep none of them: a page can be as large as all that is made of it."""
    listed.reverse()
    while listed:
        yield listed.pop()


def users(facts: Facts) -> Mapping[str, UserFacts]:
    """Return the users of the account, by name in lower case."""
    return facts.read(authorization).users


def groups(facts: Facts) -> Mapping[str, GroupFacts]:
    """Return the groups of the account, by name in lower case."""
    return facts.read(authorization).groups


def roles(facts: Facts) -> Mapping[str, RoleFacts]:
    """Return the roles of the account, by name in lower case."""
    return facts.read(authorization).roles


def policies(facts: Facts) -> Mapping[str, PolicyFacts]:
    """Return the customer-managed policies, by name in lower case."""
    return facts.read(authorization).policies


def profiles(facts: Facts) -> Mapping[str, ProfileFacts]:
    """Return the instance profiles, by name."""
    return facts.read(authorization).profiles


def _attached(entity: Mapping[str, Any]) -> frozenset[str]:
    return set_of(policy["PolicyArn"] for policy in entity.get("AttachedManagedPolicies", []))


def _inline(listed: Iterable[Mapping[str, Any]]) -> dict[str, Document]:
    return {policy["PolicyName"]: parsed(policy.get("PolicyDocument", {})) for policy in listed}


def _tags(entity: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in entity.get("Tags", [])}


def _boundary(entity: Mapping[str, Any]) -> str | None:
    arn: str | None = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return arn


def _group(group: Mapping[str, Any]) -> GroupFacts:
    inline = _inline(group.get("GroupPolicyList", []))
    return GroupFacts(group["GroupName"], group.get("Path", "/"), _attached(group), inline, group.get("CreateDate"))


def _user(user: Mapping[str, Any]) -> UserFacts:
    return UserFacts(
        name=user["UserName"],
        path=user.get("Path", "/"),
        created=user.get("CreateDate"),
        groups=set_of(user.get("GroupList", [])),
        policies=_attached(user),
        inline=_inline(user.get("UserPolicyList", [])),
        tags=_tags(user),
        boundary=_boundary(user),
    )


def _role(role: Mapping[str, Any]) -> RoleFacts:
    return RoleFacts(
        arn=role["Arn"],
        name=role["RoleName"],
        path=role.get("Path", "/"),
        created=role.get("CreateDate"),
        trust=parsed(role.get("AssumeRolePolicyDocument", {})),
        policies=_attached(role),
        inline=_inline(role.get("RolePolicyList", [])),
        tags=_tags(role),
        boundary=_boundary(role),
        used=role.get("RoleLastUsed", {}).get("LastUsedDate"),
    )


def _profiles(role: Mapping[str, Any]) -> Iterator[tuple[str, ProfileFacts]]:
    for profile in role.get("InstanceProfileList", []):
        facts = ProfileFacts(profile.get("Arn", ""), role["RoleName"], profile.get("CreateDate"))
        yield profile["InstanceProfileName"].casefold(), facts


def _policy(policy: Mapping[str, Any]) -> PolicyFacts:
    versions = sorted(policy.get("PolicyVersionList", []), key=lambda version: str(version.get("CreateDate", "")))
    default: Mapping[str, Any] = next((version for version in versions if version.get("IsDefaultVersion")), {})
    return PolicyFacts(
        arn=policy["Arn"],
        path=policy.get("Path", "/"),
        document=parsed(default.get("Document", {})),
        others=tuple(each["VersionId"] for each in versions if "VersionId" in each and each is not default),
        created=policy.get("CreateDate"),
        description=policy.get("Description", ""),
    )


ALL_OF_IAM = allow("iam", "GetAccountAuthorizationDetails")


def all_of_iam(want: object) -> Iterator[Read]:
    """Yield the one read that returns all users, groups, roles and policies."""
    yield (authorization,)


def iam_arns(scope: Scope, kind: str, name: str) -> tuple[str, ...]:
    """Return the ARN patterns that match a name on any path: somebody may have changed the path."""
    return scope.global_arn("iam", f"{kind}/{name}"), scope.global_arn("iam", f"{kind}/*/{name}")


def only_these(policies: frozenset[str]) -> Condition:
    """Return the condition that only these policies are attached or detached."""
    return Condition("ArnEquals", "iam:PolicyARN", policies)


def leaving_groups(scope: Scope) -> Allow:
    """Return the permission to remove users from any group: IAM authorizes this action by group only."""
    return allow("iam", "RemoveUserFromGroup", on=(scope.global_arn("iam", "group/*"),))
