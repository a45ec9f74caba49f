"""How one person gets to what they may do in an account: user, group, policy, role, and the role's policies."""

from __future__ import annotations

from collections.abc import Iterator

from awsbase.access.assumable import asking, may_assume
from awsbase.access.simulated_state import simulated
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.user import User
from awsbase.errors import AwsbaseError, UsageError
from awsbase.facts.authorization import Authorization, RoleFacts
from awsbase.manifest.manifest import resources
from awsbase.manifest.paths import closest
from awsbase.organization.access_live import read, short
from awsbase.organization.load import Member, Organization
from awsbase.organization.reach import Sessions
from awsbase.records import record

NOBODY = Authorization({}, {}, {}, {})


@record
class Chain:
    """One way: through a group, or without one, by these policies into a role, which has policies of its own."""

    group: str | None
    by: tuple[str, ...]
    role: str
    policies: tuple[str, ...]


@record
class Answer:
    """All ways of a person into an account."""

    user: str
    account: str
    id: str
    chains: tuple[Chain, ...]


def chains(organization: Organization, user: str, account: str, sessions: Sessions | None = None) -> Answer:
    """Return the ways of a user into the roles of an account, by the file or, with sessions, by the accounts.

    Raises UsageError for a user or an account that is not there, and AwsbaseError when an account cannot be read.
    """
    (member,) = organization.chosen([account])
    people = organization.identity
    if people is None:
        raise UsageError(
            f"{organization.file} has no account with the people's IAM users", hint="write identity: true at it"
        )
    if sessions is None:
        users, there = by_manifest(people), by_manifest(member)
    else:
        iams = read(organization, (account,), sessions)
        if iams.unread:
            raise AwsbaseError(next(iter(iams.unread.values())))
        users, there = iams.read[people.name], iams.read[account]
    if user.casefold() not in users.users:
        names = [each.name for each in users.users.values()]
        hint = closest(user, names) or (f"there are {', '.join(names)}" if names else "nobody has a user there")
        raise UsageError(f"{people.name} has no user {user!r}", hint=hint)
    found = tuple(ways(organization, people, users, there, user))
    return Answer(users.users[user.casefold()].name, account, member.entry.id, found)


def by_manifest(member: Member) -> Authorization:
    """Return the IAM of an account as its manifest makes it from nothing."""
    made = [each for part in resources(member.manifest).values() for each in part]
    return simulated(NOBODY, [each for each in made if isinstance(each, Group | Policy | Role | User)])


def ways(
    organization: Organization, people: Member, users: Authorization, there: Authorization, user: str
) -> Iterator[Chain]:
    """Yield each way of a user into a role: by the groups that they are in, and by policies of their own."""
    me = users.users[user.casefold()]
    mine = {name.casefold() for name in me.groups}
    scope = people.manifest.account.scope
    for who in asking(users, people.entry.id, scope.partition, organization.model.organization.id):
        if (who.kind, who.name) != ("user", me.name) and not (who.kind == "group" and who.name.casefold() in mine):
            continue
        for role in there.roles.values():
            if by := may_assume(who, role):
                group = who.name if who.kind == "group" else None
                yield Chain(group, tuple(map(short, by)), role.name, tuple(policies_of(role)))


def policies_of(role: RoleFacts) -> Iterator[str]:
    """Yield what a role has, attached policies first."""
    yield from sorted(map(short, role.policies))
    yield from (f"{name} (inline)" for name in sorted(role.inline))
