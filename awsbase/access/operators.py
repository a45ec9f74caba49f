"""Tell whether the values of a request meet a condition, for each operator that IAM knows.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from awsbase.access.patterns import Held, Keys, NoValue, UnknownValue, every, filled, matches, some
from awsbase.policies.document import as_stored, listed

OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")
EPOCH = re.compile(r"\d{5,}(\.\d+)?")

Test = Callable[[str, str, Keys | None], Held]
"""Compares the value of a request with one of the policy; raises ValueError for a value of another type."""


def meets(condition: object, keys: Keys, *, variables: bool) -> Held:
    """Tell whether a request meets a whole Condition: each key of each operator."""
    if condition is None:
        return True
    if not isinstance(condition, Mapping):
        return None
    return every(
        holds(str(name), keys.get(str(key).lower()), listed(values), keys if variables else None)
        if isinstance(tests, Mapping)
        else None
        for name, tests in condition.items()
        for key, values in (tests.items() if isinstance(tests, Mapping) else [("", tests)])
    )


def holds(name: str, have: Sequence[str] | None, wanted: Sequence[object], variables: Keys | None) -> Held:
    """Tell whether the values of one key meet one operator; `have` is None when they are not known."""
    read = OPERATOR.fullmatch(name)
    quantifier, plain, optional = read.groups() if read else (None, name, None)
    if plain == "Null":
        return None if have is None else some((not have) == (lowered(value) == "true") for value in wanted)
    negated = plain in NEGATED
    test = TESTS.get(NEGATED.get(plain, plain))
    if test is None or have is None:
        return None
    if not have:
        # What is not there equals nothing, and each value of nothing is right.
        return bool(optional) or quantifier == "ForAllValues" or (negated and not quantifier)
    met = (opposite(one_of(test, value, wanted, variables), negated) for value in have)
    return every(met) if quantifier == "ForAllValues" else some(met)


def one_of(test: Test, value: str, wanted: Sequence[object], variables: Keys | None) -> Held:
    """Tell whether a value of the request equals one of the policy's."""
    return some(compared(test, value, as_stored(each), variables) for each in wanted)


def compared(test: Test, value: str, wanted: object, variables: Keys | None) -> Held:
    """Tell whether two values compare as a test demands; a value of another type compares with nothing."""
    if not isinstance(wanted, str):
        return None
    try:
        return test(value, wanted, variables)
    except (ValueError, NoValue):
        return False
    except UnknownValue:
        return None


def opposite(held: Held, negated: bool) -> Held:
    """Return the opposite when the operator is negated."""
    return held if held is None else held != negated


def lowered(value: object) -> str:
    """Return a value of a policy in lower case."""
    return str(as_stored(value)).lower()


def equal(value: str, wanted: str, variables: Keys | None) -> Held:
    """Tell whether two texts are equal."""
    return value == filled(wanted, variables)


def equal_ignoring_case(value: str, wanted: str, variables: Keys | None) -> Held:
    """Tell whether two texts are equal but for case."""
    return value.casefold() == filled(wanted, variables).casefold()


def like(value: str, wanted: str, variables: Keys | None) -> Held:
    """Tell whether a text matches a pattern."""
    return matches(wanted, value, variables)


def arn_like(value: str, wanted: str, variables: Keys | None) -> Held:
    """Tell whether an ARN matches a pattern, field by field."""
    return matches(wanted, value, variables, arn=True)


def boolean(value: str, wanted: str, variables: Keys | None) -> Held:
    """Tell whether both are true, or both are false."""
    return value.lower() == wanted.lower()


def binary(value: str, wanted: str, variables: Keys | None) -> Held:
    """Tell whether two values in base64 stand for the same bytes."""
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(wanted, validate=True)
    except binascii.Error:
        return False


def in_range(value: str, wanted: str, variables: Keys | None) -> Held:
    """Tell whether an address is in a range."""
    return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)


def number(compare: Callable[[float, float], bool]) -> Test:
    """Return the test that compares two values as numbers."""
    return lambda value, wanted, variables: compare(float(value), float(wanted))


def date(compare: Callable[[datetime, datetime], bool]) -> Test:
    """Return the test that compares two values as dates."""
    return lambda value, wanted, variables: compare(moment(value), moment(wanted))


def moment(text: str) -> datetime:
    """Return the time that a date or a number of seconds stands for."""
    if EPOCH.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
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
TESTS: Mapping[str, Test] = {
    "StringEquals": equal,
    "StringEqualsIgnoreCase": equal_ignoring_case,
    "StringLike": like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": boolean,
    "BinaryEquals": binary,
    "IpAddress": in_range,
    **{f"Numeric{name}": number(compare) for name, compare in ORDERS.items()},
    **{f"Date{name}": date(compare) for name, compare in ORDERS.items()},
}
