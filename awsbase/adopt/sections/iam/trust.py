"""A trust policy in the words of a manifest: services, accounts, and statements for all else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from awsbase.adopt.sections.iam.policies import statement_of
from awsbase.engine.scope import Scope
from awsbase.policies import Document
from awsbase.policies.document import LABELS, listed

SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
ACCOUNT = re.compile(r"(?:arn:[a-z-]+:iam::)?([0-9]{12})(?::root)?")
MFA = "aws:multifactorauthpresent"


def trust_of(document: Document, scope: Scope) -> tuple[dict[str, Any], bool | None]:
    """Return a trust as a manifest says it, and whether its accounts need MFA; None where it names none."""
    services: list[str] = []
    accounts: list[str] = []
    others: list[object] = []
    mfa: bool | None = None
    for statement in listed(document.get("Statement")):
        if not services and (named := services_of(statement)):
            services = named
        elif not accounts and (named := accounts_of(statement)):
            accounts, mfa = named, bool(conditions(statement))
        else:
            others.append(statement_of(statement))
    said: dict[str, Any] = {
        "services": services,
        "accounts": list(dict.fromkeys("{id}" if each == scope.account else each for each in accounts)),
        "statements": others,
    }
    return {key: value for key, value in said.items() if value}, mfa


def services_of(statement: object) -> list[str]:
    """Return the services that a statement lets in, if it says nothing else."""
    names = named(statement, "Service")
    return names if conditions(statement) is False and all(map(SERVICE.fullmatch, names)) else []


def accounts_of(statement: object) -> list[str]:
    """Return the accounts that a statement lets in, if it says nothing else but that their people need MFA."""
    found = [ACCOUNT.fullmatch(each) for each in named(statement, "AWS")]
    return [each[1] for each in found if each] if all(found) and conditions(statement) is not None else []


def named(statement: object, kind: str) -> list[str]:
    """Return the principals of a kind whom a statement lets assume the role, each once; none where it says more."""
    if not isinstance(statement, Mapping) or set(statement) - LABELS - {"Effect", "Principal", "Action", "Condition"}:
        return []
    principal, action = statement.get("Principal"), listed(statement.get("Action"))
    if statement.get("Effect") != "Allow" or [str(each).lower() for each in action] != ["sts:assumerole"]:
        return []
    if not isinstance(principal, Mapping) or set(principal) != {kind}:
        return []
    names = listed(principal[kind])
    return [each for each in names if isinstance(each, str)] if len(set(map(str, names))) == len(names) else []


def conditions(statement: object) -> bool | None:
    """Tell whether a statement asks for MFA, or for nothing; None where it asks for something else."""
    condition = statement.get("Condition") if isinstance(statement, Mapping) else None
    if not condition:
        return False
    tests = condition.get("Bool") if isinstance(condition, Mapping) and set(condition) == {"Bool"} else None
    if not isinstance(tests, Mapping) or [str(each).lower() for each in tests] != [MFA]:
        return None
    return True if [str(each).lower() for each in listed(next(iter(tests.values())))] == ["true"] else None
