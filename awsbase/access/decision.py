"""Decide about a request as IAM does, as far as the request is known before it is sent.

Each answer is True, False or None. None means that it depends on a value that is not known, or that the statement
cannot be read: IAM does not know its operator, say. The caller decides what None means; a guard refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from awsbase.access.operators import meets
from awsbase.access.patterns import Held, Keys, every, matches, some
from awsbase.policies.document import Document, listed
from awsbase.records import record

VARIABLES_SINCE = "2012-10-17"
# IAM allows no wildcard in the type of a resource, other than all of it, and does not say what such a pattern matches:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
WILD_TYPE = re.compile(r"arn:[^:]*:iam:[^:]*:[^:]*:(?!\*$)[^/]*[*?]")


@record
class Call:
    """One call of one principal: the action, the resource, and what is known of its condition keys."""

    action: str
    resource: str = "*"
    keys: Keys = field(default_factory=dict)


def is_allowed(call: Call, documents: Sequence[Document], boundary: Sequence[Document] | None = None) -> Held:
    """Tell whether identity policies, within a permissions boundary, allow a call."""
    several = (documents,) if boundary is None else (documents, boundary)
    return every(permits(call, each) for each in several)


def permits(call: Call, documents: Iterable[Document]) -> Held:
    """Tell whether documents allow a call: one statement allows it, and none denies it."""
    listed_documents = list(documents)
    denied = says(call, listed_documents, "Deny")
    return every((says(call, listed_documents, "Allow"), None if denied is None else not denied))


def says(call: Call, documents: Iterable[Document], effect: str) -> Held:
    """Tell whether a statement of this effect applies to a call."""
    return some(
        applies(statement, call, variables=document.get("Version") == VARIABLES_SINCE)
        for document in documents
        for statement in listed(document.get("Statement"))
        if effect_of(statement) in (effect, None)
    )


def effect_of(statement: object) -> str | None:
    """Return the effect of a statement; None when it cannot be read."""
    effect = statement.get("Effect") if isinstance(statement, Mapping) else None
    return effect if effect in ("Allow", "Deny") else None


def applies(statement: object, call: Call, *, variables: bool) -> Held:
    """Tell whether a statement is about a call, whose sender it leaves out; without variables, `${…}` is plain text."""
    if effect_of(statement) is None or not isinstance(statement, Mapping):
        return None
    return every(
        (
            about(statement, "Action", call.action, None),
            about(statement, "Resource", call.resource, call.keys if variables else None),
            meets(statement.get("Condition"), call.keys, variables=variables),
        )
    )


def about(statement: Mapping[str, object], element: str, value: str, variables: Keys | None) -> Held:
    """Tell whether an element of a statement, or its Not… counterpart, includes a value."""
    is_action = element == "Action"
    patterns = listed(statement.get(element, statement.get(f"Not{element}")))
    if not patterns:
        return False
    found = some(
        matches(each, value, None, fold=True) if is_action else on_resource(each, value, variables) for each in patterns
    )
    return found if element in statement or found is None else not found


def on_resource(pattern: object, value: str, variables: Keys | None) -> Held:
    """Tell whether a pattern matches the ARN of a resource."""
    found = matches(pattern, value, variables, arn=True)
    return None if found and WILD_TYPE.match(str(pattern)) else found
