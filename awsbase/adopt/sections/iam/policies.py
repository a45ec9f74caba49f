"""The account's own policies as files, and how a manifest names each policy that somebody has."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.policy import Policy
from awsbase.facts.authorization import authorization
from awsbase.manifest.grants import FORMS, JOBS, PREFIX
from awsbase.policies import Document, curated, problems
from awsbase.policies.document import listed
from awsbase.records import record

# The order in which people write, which is none that sorting would find.
DOCUMENT = ("Version", "Id", "Statement")
STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)


@record
class Names:
    """How a manifest names policies: its own by their ARNs, those of the account, and AWS's.

    Those of `elsewhere` another section makes, and attaches.
    """

    own: Mapping[str, str]
    partition: str
    elsewhere: frozenset[str] = frozenset()

    def of(self, arn: str) -> str:
        """Return what a manifest calls a policy: its name if the manifest has one for it, or else its ARN."""
        if name := self.own.get(arn):
            return name
        rest = arn.removeprefix(f"arn:{self.partition}:iam::aws:policy/")
        return f"aws:{rest}" if rest != arn and rest not in JOBS and FORMS.fullmatch(f"aws:{rest}") else arn

    def all(self, arns: Iterable[str]) -> list[str]:
        """Return what a manifest calls several policies, in one order."""
        return sorted((self.of(arn) for arn in arns if arn not in self.elsewhere), key=lambda name: (rank(name), name))


def rank(name: str) -> int:
    """Return where a name stands in a list: awsbase's and AWS's first, an ARN last."""
    return next((at for at, prefix in enumerate(("awsbase:", "aws:")) if name.startswith(prefix)), 2 + (":" in name))


def draft(seen: Seen, section: Draft) -> Names:
    """Write each policy of the account's own with its document in a file; return the names of all."""
    own: dict[str, str] = {}
    held = held_policies(seen)
    for have in sorted(seen.left(Policy), key=lambda each: each.name.casefold()):
        if have.name.casefold().startswith(PREFIX):
            if why := unnamed(have, held):
                section.cannot(have.address, why)
            else:
                own[have.arn] = f"awsbase:{have.name.removeprefix(PREFIX)}"
        elif mistakes := problems(have.document, "identity", have.scope.partition):
            section.cannot(have.address, *(f"document: {each}" for each in mistakes))
        else:
            own[have.arn] = have.name
            put(have, section)
    elsewhere = frozenset(each.arn for each in seen.of(Policy) if each.address in seen.taken)
    return Names(own, seen.base.scope.partition, elsewhere)


def held_policies(seen: Seen) -> frozenset[str]:
    """Return the policies that a group or role of the account has, or that are the boundary of a role."""
    iam = seen.facts.read(authorization)
    held = {role.boundary for role in iam.roles.values() if role.boundary}
    held.update(*(each.policies for each in iam.groups.values()), *(each.policies for each in iam.roles.values()))
    return frozenset(held)


def unnamed(have: Policy, held: Collection[str]) -> str:
    """Say why a policy with a name of awsbase's cannot be named as one; nothing when it can."""
    if have.name.removeprefix(PREFIX) not in curated() or have.path != "/":
        return "its name, which awsbase keeps for policies of its own"
    return "" if have.arn in held else "neither a group nor a role has it"


def put(have: Policy, section: Draft) -> None:
    """Write one policy."""
    value: dict[str, object] = {"file": section.file(f"{have.name}.json", as_text(have.document))}
    if have.description:
        value["description"] = have.description
    if have.path != "/":
        value["path"] = have.path
    section.put("policies", have.name, value=value, of=have.address)


def as_text(document: Document) -> str:
    """Return a document as JSON, always in the same order: that of the statements is kept."""
    ordered = in_order(document, DOCUMENT)
    ordered["Statement"] = [statement_of(each) for each in listed(document.get("Statement"))]
    return json.dumps(ordered, indent=2, ensure_ascii=False) + "\n"


def statement_of(statement: object) -> object:
    """Return a statement with its elements in the order in which people write them."""
    return in_order(statement, STATEMENT) if isinstance(statement, Mapping) else statement


def in_order(value: Mapping[str, object], first: Iterable[str]) -> dict[str, object]:
    """Return a mapping with these keys first, and all others sorted behind them."""
    names = [*(name for name in first if name in value), *sorted(value.keys() - set(first))]
    return {name: value[name] for name in names}
