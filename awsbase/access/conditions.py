"""Compare conditions of policies before there is a request: are they harder to meet, or certainly met?"""

from __future__ import annotations

from collections.abc import Iterable

from awsbase.access.comparison import VARIABLE, implies, within
from awsbase.access.evaluation import on_mfa

# Keys that describe the resource of a request, not its caller, source or time.
RESOURCE_KEYS = ("aws:requesttag/", "aws:resourcetag/", "iam:permissionsboundary", "iam:policyarn", "iam:resourcetag/")
# Keys that are false for every request that the caller sends itself.
BY_AWS = ("aws:principalisawsservice", "aws:viaawsservice")


def eased(conditions: Iterable[object], met: Iterable[object]) -> bool:
    """Tell whether a caller who met some conditions can meet these, too.

    The caller can sign in with MFA, and can choose another resource.
    """
    known = list(met)
    resource_keys = {key for _, key, _ in map(parts, known) if key.startswith(RESOURCE_KEYS)}
    return all(
        on_mfa(each) or parts(each)[1] in resource_keys or any(implies(old, each) for old in known)
        for each in conditions
    )


def certain(conditions: Iterable[object], arn: str) -> bool:
    """Tell whether a denial under these conditions can hit a principal on every resource."""
    return not any(selects_resources(each) or excludes_principal(each, arn) for each in conditions)


def selects_resources(condition: object) -> bool:
    """Tell whether a condition is met on some resources only."""
    operator, key, values = parts(condition)
    if operator == "Null":
        return key.startswith(RESOURCE_KEYS) and values == {"false"}
    return key.startswith(RESOURCE_KEYS) and not operator.endswith("IfExists") and picks(operator)


def excludes_principal(condition: object, arn: str) -> bool:
    """Tell whether requests of the principal with this ARN never meet a condition."""
    operator, key, values = parts(condition)
    if key in BY_AWS:
        return operator.startswith("Bool") and values == {"true"}
    if key != "aws:principalarn" or any(not isinstance(value, str) or VARIABLE.search(value) for value in values):
        return False
    named = any(within(arn, value) for value in values)
    if operator.startswith(("ArnNot", "StringNot")):
        return named
    return picks(operator) and operator.startswith(("Arn", "String")) and not named


def picks(operator: str) -> bool:
    """Tell whether an operator lists the values that meet it rather than those that do not."""
    return "Not" not in operator and ":" not in operator and not operator.startswith("Null")


def parts(condition: object) -> tuple[str, str, frozenset[object]]:
    """Return operator, key and values of a condition; all are empty when it is malformed."""
    if isinstance(condition, tuple) and len(condition) == 3:
        operator, key, values = condition
        if isinstance(key, str) and isinstance(values, frozenset):
            return str(operator), key, values
    return "", "", frozenset()
