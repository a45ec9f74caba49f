"""What IAM demands of the conditions of a policy: operators, keys, and values of the operator's type."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping

from awsbase.policies.document import as_stored, listed
from awsbase.policies.problem import LEGACY, SYNTAX, Problem, is_json, nearest

TEXTS = ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = (
    *(f"String{test}" for test in TEXTS),
    *(f"{kind}{test}" for kind in ("Numeric", "Date") for test in ORDERS),
    *(f"Arn{test}" for test in ("Equals", "NotEquals", "Like", "NotLike")),
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
)
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")

# W3C's forms of ISO 8601, and seconds since 1970:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
# Compiled for the first date: few policies have one.
DATE = (
    r"-?(?P<year>\d{1,9})(-(?P<month>\d{1,2})(-(?P<day>\d{1,2}))?)?"
    r"(t((?P<hour>\d{1,2})(:(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.\d{1,9})?)?)?"
    r"(z|[+-](?P<hours>\d\d)(:(?P<minutes>\d\d))?)?)?)?"
)
RANGES = {
    "year": (0, 292278993),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
    "hours": (0, 23),
    "minutes": (0, 59),
}
LAST_SECOND = 2**63 - 1


def condition_problems(condition: object) -> Iterator[Problem]:
    """Yield what is wrong with conditions.

    IAM takes an operator that tests nothing: so say the documents that moto's authors sent to AWS,
    https://github.com/getmoto/moto/blob/master/tests/test_iam/test_iam_policies.py (valid_policy_documents).
    """
    if not isinstance(condition, Mapping):
        if is_json(condition):
            yield Problem('Condition is not a JSON object, write {"Operator": {"key": "value"}}', SYNTAX)
        return
    for operator, tests in condition.items():
        test = re.sub(r"^(ForAllValues|ForAnyValue):", "", operator)
        plain = test.removesuffix("IfExists")
        if plain not in OPERATORS or test == "NullIfExists":
            advice = f"AWS knows no condition operator {operator!r}" + nearest(plain, OPERATORS)
            yield Problem(advice, f"Invalid Condition type : {operator}.")
        elif not isinstance(tests, Mapping):
            if is_json(tests):
                yield Problem(f'{operator} is not a JSON object, write {{"key": "value"}}', SYNTAX)
        else:
            for key, values in tests.items():
                if ":" not in key:
                    advice = f"{operator} tests {key!r} and condition keys look like aws:MultiFactorAuthPresent"
                    yield Problem(advice, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
                yield from value_problems(f"{operator} {key}", plain, values)


def value_problems(where: str, operator: str, values: object) -> Iterator[Problem]:
    """Yield what is wrong with the values of a condition; numbers and booleans need no quotes."""
    if isinstance(values, Mapping) or values is None or any(isinstance(it, Mapping | list) for it in listed(values)):
        yield Problem(f"{where} is neither a value nor a list of values, write one of them", SYNTAX)
        return
    for value in map(as_stored, listed(values)):
        if not isinstance(value, str):
            continue
        if operator.startswith("Date"):
            if not moment(value):
                advice = f"{where} is {value!r} (IAM: {LEGACY}), write a date such as 2030-01-31T23:59:59Z"
                yield Problem(advice, LEGACY)
        elif "${" in value:
            continue
        elif operator in ("Bool", "Null") and value.lower() not in ("true", "false"):
            yield Problem(f"{where} is {value!r}, write true or false")
        elif operator.startswith("Numeric") and not NUMBER.fullmatch(value):
            yield Problem(f"{where} is {value!r}, write a number")
        elif operator.endswith("IpAddress") and not network(value):
            yield Problem(f"{where} is {value!r}, write a range such as 203.0.113.0/24")


def moment(value: str) -> bool:
    """Tell whether a value is a date, with or without a time, or a number of seconds."""
    if re.fullmatch(r"[+]?\d+", value):
        return int(value) <= LAST_SECOND
    read = re.fullmatch(DATE, value, re.IGNORECASE)
    return read is not None and all(
        low <= int(read[name]) <= high for name, (low, high) in RANGES.items() if read[name] is not None
    )


def network(value: str) -> bool:
    """Tell whether a value is an IP address or a CIDR block."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True
