"""Who has a policy that a section of a manifest makes for each of those whom it names, told by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.adopt.seen import Seen
from awsbase.ensure.group import Group
from awsbase.ensure.role import Role
from awsbase.facts.authorization import authorization
from awsbase.policies.document import listed


def holders_of(seen: Seen, word: str, sid: str, before: str) -> Mapping[str, tuple[str, ...]]:
    """Return the names of groups and roles by what the statement `sid` of their policy NAME-WORD-HOLDER is about.

    What it is about are the ends of the ARNs, behind `before`.
    """
    iam, found = seen.facts.read(authorization), dict[str, tuple[str, ...]]()
    for several, kept in ((seen.of(Group), iam.groups), (seen.of(Role), iam.roles)):
        for each in several:
            policy = iam.policies.get(f"{seen.base.name}-{word}-{each.name}".casefold())
            holder = kept.get(each.name.casefold())
            if policy and holder and policy.arn in holder.policies:
                for name in dict.fromkeys(ends(policy.document, sid, before)):
                    found[name] = (*found.get(name, ()), each.name)
    return found


def ends(document: Mapping[str, Any], sid: str, before: str) -> Iterator[str]:
    """Yield what stands behind a part of the ARNs of a statement, without the streams of a log group."""
    for statement in listed(document.get("Statement")):
        if isinstance(statement, Mapping) and statement.get("Sid") == sid:
            for arn in map(str, listed(statement.get("Resource"))):
                if before in arn:
                    yield arn.partition(before)[2].removesuffix(":*")
