"""The iam section: who works in the account, in which groups, with which permissions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.references import Reference
from awsbase.ensure.group import Group
from awsbase.ensure.password_policy import LENGTH, PasswordPolicy
from awsbase.ensure.policy import Policy
from awsbase.ensure.user import User
from awsbase.facts.authorization import set_of
from awsbase.manifest.base import Base
from awsbase.manifest.grants import Grant, dangling, granted
from awsbase.manifest.late_sections import late
from awsbase.manifest.managed_policies import PREFIX, managed_policies
from awsbase.manifest.merge import Yielded
from awsbase.manifest.mfa import Mfa, Provision, secrets_taken
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import shown
from awsbase.manifest.public_keys import PublicKeys, logins_taken
from awsbase.manifest.role_groups import group_policies, group_problems
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.values import (
    MAX_TAGS,
    GroupName,
    IamPath,
    OneNameEach,
    PolicyName,
    RoleArn,
    RoleName,
    Tags,
    UserName,
)

if TYPE_CHECKING:
    from awsbase.ensure.absent_user import AbsentUser
    from awsbase.manifest.manifest import Manifest
    from awsbase.manifest.own_policies import OwnPolicy
    from awsbase.manifest.roles import RoleSpec
    from awsbase.userdata import Person
else:
    # Imported when a manifest has one: most manifests of a first day have neither.
    OwnPolicy = late("own_policies", "OwnPolicy")
    RoleSpec = late("roles", "RoleSpec")

# The policies of every group of people: manage the own credentials, and refuse nearly everything without MFA.
IMPLICIT = ("awsbase:require-mfa", "awsbase:self-service")
# A quota that AWS does not raise.
GROUPS = 10


def latin(value: str) -> str:
    """Accept the characters that IAM takes in a description; raises PydanticCustomError for any other."""
    odd = sorted({letter for letter in value if not re.fullmatch(r"[\t\n\r\x20-\x7e\xa1-\xff]", letter)})
    if odd:
        raise invalid(f"IAM does not take the characters {' '.join(odd[:5])}", "write it in Latin letters")
    return value


Text = Annotated[str, Field(max_length=1000), AfterValidator(latin)]


class Passwords(Section):
    """What the passwords of IAM users must be; leaving a key out never asks less of them than the account does."""

    minimum_length: Annotated[int, Field(ge=6, le=128)] | None = Field(
        default=None,
        description=f"Characters at least; left out, {LENGTH} (CIS) or the more that the account asks for.",
    )
    reuse_prevention: int = Field(
        default=24, ge=0, le=24, description="How many old passwords cannot come back; CIS asks for 24."
    )
    lowercase: bool = Field(default=True, description="Ask for a lower-case letter.")
    uppercase: bool = Field(default=True, description="Ask for an upper-case letter.")
    numbers: bool = Field(default=True, description="Ask for a digit.")
    symbols: bool = Field(default=True, description="Ask for another character.")
    max_age_days: Annotated[int, Field(ge=0, le=1095)] | None = Field(
        default=None,
        description="Days until passwords expire, 0 for never; left out, as it is. Expiry hits existing passwords at "
        "once, and breeds weak ones (NIST).",
    )
    hard_expiry: bool | None = Field(
        default=None, description="Whether an expired password locks out until an administrator resets it."
    )
    users_may_change: bool = Field(
        default=True, description="Let users change their own passwords: without it, somebody else knows each of them."
    )

    def resource(self, base: Base) -> PasswordPolicy:
        """Return the password policy."""
        return PasswordPolicy(
            scope=base.scope,
            length=self.minimum_length,
            remembered=self.reuse_prevention,
            lowercase=self.lowercase,
            uppercase=self.uppercase,
            numbers=self.numbers,
            symbols=self.symbols,
            max_age=self.max_age_days,
            hard_expiry=self.hard_expiry,
            change_allowed=self.users_may_change,
        )


class GroupSpec(Section):
    """A group of people, or of machines."""

    policies: Several[Grant] | None = Field(
        default=None,
        description="Its policies, these and no others: aws:NAME, awsbase:NAME, one of iam.policies, or an ARN. "
        "Left out, what it has stays.",
    )
    people: bool = Field(
        default=True,
        description="People look after their own credentials and are asked for MFA (awsbase:self-service and "
        "awsbase:require-mfa, attached by itself); machines cannot.",
    )
    assumes: Several[RoleArn] = Field(
        default=(),
        description="ARNs of roles that its members may assume, in other accounts too, by a policy that awsbase adds.",
    )
    path: IamPath | None = Field(default=None, description="Left out, where it is, or / when it is made.")

    later: ClassVar[frozenset[str]] = frozenset({"assumes"})

    @property
    def grants(self) -> tuple[str, ...]:
        """The policies that it gets, the implicit ones included."""
        implicit = IMPLICIT if self.people else ()
        return (*implicit, *(grant for grant in self.policies or () if grant not in implicit))


class UserSpec(Section):
    """A user: a person, unless all groups are of machines."""

    groups: Several[GroupName] | None = Field(
        default=None, description="These and no others; left out, those stay. People without one join {name}-people."
    )
    console: bool = Field(
        default=False, description="Signs in to the console: you are told how to set the password while there is none."
    )
    mfa: Mfa | None = Field(
        default=None,
        description="Whether you are told while there is no MFA device; left out, for people. The gate is the groups'. "
        "{provision: true} makes one, and keeps its seed until the user takes it over.",
    )
    tags: Tags = Field(default_factory=dict, description="Tags on this user, beside those of the account.")
    ssh_keys: Several[PublicKeys] = Field(
        default=(),
        description="Public keys, or files that hold them, relative to this manifest: an account on a bastion in mode "
        "ssh.",
    )
    path: IamPath | None = Field(default=None, description="Left out, where it is, or / when it is made.")
    state: Literal["present", "absent"] = Field(
        default="present", description="absent deletes the user, with every password, key and device."
    )

    @property
    def present(self) -> bool:
        return self.state == "present"

    @property
    def provision(self) -> Provision | None:
        return self.mfa if isinstance(self.mfa, Provision) and self.present else None

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield keys that make no sense for an absent user, and tags that IAM would refuse."""
        for key in sorted(self.model_fields_set - {"state"}) if not self.present else ():
            yield ValidationProblem((key,), "an absent user has none of this", "leave it out")
        yield from tag_errors(self.tags, manifest)


class Iam(Section):
    """Who works in the account. What it does not name, it does not touch; empty, it asks for good passwords."""

    password_policy: Passwords | None = Field(
        default=None, description="What passwords must be; left out, as it is, unless the whole section is empty."
    )
    policies: Annotated[dict[PolicyName, OwnPolicy], OneNameEach] = Field(
        default_factory=dict, description="Policies of your own, for groups and roles to name."
    )
    groups: Annotated[dict[GroupName, GroupSpec], OneNameEach] = Field(
        default_factory=dict, description="Groups, and what their members may do."
    )
    users: Annotated[dict[UserName, UserSpec], OneNameEach] = Field(
        default_factory=dict, description="People, and machines that cannot assume a role."
    )
    roles: Annotated[dict[RoleName, RoleSpec], OneNameEach] = Field(
        default_factory=dict, description="Roles for services, machines and other accounts."
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield names that nobody defines, names that are taken, and more than AWS allows."""
        yield from self._names_taken(manifest)
        yield from self._grants_missing(manifest)
        yield from self._groups_missing(manifest)
        yield from group_problems(self, manifest.account.name, manifest.account.partition)
        provided = {name: user.provision for name, user in self.users.items() if user.provision}
        for problem in secrets_taken(provided):
            yield ValidationProblem(("users", *problem.path), problem.message, problem.hint)
        for name, role in self.roles.items():
            for problem in role.problems(name, manifest):
                yield ValidationProblem(("roles", name, *problem.path), problem.message, problem.hint)
        for problem in logins_taken([name for name, user in self.users.items() if user.ssh_keys and user.present]):
            yield ValidationProblem(("users", *problem.path), problem.message, problem.hint)

    def _names_taken(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        people = people_group(manifest)
        for name in self.groups:
            if name.lower() == people and name != people:
                yield ValidationProblem(
                    ("groups", name), f"{shown(people)} and {shown(name)} are one name to AWS", f"write {people}"
                )
        for name in self.policies:
            if name.lower().startswith(PREFIX):
                yield ValidationProblem(
                    ("policies", name), "awsbase makes a policy of this name itself", "call it otherwise"
                )

    def _grants_missing(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        scope = manifest.account.scope
        for name, group in self.groups.items():
            at = ("groups", name, "policies")
            yield from dangling(group.policies or (), at, self.policies, scope)
        for name, role in self.roles.items():
            yield from dangling(role.policies or (), ("roles", name, "policies"), self.policies, scope)
            for problem in dangling([role.boundary] if role.boundary else [], (), self.policies, scope):
                yield ValidationProblem(("roles", name, "boundary"), problem.message, problem.hint)
            if f"role/{name}" in role.trusted(scope):
                message, hint = "a role cannot trust itself before it is there", "test aws:PrincipalArn with ArnLike"
                yield ValidationProblem(("roles", name, "trust"), message, hint)

    def _groups_missing(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        people = people_group(manifest)
        names = [*self.groups, people]
        for name, user in self.users.items():
            for index, group in enumerate(user.groups or ()):
                if group not in names:
                    hint = closest(group, names) or "define it in iam.groups"
                    yield ValidationProblem(("users", name, "groups", index), f"no group called {group!r}", hint)
            if len(user.groups or ()) > GROUPS:
                message = f"{len(user.groups or ())} groups, and IAM puts a user into {GROUPS} at most"
                yield ValidationProblem(("users", name, "groups"), message, "join some of them")
            known = all(group in names for group in user.groups or ())
            if user.console and user.present and known and not self._is_person(user, people):
                message, hint = "a machine does not sign in to the console", "put the user into a group of people"
                yield ValidationProblem(("users", name, "console"), message, hint)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the password policy, and then policies, groups, roles and users."""
        people = people_group(manifest)
        groups = self._groups(people)
        principals: list[GroupSpec | RoleSpec] = [*groups.values(), *self.roles.values()]
        grants = [grant for principal in principals for grant in principal.grants]
        own = self._policies(base, manifest, grants)
        managed = {f"role/{name}" for name in self.roles}
        managed |= {f"user/{name}" for name, user in self.users.items() if user.present}

        if passwords := self.password_policy if self.model_fields_set else Passwords():
            yield passwords.resource(base)
        yield from own.values()
        yield from group_policies(self, base)
        for name, group in groups.items():
            yield self._group(name, group, base, own)
        for name, role in self.roles.items():
            yield from role.resources(name, base, manifest, own, managed)
        for name, user in self.users.items():
            yield self._user(name, user, base, people)
            if user.provision:
                yield user.provision.device(name, base, {**base.tags, **user.tags})

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the ARN of each role and of each policy that the section makes."""
        for name in self.roles:
            yield Output("role_arns", Reference(f"role/{name}"), key=name, data=("aws_iam_role", "name"))
        for name, role in self.roles.items():
            yield from role.outputs(name, base)
        for name in map(base.expand, self.policies):
            yield Output("policy_arns", Reference(f"policy/{name}"), key=name, data=("aws_iam_policy", "arn"))

    def _policies(self, base: Base, manifest: Manifest, grants: list[str]) -> dict[str, Policy]:
        written = [policy.resource(base, name) for name, policy in self.policies.items()]
        return {policy.name: policy for policy in [*written, *managed_policies(grants, base, manifest)]}

    def _groups(self, people: str) -> dict[str, GroupSpec]:
        """Return the groups, with the one for people without any if somebody needs it."""
        needed = any(self._joined(user, people) != frozenset(user.groups or ()) for user in self._present())
        named = any(people in (user.groups or ()) for user in self._present())
        if people in self.groups or not (needed or named):
            return self.groups
        return {**self.groups, people: GroupSpec()}

    def _present(self) -> Iterator[UserSpec]:
        return (user for user in self.users.values() if user.present)

    def _joined(self, user: UserSpec, people: str) -> frozenset[str]:
        """Return a user's groups: people who are in none join the one that is for them."""
        return set_of(user.groups or (people,))

    def _is_person(self, user: UserSpec, people: str) -> bool:
        return any(group not in self.groups or self.groups[group].people for group in self._joined(user, people))

    def _group(self, name: str, group: GroupSpec, base: Base, own: Mapping[str, Policy]) -> Group:
        given = granted(group.grants, base.scope, own)
        return Group(
            scope=base.scope,
            name=name,
            path=group.path,
            policies=given.arns,
            exact=group.policies is not None,
            made_here=given.made_here,
        )

    def _user(self, name: str, user: UserSpec, base: Base, people: str) -> User | AbsentUser:
        if not user.present:
            from awsbase.ensure.absent_user import AbsentUser

            return AbsentUser(scope=base.scope, name=name)
        groups = self._joined(user, people)
        return User(
            scope=base.scope,
            name=name,
            path=user.path,
            groups=groups,
            exact=user.groups is not None,
            console=user.console,
            mfa=self._is_person(user, people) if user.mfa is None else user.mfa == "required",
            tags={**base.tags, **user.tags} if user.tags else base.tags,
            made_here=group_addresses(groups),
        )


@lru_cache
def group_addresses(groups: frozenset[str]) -> tuple[str, ...]:
    """Return the addresses of groups; users with the same groups have the same."""
    return tuple(f"group/{group}" for group in sorted(groups))


def tag_errors(tags: Mapping[str, str], manifest: Manifest) -> Iterator[ValidationProblem]:
    """Yield what IAM would refuse in tags together with those of the account."""
    shared = {key.lower(): key for key in manifest.account.tags}
    for key in tags:
        if (twin := shared.get(key.lower(), key)) != key:
            message = f"the tag {shown(key)} and the account's {shown(twin)} are one to IAM"
            yield ValidationProblem(("tags", key), message, f"write {twin}")
    if (count := len({**manifest.account.tags, **tags})) > MAX_TAGS:
        message = f"{count} tags, those of the account included, are too many"
        yield ValidationProblem(("tags",), message, f"AWS takes 50 on a resource, {MAX_TAGS} of them from here")


def people_group(manifest: Manifest) -> str:
    """Return the name of the group for people who are in no other."""
    return f"{manifest.account.name}-people"


def accounts(manifest: Manifest) -> tuple[Person, ...]:
    """Return who has an account on a host: every user with a public key; administrators may use sudo."""
    if manifest.iam is None:
        return ()
    from awsbase.userdata import Person

    groups = manifest.iam.groups
    everything = ("awsbase:administrator", "aws:AdministratorAccess")
    all_powerful = (*everything, f"arn:{manifest.account.partition}:iam::aws:policy/AdministratorAccess")
    administrators = {name for name, group in groups.items() if any(grant in all_powerful for grant in group.grants)}
    return tuple(
        Person(
            name,
            tuple(dict.fromkeys(key for given in user.ssh_keys for key in given.keys)),
            administrator=not administrators.isdisjoint(user.groups or ()),
        )
        for name, user in manifest.iam.users.items()
        if user.present and user.ssh_keys
    )
