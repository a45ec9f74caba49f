"""Roles that name groups in their trust: each group gets a policy by which its members may assume them.

IAM knows no group as a principal. So the role trusts the account, and the policies of the group say whom it lets in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsbase.ensure.policy import Policy
from awsbase.manifest.base import Base
from awsbase.manifest.merge import Attach, Yielded
from awsbase.manifest.paths import Steps, shown
from awsbase.manifest.section import ValidationProblem, closest

if TYPE_CHECKING:
    from awsbase.manifest.iam import Iam

LONGEST_POLICY = 128


def group_problems(iam: Iam, name: str) -> Iterator[ValidationProblem]:
    """Yield groups that a trust names and the manifest does not, and those whose name is too long for a policy."""
    most = LONGEST_POLICY - len(policy_name(name, ""))
    for role, spec in iam.roles.items():
        for index, group in enumerate(spec.trust.groups):
            at = ("roles", role, "trust", "groups", index)
            if group not in iam.groups:
                hint = closest(group, iam.groups) or "name a group of iam.groups"
                yield ValidationProblem(at, f"no group called {group!r}", hint)
            elif len(group) > most:
                message = f"{shown(group)} is too long for a policy that is called after it"
                yield ValidationProblem(at, message, f"give the group a name of at most {most} characters")


def group_policies(iam: Iam, base: Base) -> Iterator[Yielded]:
    """Yield a policy for each group that a trust names, attached to it: its members may assume these roles."""
    named: dict[str, list[str]] = {}
    places: dict[str, Steps] = {}
    for role, spec in iam.roles.items():
        for index, group in enumerate(spec.trust.groups):
            named.setdefault(group, []).append(base.scope.global_arn("iam", f"role{spec.path}{role}"))
            places.setdefault(group, ("roles", role, "trust", "groups", index))
    for group, roles in named.items():
        assumes = Policy(
            scope=base.scope,
            name=policy_name(base.name, group),
            document={
                "Version": "2012-10-17",
                "Statement": [{"Sid": "Assume", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}],
            },
            description=f"Assumes the roles that name {group}",
            tags=base.tags,
        )
        yield assumes
        yield Attach(address=f"group/{group}", policy=assumes, at=places[group])


def policy_name(account: str, group: str) -> str:
    """Return the name of the policy of a group."""
    return f"{account}-roles-{group}"
