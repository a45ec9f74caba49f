"""A small IAM policy evaluator, enough to ask what a set of curated documents lets somebody do.

Identity policies only: an explicit Deny wins, then an Allow, else the answer is no. An operator or a variable it does
not know is an error, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """One call: what, on which resource, and what AWS knows about it; a key that is not there is absent."""

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


def allowed(documents: Sequence[Mapping[str, Any]], request: Request) -> bool:
    statements = [statement for document in documents for statement in listed(document["Statement"])]
    effects = {statement["Effect"] for statement in statements if applies(statement, request)}
    return "Allow" in effects and "Deny" not in effects


def applies(statement: Statement, request: Request) -> bool:
    return (
        about(statement, "Action", request.action, request)
        and about(statement, "Resource", request.resource, request)
        and all(holds(operator, key, values, request) for operator, key, values in conditions(statement))
    )


def about(statement: Statement, element: str, subject: str, request: Request) -> bool:
    fold = element == "Action"
    if element in statement:
        return any(like(pattern, subject, request, fold=fold) for pattern in listed(statement[element]))
    return not any(like(pattern, subject, request, fold=fold) for pattern in listed(statement[f"Not{element}"]))


def conditions(statement: Statement) -> Iterator[tuple[str, str, list[str]]]:
    for operator, wanted in statement.get("Condition", {}).items():
        for key, values in wanted.items():
            yield operator, key.lower(), listed(values)


def holds(operator: str, key: str, values: list[str], request: Request) -> bool:
    have = {name.lower(): value for name, value in request.context.items()}.get(key)
    if operator == "Null":
        return (have is None) == (values == ["true"])
    if have is None:
        # What is not there equals nothing: a negated operator holds, with IfExists or without.
        return operator.endswith("IfExists") or "Not" in operator
    match operator.removesuffix("IfExists"):
        case "Bool":
            return have.lower() in (value.lower() for value in values)
        case "StringEquals":
            return have in values
        case "StringNotEquals":
            return have not in values
        case "StringLike" | "ArnLike":
            return any(like(value, have, request) for value in values)
    raise NotImplementedError(operator)


def like(pattern: str, subject: str, request: Request, *, fold: bool = False) -> bool:
    """Match * and ?, after putting in the caller's variables; a variable without a value matches nothing."""
    wanted = ""
    for part in re.split(r"(\$\{[^}]*\}|\*|\?)", pattern):
        if part.startswith("${"):
            value = request.context.get(part[2:-1])
            if value is None:
                return False
            wanted += re.escape(value)
        else:
            wanted += {"*": ".*", "?": "."}.get(part, re.escape(part))
    return re.fullmatch(wanted, subject, re.DOTALL | (re.IGNORECASE if fold else re.NOFLAG)) is not None


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
