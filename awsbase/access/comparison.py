"""Tell whether one policy document allows something that another one refused, grant by grant.

A grant counts as wider unless the comparison proves that it is not. A false alarm costs a question; a missed one can
cost the account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from awsbase.access.patterns import spans
from awsbase.policies.document import OLDEST, conditions, exactly, folded, listed, named, principals

VARIABLE = re.compile(r"\$\{[^}]*\}")
WILD = re.compile(r"[*?]|\$\{")
ELEMENTS = ("Principal", "Action", "Resource")
SHOWN = 3
Values = tuple[object, ...]


class Grant(NamedTuple):
    """The smallest part of a statement: one value of each element, or all values of a Not… element."""

    name: str
    values: Mapping[str, Values]
    conditions: frozenset[object]

    def __str__(self) -> str:
        return f"{', '.join(f'{key} {words(values)}' for key, values in self.values.items())} of {self.name}"


def wider(have: Mapping[str, object], want: Mapping[str, object]) -> list[str]:
    """List what `want` may allow that `have` refused; empty when the comparison proves that there is nothing."""
    versions = {exactly(each.get("Version") or OLDEST) for each in (have, want)}
    if len(versions) > 1 and VARIABLE.search(f"{have}{want}"):
        return ["the new Version reads policy variables in another way"]
    allowed, denied = list(grants(have, "Allow")), list(grants(have, "Deny"))
    allows, denies = list(grants(want, "Allow")), list(grants(want, "Deny"))
    more = [f"newly allows {grant}" for grant in allows if not any(covers(old, grant) for old in allowed)]
    lost = [f"no longer denies {grant}" for grant in denied if not any(covers(new, grant) for new in denies)]
    return more + lost


def widening(have: Mapping[str, object], want: Mapping[str, object]) -> str:
    """Say in one line how `want` is wider than `have`; empty when it is not."""
    return shortened(wider(have, want))


def shortened(reasons: Sequence[str], between: str = "; ") -> str:
    """Return the first reasons in one line, with the number of the others."""
    more = len(reasons) - SHOWN
    return between.join([*reasons[:SHOWN], *([f"and {more} more"] if more > 0 else [])])


def grants(document: Mapping[str, object], effect: str) -> Iterator[Grant]:
    """Yield the grants with which a document allows, or denies, something."""
    for name, statement in named(listed(document.get("Statement"))):
        if isinstance(statement, Mapping) and statement.get("Effect") == effect:
            tests = frozenset(conditions(statement.get("Condition")))
            for values in product(*(element(statement, key) for key in ELEMENTS)):
                yield Grant(name, {key: value for key, value in values if key}, tests)


def element(statement: Mapping[str, object], key: str) -> list[tuple[str, Values]]:
    """Return the values of an element one by one; those of a Not… stay together, an absent element counts as one."""
    if f"Not{key}" in statement:
        return [(f"Not{key}", values_of(key, statement[f"Not{key}"]))]
    if key not in statement:
        return [("", ())]
    return [(key, (value,)) for value in values_of(key, statement[key])]


def values_of(key: str, value: object) -> Values:
    """Return the values of one element in a form that can be compared."""
    return tuple(principals(value)) if key == "Principal" else tuple(map(exactly, listed(value)))


def covers(outer: Grant, inner: Grant) -> bool:
    """Tell whether a grant applies to every request that another one applies to."""
    return all(encloses(outer.values, inner.values, key) for key in ELEMENTS) and all(
        any(implies(stricter, test) for stricter in inner.conditions) for test in outer.conditions
    )


def encloses(outer: Mapping[str, Values], inner: Mapping[str, Values], key: str) -> bool:
    """Tell whether one element of a grant includes the same element of another one."""
    but = f"Not{key}"
    if key == "Action":
        # Actions are not case-sensitive.
        outer, inner = lowered(outer), lowered(inner)
    if key in outer and key in inner:
        return within(inner[key][0], outer[key][0])
    if but in outer and but in inner:
        # The shorter the list of exceptions, the more the element includes.
        return all(any(within(left, out) for out in inner[but]) for left in outer[but])
    if but in outer and key in inner:
        return all(disjoint(inner[key][0], out) for out in outer[but])
    if but in inner:
        return outer.get(key) == ("*",)
    return not any(name in each for name in (key, but) for each in (outer, inner))


def lowered(values: Mapping[str, Values]) -> dict[str, Values]:
    """Return the same values in lower case."""
    return {name: tuple(map(folded, several)) for name, several in values.items()}


def within(value: object, whole: object) -> bool:
    """Tell whether everything that a value with wildcards matches is also matched by another one."""
    if value == whole:
        return True
    if isinstance(value, tuple) and isinstance(whole, tuple):
        # Among principals only AWS "*" includes others, and services may not be among them.
        return whole == ("AWS", "*") and value[0] == "AWS"
    if not isinstance(value, str) or not isinstance(whole, str) or VARIABLE.search(whole):
        return False
    value = VARIABLE.sub("*", value)  # its value can be anything
    if whole.startswith("arn:") and value.startswith("arn:"):
        # A wildcard does not reach beyond its part of an ARN; AWS completes an ARN of too few parts with wildcards.
        parts, wholes = value.split(":", 5), whole.split(":", 5)
        return len(parts) == len(wholes) == 6 and all(map(matched, parts, wholes))
    return matched(value, whole)


def disjoint(value: object, out: object) -> bool:
    """Tell whether a value without wildcards is certainly not matched by another one."""
    if not isinstance(value, str) or not isinstance(out, str) or WILD.search(value) or VARIABLE.search(out):
        return False
    whole = not out.startswith("arn:") or out.count(":") >= 5
    return whole and not matched(value, out)


def matched(value: str, pattern: str) -> bool:
    """Tell whether a pattern matches all that another one matches; a `*` is only matched by a `*`."""
    return spans(pattern, value) if "?" not in pattern else compiled(pattern).fullmatch(value) is not None


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile IAM's wildcards `*` and `?` to a regular expression."""
    wild = {"*": "(?s:.*)", "?": "[^*]"}
    return re.compile("".join(wild.get(letter, re.escape(letter)) for letter in pattern))


def implies(condition: object, test: object) -> bool:
    """Tell whether every request that meets a condition also meets another one."""
    if condition == test:
        return True
    if not (isinstance(condition, tuple) and isinstance(test, tuple) and len(condition) == len(test) == 3):
        return False
    (operator, key, values), (other, other_key, others) = condition, test
    if key != other_key or other not in (operator, f"{operator}IfExists"):
        return False
    # One matching value meets an operator; a negated operator is met when no value matches.
    return bool(values >= others if "Not" in operator else values <= others)


def words(values: Values) -> str:
    """Return values as text, as they are written in the document."""
    texts = (" ".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values)
    return ", ".join(texts)
