"""What a statement's Condition demands of a request."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.authorization.matching import Context, filled, matches

OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")

Test = Callable[[str, str, Context | None], bool]
"""Compares what the request has with what the policy wants, whose variables it fills in."""


def met(condition: Mapping[str, Any], context: Context, variables: Context | None = None) -> bool:
    """Return whether a request meets a whole Condition: every key of every operator."""
    return all(
        holds(operator, context.get(key.lower()), [spelt(value) for value in listed(values)], variables)
        for operator, asked in condition.items()
        for key, values in asked.items()
    )


def holds(operator: str, have: Any, wanted: list[str], variables: Context | None) -> bool:
    """Return whether one operator holds for what the request has under one key; raises ValueError for a bad one."""
    read = OPERATOR.fullmatch(operator)
    quantifier, name, optional = read.groups() if read else (None, operator, None)
    values = [] if have is None else listed(have)
    if name == "Null":
        return any((not values) == (value.lower() == "true") for value in wanted)
    negated = name in NEGATED
    test = TESTS.get(NEGATED.get(name, name))
    if test is None:
        raise ValueError(f"no condition operator is called {operator!r}")
    if not values:
        # What is not there is not equal to anything, and every value of nothing is right.
        return bool(optional) or quantifier == "ForAllValues" or (negated and not quantifier)
    every = all if quantifier == "ForAllValues" else any
    return every(any(test(value, one, variables) for one in wanted) != negated for value in values)


def listed(value: Any) -> list[Any]:
    """Return what may be written alone or in a list as a list."""
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def spelt(value: Any) -> str:
    """Spell a value of a policy as IAM does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equal(have: str, wanted: str, variables: Context | None) -> bool:
    return have == filled(wanted, variables)


def _equal_ignoring_case(have: str, wanted: str, variables: Context | None) -> bool:
    value = filled(wanted, variables)
    return value is not None and have.casefold() == value.casefold()


def _like(have: str, wanted: str, variables: Context | None) -> bool:
    return matches(wanted, have, variables)


def _arn_like(have: str, wanted: str, variables: Context | None) -> bool:
    return matches(wanted, have, variables, arn=True)


def _numeric(compare: Callable[[float, float], bool]) -> Test:
    def test(have: str, wanted: str, variables: Context | None) -> bool:
        try:
            return compare(float(have), float(wanted))
        except ValueError:
            return False

    return test


def _dated(compare: Callable[[datetime, datetime], bool]) -> Test:
    def test(have: str, wanted: str, variables: Context | None) -> bool:
        try:
            return compare(_moment(have), _moment(wanted))
        except ValueError:
            return False

    return test


def _moment(text: str) -> datetime:
    if re.fullmatch(r"\d{5,}(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bytes(have: str, wanted: str, variables: Context | None) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == have.encode()
    except binascii.Error:
        return False


def _within(have: str, wanted: str, variables: Context | None) -> bool:
    try:
        return ipaddress.ip_address(have) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
TESTS: dict[str, Test] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": _like,
    "NumericEquals": _numeric(lambda have, wanted: have == wanted),
    "NumericLessThan": _numeric(lambda have, wanted: have < wanted),
    "NumericLessThanEquals": _numeric(lambda have, wanted: have <= wanted),
    "NumericGreaterThan": _numeric(lambda have, wanted: have > wanted),
    "NumericGreaterThanEquals": _numeric(lambda have, wanted: have >= wanted),
    "DateEquals": _dated(lambda have, wanted: have == wanted),
    "DateLessThan": _dated(lambda have, wanted: have < wanted),
    "DateLessThanEquals": _dated(lambda have, wanted: have <= wanted),
    "DateGreaterThan": _dated(lambda have, wanted: have > wanted),
    "DateGreaterThanEquals": _dated(lambda have, wanted: have >= wanted),
    "Bool": _equal_ignoring_case,
    "BinaryEquals": _bytes,
    "IpAddress": _within,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
}
