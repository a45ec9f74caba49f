"""Who may do what: the policies of the manifest's groups and roles as a matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from awsbase.engine.changes import Report
from awsbase.engine.resource import Resource
from awsbase.ensure.group import Group
from awsbase.ensure.user import User
from awsbase.explain import POLICIES
from awsbase.records import record

Cell = Literal["", "yes", "missing", "extra"]
ATTACHMENT = "attachment "


@record
class Column:
    """One group, and the people in it."""

    name: str
    people: tuple[str, ...]


@record
class Policy:
    """One policy: its name as a manifest writes it, what it is, and what each group has of it."""

    name: str
    about: str
    cells: tuple[Cell, ...]


@record
class Access:
    """The matrix: `extra` is what a group has and the manifest does not give it, `missing` the reverse."""

    columns: tuple[Column, ...]
    policies: tuple[Policy, ...]


def matrix(resources: Sequence[Resource], plan: Report) -> Access:
    """Return which group has which policy, now and by the manifest."""
    groups = [each for each in resources if isinstance(each, Group)]
    users = [each for each in resources if isinstance(each, User)]
    columns = [Column(group.name, tuple(user.name for user in users if group.name in user.groups)) for group in groups]
    missing = {(address, arn) for address, arn in attachments(plan, "create")}
    extra = {(address, arn) for address, arn in attachments(plan, "delete")}
    arns = sorted({arn for group in groups for arn in group.policies} | other(groups, extra), key=by_owner)
    policies = []
    for arn in arns:
        name = policy_name(arn)
        about = POLICIES[name].what if name in POLICIES else ""
        policies.append(Policy(name, about, tuple(cell(group, arn, missing, extra) for group in groups)))
    return Access(tuple(columns), tuple(policies))


def attachments(plan: Report, action: str) -> Iterable[tuple[str, str]]:
    """Yield the address of each group, and the ARN of a policy that the plan attaches or detaches there."""
    for address, change in plan.changes:
        if change.action == action and change.what.startswith(ATTACHMENT) and address.startswith("group/"):
            yield address, change.what.removeprefix(ATTACHMENT)


def other(groups: Sequence[Group], extra: Iterable[tuple[str, str]]) -> set[str]:
    """Return the policies that groups have beside those of the manifest."""
    known = {group.address for group in groups}
    return {arn for address, arn in extra if address in known}


def cell(group: Group, arn: str, missing: set[tuple[str, str]], extra: set[tuple[str, str]]) -> Cell:
    """Return what a group has of a policy."""
    if (group.address, arn) in extra:
        return "extra"
    if (group.address, arn) in missing:
        return "missing"
    return "yes" if arn in group.policies else ""


def policy_name(arn: str) -> str:
    """Return the name of a policy as a manifest writes it: aws:NAME, awsbase:NAME, or its own."""
    name = arn.partition(":policy/")[2] or arn
    if ":iam::aws:" in arn:
        return f"aws:{name}"
    return name.replace("awsbase-", "awsbase:", 1) if name.startswith("awsbase-") else name


ORDER: Mapping[str, int] = {"awsbase": 0, "aws": 2}


def by_owner(arn: str) -> tuple[int, str]:
    """Sort awsbase's policies first and AWS's last."""
    name = policy_name(arn)
    return ORDER.get(name.partition(":")[0], 1) if ":" in name else 1, name
