"""IAM policy documents as values: what they mean, how two of them differ, how much room they take.

A document may hold unknowns: values that only exist once something has been created. Whatever is not JSON is taken for
one; it is handed on, compared by identity, and never turned into text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from awsbase.errors import MalformedResponse

Document: TypeAlias = dict[str, object]

# A document without Version is read in the language of 2008, which knows no policy variables.
OLDEST = "2008-10-17"

LABELS = {"Id", "Sid"}
ROOT = re.compile(r"arn:[a-z-]+:iam::(\d{12}):root")


class Difference(NamedTuple):
    """One thing that two documents say differently, in the words of the document."""

    field: str
    have: object
    want: object


def same(a: Mapping[str, object], b: Mapping[str, object]) -> bool:
    """Tell whether two documents mean the same, however they are spelt and ordered; labels mean nothing."""
    return meaning(a) == meaning(b)


def difference(have: Mapping[str, object], want: Mapping[str, object]) -> list[Difference]:
    """List what to change in `have` to mean `want`, statement by statement; of lists only the entries that differ."""
    found = []
    for key in keys(have, want, without=LABELS | {"Statement"}):
        if part(key, have.get(key)) != part(key, want.get(key)):
            found.append(Difference(key, have.get(key), want.get(key)))

    for name, old, new in pairs(listed(have.get("Statement")), listed(want.get("Statement"))):
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += changes(name, old, new)
        else:
            found.append(Difference(name, old, new))
    return found


def given(said: object) -> Document:
    """Return a document as AWS gives it, as text or read already; raise MalformedResponse for what is none."""
    try:
        document = json.loads(said) if isinstance(said, str) else said
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise MalformedResponse(
            "AWS answered with a document that is no JSON object", hint="run again; report it if that stays so"
        )
    return document


def minified(document: Mapping[str, object]) -> str:
    """Write a document without white space, in the order it was written; an unknown in it is a TypeError."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def size(document: Mapping[str, object]) -> int:
    """Count a document's characters as IAM's quotas do, without white space; an unknown counts as nothing."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=lambda unknown: ""))


def listed(value: object) -> list[object]:
    """Read the grammar's "one or a list of" as a list; nothing is an empty list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


# What follows gives every element a hashable meaning, so that equal meanings are equal values.


def meaning(document: Mapping[str, object]) -> Hashable:
    """Return what a document means, whatever its order and spelling."""
    always = {"Version": None, "Statement": None}
    told = ((key, part(key, document.get(key))) for key in keys(always, document, without=LABELS))
    return frozenset((key, value) for key, value in told if value is not None)


def part(key: str, value: object) -> Hashable:
    """Give the meaning of one element of a document."""
    match key:
        case "Version":
            return exactly(OLDEST if value is None else value)
        case "Statement":
            return frozenset(statement_meaning(statement) for statement in listed(value))
    return exactly(value)


def element(key: object, value: object) -> Hashable:
    """Give the meaning of one element of a statement."""
    match key:
        case "Action" | "NotAction" | "Resource" | "NotResource":
            return entries(key, value)
        case "Principal" | "NotPrincipal":
            return frozenset(principals(value))
        case "Condition":
            return frozenset(conditions(value))
    return exactly(value)


def entries(key: object, value: object) -> frozenset[Hashable]:
    """Return the entries of one key, as a set that can be compared."""
    # AWS reads actions in any case, resources in theirs.
    return frozenset(folded(it) if key in ("Action", "NotAction") else exactly(it) for it in listed(value))


def statement_meaning(statement: object) -> Hashable:
    """Return what a statement means, whatever its order and spelling."""
    if not isinstance(statement, Mapping):
        return exactly(statement)
    told = {key: element(key, statement[key]) for key in statement if key not in LABELS}
    if told.get("Condition") == frozenset():
        del told["Condition"]  # nothing to meet: holds always, like no Condition
    return frozenset(told.items())


def principals(value: object) -> Iterator[Hashable]:
    """Yield the principals of a statement, each with its kind."""
    # "*" and {"AWS": "*"} are everyone to AWS, and it gives back either.
    if not isinstance(value, Mapping):
        value = {"AWS": value}
    for kind, names in value.items():
        for name in listed(names):
            # An account may be named by its number or by its root; AWS keeps the latter, of its own partition.
            root = ROOT.fullmatch(name) if kind == "AWS" and isinstance(name, str) else None
            yield kind, exactly(root.group(1) if root else name)


def conditions(condition: object) -> Iterator[Hashable]:
    """Yield the conditions of a statement, each as operator, key and values."""
    if not isinstance(condition, Mapping):
        if condition is not None:
            yield exactly(condition)
        return
    for operator, wanted in condition.items():
        if not isinstance(wanted, Mapping):
            yield operator, exactly(wanted)
            continue
        yes_or_no = isinstance(operator, str) and operator.removesuffix("IfExists").endswith(("Bool", "Null"))
        for key, values in wanted.items():
            spelt = (worded(value) for value in listed(values))
            yield operator, folded(key), frozenset(folded(word) if yes_or_no else exactly(word) for word in spelt)


def worded(value: object) -> object:
    """Spell a condition's value as AWS does: true and 5 are stored as "true" and "5"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def folded(value: object) -> Hashable:
    """Return a value in a form that can be compared and hashed."""
    return exactly(value.lower() if isinstance(value, str) else value)


def exactly(value: object) -> Hashable:
    """Stand in for a value where spelling and order count; an unknown is equal to itself alone."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return type(value).__name__, repr(value)  # to Python, True is 1
    if isinstance(value, Mapping):
        return frozenset((exactly(key), exactly(it)) for key, it in value.items())
    if isinstance(value, list | tuple):
        return tuple(exactly(it) for it in value)
    return "unknown", id(value)


# What follows finds out which statements to set side by side.


def pairs(have: list[object], want: list[object]) -> Iterator[tuple[str, object, object]]:
    """Set the statements that differ side by side: those of one Sid, then the others in their order."""
    had = {statement_meaning(statement) for statement in have}
    wanted = {statement_meaning(statement) for statement in want}
    old = {name: it for name, it in named(have) if statement_meaning(it) not in wanted}
    new = {name: it for name, it in named(want) if statement_meaning(it) not in had}

    for name in [name for name in new if name in old]:
        yield name, old.pop(name), new.pop(name)
    for name, gone in old.items():
        yield name, gone, None
    for name, added in new.items():
        yield name, None, added


def named(statements: list[object]) -> Iterator[tuple[str, object]]:
    """Yield each statement with its Sid, or its number when it has none."""
    seen = set()
    for number, statement in enumerate(statements, 1):
        sid = statement.get("Sid") if isinstance(statement, Mapping) else None
        name = f"statement {sid}" if isinstance(sid, str) and sid else f"statement {number}"
        if name in seen:
            name += f" (the {number}.)"
        seen.add(name)
        yield name, statement


def changes(name: str, have: Mapping[str, object], want: Mapping[str, object]) -> Iterator[Difference]:
    """Yield how one statement differs between two documents."""
    for key in keys(have, want, without=LABELS):
        old, new = have.get(key), want.get(key)
        if element(key, old) == element(key, new) and (key == "Condition" or (key in have) == (key in want)):
            continue
        if key in ("Action", "NotAction", "Resource", "NotResource"):
            had, wanted = entries(key, old), entries(key, new)
            old = [value for value in listed(old) if entries(key, [value]) - wanted]
            new = [value for value in listed(new) if entries(key, [value]) - had]
        yield Difference(f"{name} {key}", old, new)


def keys(*mappings: Mapping[str, object], without: Collection[str]) -> list[str]:
    """Return the names of all statements, in order."""
    return [key for key in dict.fromkeys(key for mapping in mappings for key in mapping) if key not in without]
