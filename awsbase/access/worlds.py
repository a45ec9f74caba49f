"""Try what is not known of a call, such as its address or time, with each value that policies tell apart.

Two states of IAM are compared in the same world: whatever the address is, it is the same before a run and after it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from itertools import product
from math import prod

from awsbase.access.operators import moment
from awsbase.access.patterns import VARIABLE, WITH_DEFAULT, Keys
from awsbase.policies.document import Document, as_stored, listed

MOST = 2_000
ELSE = "something-else"
Values = tuple[str, ...]
Tests = Mapping[str, Sequence[tuple[str, object]]]
"""The operators and values that policies test condition keys with, by key in lower case."""

# Every call has a value of these.
ALWAYS = ("aws:currenttime", "aws:epochtime", "aws:sourceip", "aws:useragent", "aws:userid")
OUTSIDE = ("203.0.113.77", "2001:db8:ffff::77")


class TooMany(Exception):
    """Policies tell so many values apart that not all can be tried."""


def tests_of(documents: Iterable[Document]) -> Tests:
    """Return how documents test condition keys; a key that is only a variable is there without a test."""
    found: dict[str, list[tuple[str, object]]] = {}
    for document in documents:
        for statement in listed(document.get("Statement")):
            condition = statement.get("Condition") if isinstance(statement, Mapping) else None
            for operator, tests in condition.items() if isinstance(condition, Mapping) else ():
                for key, values in tests.items() if isinstance(tests, Mapping) else ():
                    found.setdefault(str(key).lower(), []).extend((str(operator), value) for value in listed(values))
        for variable in VARIABLE.findall(str(document)):
            read = WITH_DEFAULT.fullmatch(variable)
            if read and ":" in read[1]:
                found.setdefault(read[1].lower(), [])
    return found


def worlds(unknown: Tests) -> Iterator[Keys]:
    """Yield each choice of values for what is not known.

    Raises TooMany.
    """
    several = {key: candidates(key, unknown[key]) for key in sorted(unknown)}
    if prod(map(len, several.values())) > MOST:
        raise TooMany(", ".join(several))
    yield from (dict(zip(several, choice, strict=True)) for choice in product(*several.values()))


def candidates(key: str, tests: Sequence[tuple[str, object]]) -> list[Values]:
    """Return values of a key of which each test meets some and fails others."""
    single = dict.fromkeys(value for operator, each in tests for value in values_near(operator, as_stored(each)))
    single |= dict.fromkeys((ELSE,) if not single or any(texts(operator) for operator, _ in tests) else ())
    found: list[Values] = [(value,) for value in single]
    if any(operator.startswith("For") for operator, _ in tests):
        found += [tuple(single), *((value, ELSE) for value in single if value != ELSE)]
    return found if key in ALWAYS else [(), *found]


def texts(operator: str) -> bool:
    """Tell whether an operator compares texts."""
    return any(kind in operator for kind in ("String", "Arn", "Null", "Binary"))


def values_near(operator: str, value: object) -> Iterator[str]:
    """Yield values that meet a test, and values next to it that do not."""
    if not isinstance(value, str):
        return
    try:
        if "IpAddress" in operator:
            yield from around_range(value)
        elif "Numeric" in operator:
            yield from (f"{float(value) + step:g}" for step in (-0.5, 0, 0.5))
        elif "Date" in operator:
            yield from ((moment(value) + timedelta(seconds=step)).astimezone(UTC).isoformat() for step in (-1, 0, 1))
        elif "Bool" in operator:
            yield from ("true", "false")
        elif "Null" not in operator:
            yield from like_it(value)
    except ValueError:
        return


def around_range(value: str) -> Iterator[str]:
    """Yield the first address of a range, the first behind it, and addresses far from it."""
    network = ipaddress.ip_network(value, strict=False)
    behind = int(network.broadcast_address) + 1
    yield str(network.network_address)
    if behind < 2**network.max_prefixlen:
        yield str(type(network.network_address)(behind))
    yield from OUTSIDE


def like_it(value: str) -> Iterator[str]:
    """Yield texts that a pattern matches, with nothing and with something for its wildcards, and the pattern itself."""
    plain = VARIABLE.sub(lambda found: found[1] if found[1] in ("*", "?", "$") else "x", value)
    yield from (plain.replace("*", "").replace("?", "x"), plain.replace("*", "x").replace("?", "x"))
