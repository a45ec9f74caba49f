"""Compare conditions of policies before there is a request: are they harder to meet?"""

from __future__ import annotations

from collections.abc import Iterable

from awsbase.access.comparison import implies

MFA = {"aws:multifactorauthpresent", "aws:multifactorauthage"}
# Keys that describe the resource of a request, not its caller, source or time.
RESOURCE_KEYS = ("aws:requesttag/", "aws:resourcetag/", "iam:permissionsboundary", "iam:policyarn", "iam:resourcetag/")


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


def on_mfa(condition: object) -> bool:
    """Tell whether a condition tests for MFA, or for its age."""
    return parts(condition)[1] in MFA


def parts(condition: object) -> tuple[str, str, frozenset[object]]:
    """Return operator, key and values of a condition; all are empty when it is malformed."""
    if isinstance(condition, tuple) and len(condition) == 3:
        operator, key, values = condition
        if isinstance(key, str) and isinstance(values, frozenset):
            return str(operator), key, values
    return "", "", frozenset()
