"""The refusal to let people saw off the branch they sit on."""

from __future__ import annotations

from collections.abc import Sequence

from awsbase.engine.account import Account
from awsbase.engine.facts import Facts
from awsbase.engine.place import Place
from awsbase.engine.resource import Resource
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.authorization import groups, users
from awsbase.ensure.group import Group
from awsbase.ensure.user import User
from awsbase.errors import Refused

GATE = "awsbase-require-mfa"
# Who has one of these can give himself back whatever else he loses.
MIGHTY = ("/AdministratorAccess", "/IAMFullAccess", "/awsbase-administrator")


def gate(place: Place) -> str:
    """Return the ARN of the policy that refuses nearly everything without MFA."""
    return place.global_arn("iam", f"policy/{GATE}")


def lockout(account: Account, resources: Sequence[Resource], facts: Facts) -> None:
    """Raise Refused when this run would end its own caller: by deletion, by loss of rights, by the MFA gate."""
    if account.user is None:
        return
    me = account.user.casefold()
    managed = {resource.name.casefold(): resource for resource in resources if isinstance(resource, Group)}
    users_too = {resource.name.casefold(): resource for resource in resources if isinstance(resource, User)}

    if any(isinstance(resource, AbsentUser) and resource.name.casefold() == me for resource in resources):
        raise Refused(
            f"the manifest deletes {account.user}, and that is you: {account.caller}",
            hint="let another administrator run this",
        )
    if not managed and me not in users_too:
        return
    have = facts.read(users).get(me)
    now = frozenset(name.casefold() for name in have.groups) if have else frozenset()
    then = joins(now, users_too.get(me))

    if account.long_term:
        for name in sorted(now | then):
            if name in managed and gate(managed[name].place) in managed[name].policies:
                raise Refused(
                    f"group {managed[name].name} will ask for MFA, and you are one of it: {account.caller} without an "
                    "MFA session would be cut off midway",
                    hint="run `awsbase mfa refresh` first, and `awsbase mfa create` before it when you have no device "
                    "yet",
                )

    own = have.policies if have else frozenset()
    attached = {name: group.policies for name, group in facts.read(groups).items()}
    before = own.union(*(attached.get(name, ()) for name in now))
    after = own.union(*(grants(attached.get(name, frozenset()), managed.get(name)) for name in then))
    if mighty(before) and not mighty(after):
        raise Refused(
            f"after this run you, {account.caller}, would administer nothing any more",
            hint="keep yourself in a group with awsbase:administrator, or let another administrator run this",
        )


def joins(now: frozenset[str], want: User | None) -> frozenset[str]:
    """Return the groups of a user after the run."""
    if want is None:
        return now
    wanted = frozenset(name.casefold() for name in want.groups)
    return wanted if want.exact else now | wanted


def grants(now: frozenset[str], want: Group | None) -> frozenset[str]:
    """Return the policies of a group after the run."""
    if want is None:
        return now
    return want.policies if want.exact else now | want.policies


def mighty(policies: frozenset[str]) -> bool:
    return any(arn.endswith(MIGHTY) for arn in policies)
