"""What conditions of policies tell before there is a request: whether they are harder to meet, or met for certain."""

from __future__ import annotations

from collections.abc import Iterable

from awsbase.access.comparison import VARIABLE, implies, within
from awsbase.access.evaluation import on_mfa

# What these tell is of the thing that is worked on, and not of who works on it, from where and when.
THINGS = ("aws:requesttag/", "aws:resourcetag/", "iam:permissionsboundary", "iam:policyarn", "iam:resourcetag/")
# What these tell is never true of a request of one's own.
BY_AWS = ("aws:principalisawsservice", "aws:viaawsservice")


def eased(conditions: Iterable[object], met: Iterable[object]) -> bool:
    """Tell whether who met some conditions meets these, too; MFA can be had, and another thing can be chosen."""
    given = list(met)
    things = {key for _, key, _ in map(told, given) if key.startswith(THINGS)}
    return all(
        on_mfa(each) or told(each)[1] in things or any(implies(old, each) for old in given) for each in conditions
    )


def certain(conditions: Iterable[object], arn: str) -> bool:
    """Tell whether a denial has to be reckoned with by somebody: it is about all things, and may be about him."""
    return not any(some_things(each) or somebody_else(each, arn) for each in conditions)


def some_things(condition: object) -> bool:
    """Tell whether a condition picks out things by what they are, so that it leaves others free."""
    operator, key, values = told(condition)
    if operator == "Null":
        return key.startswith(THINGS) and values == {"false"}
    return key.startswith(THINGS) and not operator.endswith("IfExists") and picks(operator)


def somebody_else(condition: object, arn: str) -> bool:
    """Tell whether a condition is never met by requests of somebody, who is told by ARN."""
    operator, key, values = told(condition)
    if key in BY_AWS:
        return operator.startswith("Bool") and values == {"true"}
    if key != "aws:principalarn" or any(not isinstance(value, str) or VARIABLE.search(value) for value in values):
        return False
    named = any(within(arn, value) for value in values)
    if operator.startswith(("ArnNot", "StringNot")):
        return named
    return picks(operator) and operator.startswith(("Arn", "String")) and not named


def picks(operator: str) -> bool:
    """Tell whether an operator picks some values rather than excluding them."""
    return "Not" not in operator and ":" not in operator and not operator.startswith("Null")


def told(condition: object) -> tuple[str, str, frozenset[object]]:
    """Return operator, key and values of a condition; nothing of one that is none."""
    if isinstance(condition, tuple) and len(condition) == 3:
        operator, key, values = condition
        if isinstance(key, str) and isinstance(values, frozenset):
            return str(operator), key, values
    return "", "", frozenset()
