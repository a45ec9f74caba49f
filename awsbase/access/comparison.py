"""Whether one policy document lets something pass that another one refused, shown grant by grant.

What cannot be shown to be as narrow counts as wider: a false alarm costs a question, a missed one the account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from awsbase.policies.document import conditions, exactly, folded, listed, named, part, principals

VARIABLE = re.compile(r"\$\{[^}]*\}")
WILD = re.compile(r"[*?]|\$\{")
ELEMENTS = ("Principal", "Action", "Resource")
TOLD = 3
Values = tuple[object, ...]


class Grant(NamedTuple):
    """The smallest part of a statement: one value of each element, or all that a Not… leaves out."""

    name: str
    values: Mapping[str, Values]
    conditions: frozenset[object]

    def __str__(self) -> str:
        return f"{', '.join(f'{key} {words(values)}' for key, values in self.values.items())} of {self.name}"


def wider(have: Mapping[str, object], want: Mapping[str, object]) -> list[str]:
    """Say what `want` may let pass that `have` refused; nothing when it is shown to let nothing more pass."""
    if part("Version", have.get("Version")) != part("Version", want.get("Version")) and VARIABLE.search(
        f"{have}{want}"
    ):
        return ["another Version reads the variables otherwise"]
    allowed, denied = list(grants(have, "Allow")), list(grants(have, "Deny"))
    allows, denies = list(grants(want, "Allow")), list(grants(want, "Deny"))
    more = [f"newly allows {grant}" for grant in allows if not any(covers(old, grant) for old in allowed)]
    lost = [f"no longer denies {grant}" for grant in denied if not any(covers(new, grant) for new in denies)]
    return more + lost


def widening(have: Mapping[str, object], want: Mapping[str, object]) -> str:
    """Say in one line how `want` is wider than `have`; nothing when it is not."""
    return shortened(wider(have, want))


def shortened(reasons: Sequence[str]) -> str:
    """Join the first reasons, and count the others."""
    more = len(reasons) - TOLD
    return "; ".join([*reasons[:TOLD], *([f"and {more} more"] if more > 0 else [])])


def grants(document: Mapping[str, object], effect: str) -> Iterator[Grant]:
    """Yield what a document allows, or denies, in its smallest parts."""
    for name, statement in named(listed(document.get("Statement"))):
        if isinstance(statement, Mapping) and statement.get("Effect") == effect:
            held = frozenset(conditions(statement.get("Condition")))
            for values in product(*(element(statement, key) for key in ELEMENTS)):
                yield Grant(name, {key: value for key, value in values if key}, held)


def element(statement: Mapping[str, object], key: str) -> list[tuple[str, Values]]:
    """Return the values of an element one by one; those of a Not… belong together, and none at all is one too."""
    if f"Not{key}" in statement:
        return [(f"Not{key}", values_of(key, statement[f"Not{key}"]))]
    if key not in statement:
        return [("", ())]
    return [(key, (value,)) for value in values_of(key, statement[key])]


def values_of(key: str, value: object) -> Values:
    """Return the values of one key of a condition, in one spelling."""
    return tuple(principals(value)) if key == "Principal" else tuple(map(exactly, listed(value)))


def covers(outer: Grant, inner: Grant) -> bool:
    """Tell whether whatever `inner` is about, `outer` is about too."""
    return all(encloses(outer.values, inner.values, key) for key in ELEMENTS) and all(
        any(implies(given, asked) for given in inner.conditions) for asked in outer.conditions
    )


def encloses(outer: Mapping[str, Values], inner: Mapping[str, Values], key: str) -> bool:
    """Tell whether one element of a grant is within the same element of another."""
    but = f"Not{key}"
    if key == "Action":
        # AWS reads actions in any case.
        outer, inner = lowered(outer), lowered(inner)
    if key in outer and key in inner:
        return within(inner[key][0], outer[key][0])
    if but in outer and but in inner:
        # Who leaves out less is about more.
        return all(any(within(left, out) for out in inner[but]) for left in outer[but])
    if but in outer and key in inner:
        return all(apart(inner[key][0], out) for out in outer[but])
    if but in inner:
        return outer.get(key) == ("*",)
    return not any(name in each for name in (key, but) for each in (outer, inner))


def lowered(values: Mapping[str, Values]) -> dict[str, Values]:
    """Return the same values in lower case."""
    return {name: tuple(map(folded, several)) for name, several in values.items()}


def within(value: object, whole: object) -> bool:
    """Tell whether all that a value with wildcards stands for is among what another one stands for."""
    if value == whole:
        return True
    if isinstance(value, tuple) and isinstance(whole, tuple):
        # Of principals only everybody holds others, and perhaps no service.
        return whole == ("AWS", "*") and value[0] == "AWS"
    if not isinstance(value, str) or not isinstance(whole, str) or VARIABLE.search(whole):
        return False
    value = VARIABLE.sub("*", value)  # it may turn out to be anything
    if whole.startswith("arn:") and value.startswith("arn:"):
        # A wildcard ends with its part of an ARN, and an ARN with too few parts is filled up with wildcards.
        parts, wholes = value.split(":", 5), whole.split(":", 5)
        return len(parts) == len(wholes) == 6 and all(map(among, parts, wholes))
    return among(value, whole)


def apart(value: object, out: object) -> bool:
    """Tell whether a value without wildcards is none of those that another one stands for."""
    if not isinstance(value, str) or not isinstance(out, str) or WILD.search(value) or VARIABLE.search(out):
        return False
    whole = not out.startswith("arn:") or out.count(":") >= 5
    return whole and not among(value, out)


def among(value: str, pattern: str) -> bool:
    """Tell whether a pattern fits all that another one fits: what * stands for is only held by a *."""
    return compiled(pattern).fullmatch(value) is not None


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern with `*` and `?` of IAM."""
    wild = {"*": "(?s:.*)", "?": "[^*]"}
    return re.compile("".join(wild.get(letter, re.escape(letter)) for letter in pattern))


def implies(given: object, asked: object) -> bool:
    """Tell whether one condition cannot hold without another one."""
    if given == asked:
        return True
    if not (isinstance(given, tuple) and isinstance(asked, tuple) and len(given) == len(asked) == 3):
        return False
    (operator, key, values), (other, other_key, others) = given, asked
    if key != other_key or other not in (operator, f"{operator}IfExists"):
        return False
    # Of several values one is enough; of a negated operator's none may fit.
    return bool(values >= others if "Not" in operator else values <= others)


def words(values: Values) -> str:
    """Write values as a reader of the document knows them."""
    told = (" ".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values)
    return ", ".join(told)
