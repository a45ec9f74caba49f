"""Evaluate CloudWatch's filter patterns for JSON events, and find events that one tells of and another does not.

AWS's documents do not say whether `!=` matches a missing field, so the caller decides; a good pattern has the same
result both ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from awsbase.records import record

Event = Mapping[str, Any]
TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||!=|=|\$(?:\.\w+)+|"[^"]*"|[\w.*:/@-]+)')
# What an event has that a pattern does not speak of.
ORDINARY = {
    "eventName": "Sample",
    "eventSource": "sample.amazonaws.com",
    "sourceIPAddress": "192.0.2.1",
    "userIdentity.arn": "arn:aws:iam::123456789012:user/sample",
    "userIdentity.type": "IAMUser",
}
# More alternatives than any pattern of awsbase has.
MOST = 500


class NotUnderstood(ValueError):
    """A pattern has a syntax that awsbase does not use."""


@record
class Leaf:
    """One comparison: a path, an operator (`=`, `!=`, or empty for NOT EXISTS), and the value."""

    path: str
    operator: str
    value: str = ""

    def holds(self, event: Event, absent_differs: bool) -> bool:
        """Tell whether an event meets it."""
        have = value(event, self.path.split("."))
        if not self.operator:
            return have is None
        if self.operator == "!=":
            return absent_differs if have is None else not same(have, self.value)
        return same(have, self.value)


@record
class Either:
    """Alternatives, of which one has to hold; `both` tells that all have to."""

    parts: tuple[Leaf | Either, ...]
    both: bool = False

    def holds(self, event: Event, absent_differs: bool) -> bool:
        """Tell whether an event meets it."""
        return (all if self.both else any)(part.holds(event, absent_differs) for part in self.parts)


def parsed(pattern: str) -> Leaf | Either:
    """Return what a pattern says; raises NotUnderstood."""
    if not (pattern.startswith("{") and pattern.endswith("}")):
        raise NotUnderstood(pattern)
    tokens, rest = [], pattern[1:-1].rstrip()
    while rest:
        found = TOKEN.match(rest)
        if not found:
            raise NotUnderstood(rest)
        tokens.append(found[1])
        rest = rest[found.end() :]
    tokens.append("")
    whole = joined(tokens, "||")
    if tokens != [""]:
        raise NotUnderstood(" ".join(tokens))
    return whole


def joined(tokens: list[str], operator: str) -> Leaf | Either:
    """Take parts that an operator joins from the tokens."""
    parts = [part(tokens) if operator == "&&" else joined(tokens, "&&")]
    while tokens[0] == operator:
        tokens.pop(0)
        parts.append(part(tokens) if operator == "&&" else joined(tokens, "&&"))
    return parts[0] if len(parts) == 1 else Either(tuple(parts), operator == "&&")


def part(tokens: list[str]) -> Leaf | Either:
    """Take one comparison, or what stands in brackets, from the tokens; raises NotUnderstood."""
    first = tokens.pop(0)
    if first == "(":
        inner = joined(tokens, "||")
        if tokens.pop(0) != ")":
            raise NotUnderstood("a bracket is not closed")
        return inner
    path, operator = first[2:], tokens.pop(0) if first.startswith("$.") else ""
    if operator == "NOT" and tokens.pop(0) == "EXISTS":
        return Leaf(path, "")
    if operator not in ("=", "!="):
        raise NotUnderstood(first)
    return Leaf(path, operator, tokens.pop(0).strip('"'))


def matches(pattern: str, event: Event, *, absent_differs: bool) -> bool:
    """Tell whether a pattern counts an event; raises NotUnderstood."""
    return parsed(pattern).holds(event, absent_differs)


def value(event: Any, path: Sequence[str]) -> Any:
    """Return the value at a path; null counts as missing."""
    for step in path:
        event = event.get(step) if isinstance(event, Mapping) else None
    return event


def same(have: Any, expected: str) -> bool:
    """Tell whether a value equals an expected one, in which * is wild."""
    return isinstance(have, str) and fnmatchcase(have, expected.replace("[", "[[]"))


def silenced(have: str, want: str, *, anybody: bool = False) -> list[str]:
    """Return events of which the pattern `have` tells and `want` does not; with `anybody`, whoever causes them.

    Raises NotUnderstood.
    """
    before, after = parsed(have), parsed(want)
    found = []
    for event in events(before, () if anybody else tuple(leaves(after))):
        told = any(before.holds(nested(event), differs) for differs in (True, False))
        if told and not all(after.holds(nested(event), differs) for differs in (True, False)):
            found.append(event)
    return list(dict.fromkeys(map(described, found)))


def events(pattern: Leaf | Either, others: Sequence[Leaf]) -> Iterator[dict[str, str]]:
    """Yield an event for each alternative of a pattern, and more with each value that the other pattern names."""
    for alternative in alternatives(pattern)[:MOST]:
        fixed = {leaf.path: plain(leaf.value) for leaf in alternative if leaf.operator == "="}
        absent = {leaf.path for leaf in alternative if not leaf.operator}
        event = {path: text for path, text in {**ORDINARY, **fixed}.items() if path in fixed or path not in absent}
        event |= {leaf.path: "other" for leaf in alternative if leaf.operator == "!=" and leaf.path not in event}
        yield event
        named = (leaf for leaf in others if leaf.value.strip("*") and leaf.path not in fixed)
        yield from ({**event, leaf.path: plain(leaf.value)} for leaf in named)


def alternatives(pattern: Leaf | Either) -> list[tuple[Leaf, ...]]:
    """Return the ways in which a pattern is met: the comparisons that hold together."""
    if isinstance(pattern, Leaf):
        return [(pattern,)]
    if not pattern.both:
        return [one for inner in pattern.parts for one in alternatives(inner)][:MOST]
    several: list[tuple[Leaf, ...]] = [()]
    for inner in pattern.parts:
        several = [(*one, *more) for one in several for more in alternatives(inner)][:MOST]
    return several


def leaves(pattern: Leaf | Either) -> Iterator[Leaf]:
    """Yield all comparisons of a pattern."""
    if isinstance(pattern, Leaf):
        yield pattern
    else:
        for inner in pattern.parts:
            yield from leaves(inner)


def plain(text: str) -> str:
    """Return a text that a value with wildcards matches."""
    return text.replace("*", "") or "any"


def nested(flat: Mapping[str, str]) -> Event:
    """Return an event from its values by path."""
    whole: dict[str, Any] = {}
    for path, text in flat.items():
        *steps, last = path.split(".")
        inside = whole
        for step in steps:
            inside = inside.setdefault(step, {})
        inside[last] = text
    return whole


def described(event: Mapping[str, str]) -> str:
    """Say in a few words which event this is."""
    name, who, whence = (event.get(key, "") for key in ("eventName", "userIdentity.arn", "sourceIPAddress"))
    by = [each for each in (who, whence) if each and each not in ORDINARY.values()]
    what = name if name != ORDINARY["eventName"] else event.get("errorCode") or "any event"
    return f"{what} by {' from '.join(by)}" if by else str(what)
