"""Tell whether other tags, or another ARN, of something change what policies allow: they may ask for either.

It looks at every statement that IAM holds and that this run writes, of all users, groups and roles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.access.comparison import shortened
from awsbase.access.operators import holds
from awsbase.access.patterns import Held, matches
from awsbase.access.simulated_state import simulated
from awsbase.engine.changes import compare
from awsbase.engine.refusals import is_refusal
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.facts import tags
from awsbase.facts.authorization import Authorization, authorization
from awsbase.policies import Document
from awsbase.policies.document import listed, named
from awsbase.records import record

# Of condition keys and of variables, those that stand for a tag of who calls, or of what is called.
TAG = re.compile(r"(?:aws:principaltag|[a-z0-9-]+:(?:resourcetag|existingobjecttag))/(.+)", re.IGNORECASE)
VARIABLE = re.compile(r"\$\{([^},]*)[^}]*\}")
# What these say follows from who it is, and no policy of others gives anything for it.
OWN = "awsbase:"
UNREAD = "policies may ask for its tags, and IAM cannot be read"


@record
class Attributes:
    """What policies may ask of something: its tags, by key in lower case, and its ARN where that can change."""

    tags: Mapping[str, str] = field(default_factory=dict)
    arn: str = ""

    def value(self, key: str) -> tuple[str, ...] | None:
        """Return the values of a condition key; None when it is about something else."""
        if found := TAG.fullmatch(key):
            return tuple(value for name, value in self.tags.items() if name == found[1].lower())
        return (self.arn,) if self.arn and key.lower() == "aws:principalarn" else None


def retagging(run: Run, have: Mapping[str, str], change: Mapping[str, str]) -> str:
    """Say which statements allow more once something has these tags as well; empty when none does."""
    before = {key.lower(): value for key, value in have.items()}
    after = {**before, **{key.lower(): value for key, value in change.items()}}
    return widened(run, Attributes(before), Attributes(after))


def add_tags(
    run: Run,
    want: tags.Tagged,
    have: Mapping[str, str],
    method: Callable[..., Any],
    *,
    form: Callable[[Mapping[str, str]], object] = tags.pairs,
    under: str = "Tags",
    **named: object,
) -> None:
    """Add the tags that something lacks; where policies ask for them, that needs approval.

    It is `named` as the method wants it. Its service takes tags in this `form`, as the argument `under`.
    """
    if untagged := tags.missing(have, tags.wanted(want)):
        risk, call = access(retagging(run, have, untagged)), {**named, under: form(untagged)}
        run.update("tags", compare(have, untagged), method, risk=risk, **call)


def retagging_principal(run: Run, have: Mapping[str, str], change: Mapping[str, str]) -> str:
    """Say what these tags may open to a user or a role; empty when they are awsbase's own and no policy asks for them.

    Buckets, keys, secrets and more have policies that can ask for a principal's tags, and nobody can read them all.
    """
    others = sorted(key for key in change if not key.startswith(OWN))
    unknown = [f"policies of buckets, keys and secrets may ask for its tag {', '.join(others)}"] if others else []
    known = retagging(run, have, change)
    return "; ".join([*([known] if known else []), *unknown])


def moving(run: Run, before: str, after: str) -> str:
    """Say which statements allow more once a user or a group has another ARN; empty when none does."""
    return widened(run, Attributes(arn=before), Attributes(arn=after))


def widened(run: Run, before: Attributes, after: Attributes) -> str:
    """Say which statements allow more, or deny less, once something has other attributes."""
    from botocore.exceptions import ClientError

    try:
        iam = run.read(authorization)
    except ClientError as error:
        if not is_refusal(error):
            raise
        return UNREAD
    statements = run.derived(all_statements if before.arn != after.arn else about_tags, iam)
    found = (why for name, statement in statements if (why := wider(name, statement, before, after)))
    return shortened(list(dict.fromkeys(found)))


Statements = Sequence[tuple[str, Mapping[str, object]]]


def about_tags(iam: Authorization, resources: Sequence[Resource]) -> Statements:
    """Return the statements that ask for a tag: of thousands these are few, and each tagged resource looks at them."""
    return [(name, statement) for name, statement in all_statements(iam, resources) if asks_for_tags(statement)]


def all_statements(iam: Authorization, resources: Sequence[Resource]) -> Statements:
    """Return all statements of IAM with their names."""
    return [
        (name, statement)
        for document in documents(iam, resources)
        for name, statement in named(listed(document.get("Statement")))
        if isinstance(statement, Mapping)
    ]


def asks_for_tags(statement: Mapping[str, object]) -> bool:
    """Tell whether a statement has a condition key or a variable that stands for a tag."""
    conditions = statement.get("Condition")
    tests = (
        [each for each in conditions.values() if isinstance(each, Mapping)] if isinstance(conditions, Mapping) else []
    )
    asked = [str(key) for each in tests for key in each]
    values = [value for each in tests for several in each.values() for value in listed(several)]
    values += [*listed(statement.get("Resource")), *listed(statement.get("NotResource"))]
    asked += [variable for value in values if isinstance(value, str) for variable in VARIABLE.findall(value)]
    return any(map(TAG.fullmatch, asked))


def documents(iam: Authorization, resources: Sequence[Resource]) -> Iterator[Document]:
    """Yield all documents of IAM as they are, and as this run leaves them."""
    for each in (iam, simulated(iam, resources)):
        for entities in (each.users, each.groups, each.roles):
            yield from (document for who in entities.values() for document in who.inline.values())
        yield from (role.trust for role in each.roles.values())
        for policy in each.policies.values():
            yield policy.document


def wider(name: str, statement: Mapping[str, object], before: Attributes, after: Attributes) -> str:
    """Say how a statement allows more, or denies less, than before; empty when it does not."""
    for what, was, will in differences(statement, before, after):
        if statement.get("Effect") == "Deny" and was is not False and will is not True:
            return f"{name} may no longer deny: it asks for {what}"
        if statement.get("Effect") != "Deny" and was is not True and will is not False:
            return f"{name} may allow more: it asks for {what}"
    return ""


def differences(
    statement: Mapping[str, object], before: Attributes, after: Attributes
) -> Iterator[tuple[str, Held, Held]]:
    """Yield what a statement asks for that changes, with what held of it and what will hold."""
    conditions = statement.get("Condition")
    for operator, tests in conditions.items() if isinstance(conditions, Mapping) else ():
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            was, will = before.value(str(key)), after.value(str(key))
            if was != will:
                now, then = (holds(str(operator), each, listed(values), None) for each in (was, will))
                yield str(key), now, then
            yield from ((variable, None, None) for variable in variables(listed(values), before, after))
    for element in ("Resource", "NotResource"):
        several = listed(statement.get(element))
        yield from ((variable, None, None) for variable in variables(several, before, after))
        if several and before.arn != after.arn:
            now, then = (included(several, each.arn, element == "Resource") for each in (before, after))
            if now != then:
                yield "its path", now, then


def variables(values: Iterable[object], before: Attributes, after: Attributes) -> Iterator[str]:
    """Yield the variables that stand for what changes."""
    for value in values:
        for variable in VARIABLE.findall(value) if isinstance(value, str) else ():
            if before.value(variable) != after.value(variable):
                yield variable


def included(patterns: Iterable[object], arn: str, meant: bool) -> Held:
    """Tell whether a statement with these patterns is about an ARN; with NotResource they are what it is not about."""
    held = [matches(each, arn, {}, arn=True) for each in patterns]
    found = True if True in held else None if None in held else False
    return found if found is None else found == meant
