"""Evaluate CloudWatch's filter patterns for JSON events, as far as the metric filters of awsbase use them.

An unknown syntax is an error. AWS's documents do not say whether `!=` matches a missing field, so the caller decides; a
good pattern has the same result both ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Event = Mapping[str, Any]
Condition = Callable[[Event], bool]
TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||!=|=|\$(?:\.\w+)+|"[^"]*"|[\w.*:/@-]+)')


def matches(pattern: str, event: Event, *, absent_differs: bool) -> bool:
    """Tell whether a pattern counts an event."""
    assert pattern.startswith("{")
    assert pattern.endswith("}")
    tokens, rest = [], pattern[1:-1].rstrip()
    while rest:
        found = TOKEN.match(rest)
        if not found:
            raise ValueError(f"not understood: {rest}")
        tokens.append(found[1])
        rest = rest[found.end() :]
    condition = either(tokens, absent_differs)
    if tokens:
        raise ValueError(f"not understood: {tokens}")
    return condition(event)


def either(tokens: list[str], absent_differs: bool) -> Condition:
    parts = [both(tokens, absent_differs)]
    while tokens and tokens[0] == "||":
        tokens.pop(0)
        parts.append(both(tokens, absent_differs))
    return lambda event: any(part(event) for part in parts)


def both(tokens: list[str], absent_differs: bool) -> Condition:
    parts = [one(tokens, absent_differs)]
    while tokens and tokens[0] == "&&":
        tokens.pop(0)
        parts.append(one(tokens, absent_differs))
    return lambda event: all(part(event) for part in parts)


def one(tokens: list[str], absent_differs: bool) -> Condition:
    first = tokens.pop(0)
    if first == "(":
        inner = either(tokens, absent_differs)
        assert tokens.pop(0) == ")"
        return inner
    if not first.startswith("$."):
        raise ValueError(f"not understood: {first}")
    path, operator = first[2:].split("."), tokens.pop(0)
    if operator == "NOT":
        assert tokens.pop(0) == "EXISTS"
        return lambda event: value(event, path) is None
    expected = tokens.pop(0).strip('"')
    if operator == "=":
        return lambda event: same(value(event, path), expected)
    if operator == "!=":
        return lambda event: absent_differs if value(event, path) is None else not same(value(event, path), expected)
    raise ValueError(f"not understood: {operator}")


def value(event: Any, path: list[str]) -> Any:
    """Return the value at a path; null counts as missing."""
    for step in path:
        event = event.get(step) if isinstance(event, Mapping) else None
    return event


def same(have: Any, expected: str) -> bool:
    return isinstance(have, str) and fnmatchcase(have, expected.replace("[", "[[]"))
