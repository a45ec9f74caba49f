"""IAM policy documents as values: what they mean, how two of them differ, how many characters they have.

A document can contain unknowns: values that exist only after a resource was created. Every value that is not JSON
counts as an unknown. It is passed on, compared by identity, and never turned into text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from awsbase.errors import MalformedResponse

Document: TypeAlias = dict[str, object]

# AWS reads a document without Version as version 2008-10-17, which has no policy variables. Nothing else sets the two
# versions apart:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
OLDEST, NEWEST = "2008-10-17", "2012-10-17"

LABELS = {"Id", "Sid"}
ROOT = re.compile(r"arn:[a-z-]+:iam::(\d{12}):root")


class Difference(NamedTuple):
    """One element in which two documents differ, with its value in each."""

    field: str
    have: object
    want: object


def same(a: Mapping[str, object], b: Mapping[str, object]) -> bool:
    """Tell whether two documents mean the same; spelling, order, `Id` and `Sid` do not count."""
    return meaning(a) == meaning(b)


def difference(have: Mapping[str, object], want: Mapping[str, object]) -> list[Difference]:
    """List the differences from `have` to `want` by statement; of lists only the entries that differ."""
    found = []
    for key in keys(have, want, without=LABELS | {"Statement"}):
        if part(key, have) != part(key, want):
            found.append(Difference(key, have.get(key), want.get(key)))

    for name, old, new in pairs(listed(have.get("Statement")), listed(want.get("Statement"))):
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += changes(name, old, new)
        else:
            found.append(Difference(name, old, new))
    return found


def parsed(response: object) -> Document:
    """Return a document of a response, which is JSON text or already parsed.

    Raises MalformedResponse when it is not a JSON object.
    """
    try:
        document = json.loads(response) if isinstance(response, str) else response
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise MalformedResponse(
            "AWS returned a policy document that is not a JSON object", hint="run again; report it if it happens again"
        )
    return document


def minified(document: Mapping[str, object]) -> str:
    """Return a document as JSON without white space, in its own order; raises TypeError when it has an unknown."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def size(document: Mapping[str, object]) -> int:
    """Return a document's length as IAM's quotas count it, in characters without white space; unknowns count 0."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=lambda unknown: ""))


def listed(value: object) -> list[object]:
    """Return an element that is one value or a list of values as a list; None is an empty list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


# The functions below give every element a hashable meaning, so that equal meanings are equal values.


def meaning(document: Mapping[str, object]) -> Hashable:
    """Return the meaning of a document, independent of its order and spelling."""
    always = {"Version": None, "Statement": None}
    meanings = ((key, part(key, document)) for key in keys(always, document, without=LABELS))
    return frozenset((key, value) for key, value in meanings if value is not None)


def part(key: str, document: Mapping[str, object]) -> Hashable:
    """Return the meaning of one element of a document."""
    value = document.get(key)
    match key:
        case "Version":
            version = OLDEST if value is None else value
            return exactly(OLDEST if version == NEWEST and not has_variables(document.get("Statement")) else version)
        case "Statement":
            return frozenset(statement_meaning(statement) for statement in listed(value))
    return exactly(value)


def has_variables(value: object) -> bool:
    """Tell whether a text somewhere in a value has a policy variable, such as `${aws:username}`."""
    match value:
        case str():
            return "${" in value
        case Mapping():
            return any(map(has_variables, value.values()))
        case list() | tuple():
            return any(map(has_variables, value))
    return False


def element(key: object, value: object) -> Hashable:
    """Return the meaning of one element of a statement."""
    match key:
        case "Action" | "NotAction" | "Resource" | "NotResource":
            return entries(key, value)
        case "Principal" | "NotPrincipal":
            return frozenset(principals(value))
        case "Condition":
            return frozenset(conditions(value))
    return exactly(value)


def entries(key: object, value: object) -> frozenset[Hashable]:
    """Return the entries of one element as a set that can be compared."""
    # Actions are not case-sensitive, resources are.
    return frozenset(folded(it) if key in ("Action", "NotAction") else exactly(it) for it in listed(value))


def statement_meaning(statement: object) -> Hashable:
    """Return the meaning of a statement, independent of its order and spelling."""
    if not isinstance(statement, Mapping):
        return exactly(statement)
    meanings = {key: element(key, statement[key]) for key in statement if key not in LABELS}
    if meanings.get("Condition") == frozenset():
        del meanings["Condition"]  # an empty Condition always holds, as if it were not there
    return frozenset(meanings.items())


def principals(value: object) -> Iterator[Hashable]:
    """Yield the principals of a statement as pairs of kind and name."""
    # AWS treats "*" and {"AWS": "*"} alike, and returns either.
    if not isinstance(value, Mapping):
        value = {"AWS": value}
    for kind, names in value.items():
        for name in listed(names):
            # An account is named by its number or by its root ARN; AWS stores the ARN, in its own partition.
            root = ROOT.fullmatch(name) if kind == "AWS" and isinstance(name, str) else None
            yield kind, exactly(root.group(1) if root else name)


def conditions(condition: object) -> Iterator[Hashable]:
    """Yield the conditions of a statement as triples of operator, key and values."""
    if not isinstance(condition, Mapping):
        if condition is not None:
            yield exactly(condition)
        return
    for operator, tests in condition.items():
        if not isinstance(tests, Mapping):
            yield operator, exactly(tests)
            continue
        yes_or_no = isinstance(operator, str) and operator.removesuffix("IfExists").endswith(("Bool", "Null"))
        for key, values in tests.items():
            spelt = (as_stored(value) for value in listed(values))
            yield operator, folded(key), frozenset(folded(word) if yes_or_no else exactly(word) for word in spelt)


def as_stored(value: object) -> object:
    """Return a condition's value as AWS stores it: true and 5 become "true" and "5"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def folded(value: object) -> Hashable:
    """Return a hashable form of a value in which case does not count."""
    return exactly(value.lower() if isinstance(value, str) else value)


def exactly(value: object) -> Hashable:
    """Return a hashable form of a value in which case and order count; an unknown equals only itself."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return type(value).__name__, repr(value)  # in Python, True == 1
    if isinstance(value, Mapping):
        return frozenset((exactly(key), exactly(it)) for key, it in value.items())
    if isinstance(value, list | tuple):
        return tuple(exactly(it) for it in value)
    return Opaque(value)


class Opaque:
    """An unknown as a hashable value: it equals only itself, and its text says what it is, without an address."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)

    def __repr__(self) -> str:
        return repr(self.value)


# The functions below find out which statements to compare with each other.


def pairs(have: list[object], want: list[object]) -> Iterator[tuple[str, object, object]]:
    """Yield the statements that differ, with their names: first those with the same Sid, then the others in order."""
    had = {statement_meaning(statement) for statement in have}
    sought = {statement_meaning(statement) for statement in want}
    old = {name: it for name, it in named(have) if statement_meaning(it) not in sought}
    new = {name: it for name, it in named(want) if statement_meaning(it) not in had}

    for name in [name for name in new if name in old]:
        yield name, old.pop(name), new.pop(name)
    for name, removed in old.items():
        yield name, removed, None
    for name, added in new.items():
        yield name, None, added


def named(statements: list[object]) -> Iterator[tuple[str, object]]:
    """Yield each statement with its name, which is its Sid, or its number when it has no Sid."""
    seen = set()
    for number, statement in enumerate(statements, 1):
        sid = statement.get("Sid") if isinstance(statement, Mapping) else None
        name = f"statement {sid}" if isinstance(sid, str) and sid else f"statement {number}"
        if name in seen:
            name += f" (the {number}.)"
        seen.add(name)
        yield name, statement


def changes(name: str, have: Mapping[str, object], want: Mapping[str, object]) -> Iterator[Difference]:
    """Yield the differences between two versions of a statement."""
    for key in keys(have, want, without=LABELS):
        old, new = have.get(key), want.get(key)
        if element(key, old) == element(key, new) and (key == "Condition" or (key in have) == (key in want)):
            continue
        if key in ("Action", "NotAction", "Resource", "NotResource"):
            had, sought = entries(key, old), entries(key, new)
            old = [value for value in listed(old) if entries(key, [value]) - sought]
            new = [value for value in listed(new) if entries(key, [value]) - had]
        yield Difference(f"{name} {key}", old, new)


def keys(*mappings: Mapping[str, object], without: Collection[str]) -> list[str]:
    """Return the keys of all mappings but the excluded ones, each once, in order."""
    return [key for key in dict.fromkeys(key for mapping in mappings for key in mapping) if key not in without]


def words(value: object) -> Iterator[str]:
    """Yield every text of a document, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from words(key)
            yield from words(part)
    elif isinstance(value, list):
        for part in value:
            yield from words(part)
