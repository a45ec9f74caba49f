"""The refusal to let people saw off the branch they sit on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from awsbase.engine.account import Account
from awsbase.engine.facts import Facts
from awsbase.engine.place import Place
from awsbase.engine.resource import Resource
from awsbase.ensure.authorization import users
from awsbase.ensure.group import Group
from awsbase.ensure.user import User
from awsbase.errors import Refused

GATE = "awsbase-require-mfa"


def gate(place: Place) -> str:
    """Return the ARN of the policy that refuses nearly everything without MFA."""
    return place.global_arn("iam", f"policy/{GATE}")


def lockout(account: Account, resources: Sequence[Resource], facts: Facts) -> None:
    """Raise Refused when this run would cut its own caller off midway, for want of an MFA code.

    That is an IAM user with an access key and no session, in a group that the run puts behind the gate: be it a
    member already or made one by the run.
    """
    if account.user is None or not account.long_term:
        return
    gated = {
        resource.name.casefold(): resource.name
        for resource in resources
        if isinstance(resource, Group) and gate(resource.place) in resource.policies
    }
    if not gated:
        return
    for group in joined(account.user, resources, facts):
        if name := gated.get(group.casefold()):
            raise Refused(
                f"group {name} will ask for MFA, and you are one of it: {account.caller} without an MFA session "
                "would be cut off midway",
                hint="run `awsbase mfa refresh` first, and `awsbase mfa create` before it when you have no device yet",
            )


def joined(user: str, resources: Iterable[Resource], facts: Facts) -> Iterable[str]:
    """Yield the groups that a user is in, or will be."""
    if have := facts.read(users).get(user.casefold()):
        yield from sorted(have.groups)
    for resource in resources:
        if isinstance(resource, User) and resource.name.casefold() == user.casefold():
            yield from sorted(resource.groups)
