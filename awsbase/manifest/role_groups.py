"""Roles that groups may assume: each group gets a policy by which its members may.

IAM knows no group as a principal. So a role trusts an account, and the policies of the group say whom it lets in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from awsbase.engine.quotas import DOCUMENT
from awsbase.ensure.policy import Policy
from awsbase.manifest.base import Base
from awsbase.manifest.merge import Attach, Yielded
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import ValidationProblem, closest
from awsbase.policies import Document, size

if TYPE_CHECKING:
    from awsbase.manifest.iam import Iam

LONGEST_POLICY = 128


def group_problems(iam: Iam, name: str, partition: str) -> Iterator[ValidationProblem]:
    """Yield groups that a trust names and the manifest does not, and those whose name is too long for a policy."""
    most = LONGEST_POLICY - len(policy_name(name, ""))
    too_long = f"give the group a name of at most {most} characters"
    for role, spec in iam.roles.items():
        for index, group in enumerate(spec.trust.groups if spec.trust else ()):
            at = ("roles", role, "trust", "groups", index)
            if group not in iam.groups:
                hint = closest(group, iam.groups) or "name a group of iam.groups"
                yield ValidationProblem(at, f"no group called {group!r}", hint)
            elif len(group) > most:
                yield ValidationProblem(
                    at, f"{shown(group)} is too long for a policy that is called after it", too_long
                )
    for group, members in iam.groups.items():
        if members.assumes and len(group) > most:
            message = f"{shown(group)} is too long for a policy that is called after it"
            yield ValidationProblem(("groups", group, "assumes"), message, too_long)
        for index, arn in enumerate(members.assumes):
            if not arn.startswith(f"arn:{partition}:"):
                message = f"{arn} is in another partition of AWS"
                yield ValidationProblem(("groups", group, "assumes", index), message, f"here it is arn:{partition}:…")


def group_policies(iam: Iam, base: Base) -> Iterator[Yielded]:
    """Yield the policies of each group whose members may assume roles, attached to it."""
    named: dict[str, list[str]] = {}
    places: dict[str, Steps] = {}
    for role, spec in iam.roles.items():
        for index, group in enumerate(spec.trust.groups if spec.trust else ()):
            named.setdefault(group, []).append(base.scope.global_arn("iam", f"role{spec.path}{role}"))
            places.setdefault(group, ("roles", role, "trust", "groups", index))
    for group, members in iam.groups.items():
        if members.assumes:
            named[group] = list(dict.fromkeys([*named.get(group, ()), *members.assumes]))
            places.setdefault(group, ("groups", group, "assumes"))
    for group, roles in named.items():
        for number, several in enumerate(as_many_as_fit(roles), 1):
            assumes = Policy(
                scope=base.scope,
                name=policy_name(base.name, group) + (f"-{number}" if number > 1 else ""),
                document=assuming(several),
                description=f"Assumes the roles that name {group}",
                tags=base.tags,
            )
            yield assumes
            yield Attach(address=f"group/{group}", policy=assumes, at=places[group])


def as_many_as_fit(roles: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield roles in their order, as many together as IAM takes in one policy."""
    first, left = 0, DOCUMENT.most - size(assuming([]))
    for index, arn in enumerate(roles):
        # Two quotes and a comma.
        left -= len(arn) + 3
        if left < 0:
            yield roles[first:index]
            first, left = index, DOCUMENT.most - size(assuming([])) - len(arn) - 3
    yield roles[first:]


def assuming(roles: Sequence[str]) -> Document:
    """Return the policy that allows to assume these roles."""
    statement = {"Sid": "Assume", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": list(roles)}
    return {"Version": "2012-10-17", "Statement": [statement]}


def policy_name(account: str, group: str) -> str:
    """Return the name of the policy of a group."""
    return f"{account}-roles-{group}"
