"""Say who may assume a new role that nobody should without approval, by its trust policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from awsbase.access.comparison import WILD, matched, shortened
from awsbase.access.conditions import parts
from awsbase.access.effective_permissions import principal_permissions
from awsbase.access.simulated_state import attached_to, documents
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.facts import tags
from awsbase.facts.authorization import RoleFacts, UserFacts, authorization
from awsbase.policies import Document
from awsbase.policies.document import conditions, listed, principals

# What ties a service to the account, or the organization, that it works for.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
SOURCES = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")
# These take a role only from whoever may pass it, in its own account, and send none of those keys.
PASSED = re.compile(r"(ec2|lambda|cloudtrail)\.amazonaws\.com(\.cn)?")
PINS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")


def letting_in(trust: Document, scope: Scope, may: Callable[[], Sequence[str]]) -> str:
    """Say who may assume a role by its trust policy: anybody who is not certainly meant needs approval.

    Where the trust leaves it to the account, `may` names those whose own policies then let them.
    """
    allowed = (each for each in listed(trust.get("Statement")) if not denies(each))
    return shortened(list(dict.fromkeys(why for each in allowed for why in reasons(each, scope, may))))


def assumers(run: Run, role: str, scope: Scope) -> list[str]:
    """Return who of the account may assume a role as far as that is up to the account.

    Whoever can give that role any policy gains nothing by it. Users and roles that an interrupted run made count as
    new, like the role itself. Policies of AWS are known by name only: what such a one allows, other than those that
    administer, is not.
    """
    iam, inside = run.read(authorization), scope.global_arn("iam", "")[:-1]
    found = []
    principals: list[UserFacts | RoleFacts] = [*iam.users.values(), *iam.roles.values()]
    for who in principals:
        if isinstance(who, RoleFacts) and who.path.startswith("/aws-service-role/"):
            continue
        mine = principal_permissions(iam, inside, who)
        if mine.is_allowed("iam:PutRolePolicy", role, mine.keys(mine.session, ())) is True:
            continue
        unknown = any(":iam::aws:" in arn for arn in attached_to(iam, who) if not next(documents(iam, [arn]), {}))
        may = unknown or mine.is_allowed("sts:AssumeRole", role, {}) is not False
        if may and not run.has_begun(who.created, ours=tags.is_ours(who.tags, scope)):
            found.append(who.name)
    return sorted(found)


def denies(statement: object) -> bool:
    """Tell whether a statement only takes away."""
    return isinstance(statement, Mapping) and statement.get("Effect") == "Deny"


def reasons(statement: object, scope: Scope, may: Callable[[], Sequence[str]]) -> Iterator[str]:
    """Yield why one statement lets in too many."""
    if not isinstance(statement, Mapping) or "NotPrincipal" in statement:
        yield "everybody who is not named can assume it"
        return
    named = statement.get("Principal")
    for kind, several in named.items() if isinstance(named, Mapping) else [("AWS", named)]:
        for name in listed(several):
            if why := reason(str(kind), name, statement, scope, may):
                yield why


def reason(
    kind: str, name: object, statement: Mapping[str, object], scope: Scope, may: Callable[[], Sequence[str]]
) -> str:
    """Say why one principal of a statement lets in too many; empty when it does not."""
    if name == "*":
        return "every AWS account can assume it"
    if not isinstance(name, str):
        return "somebody who is made by this run can assume it"
    if kind == "Service":
        tied = PASSED.fullmatch(name) or pinned(statement, SOURCES)
        return "" if tied else f"{name} can assume it for whomever it works: no condition names a source"
    if kind == "Federated":
        return federated(name, statement)
    account = name.split(":")[4] if name.count(":") > 4 else name
    if kind != "AWS" or account != scope.account:
        return f"principals of {account} can assume it"
    whom = name.partition(":iam::")[2].partition(":")[2]
    if whom not in ("", "root"):
        return f"{whom} can assume it"
    return f"{shortened(several)} can assume it" if (several := may()) else ""


def federated(provider: str, statement: Mapping[str, object]) -> str:
    """Say why an identity provider lets in too many: its subject, or audience, is not fixed."""
    if ":saml-provider/" in provider:
        keys: tuple[str, ...] = ("saml:aud", "saml:sub", "saml:iss")
    else:
        issuer = provider.partition(":oidc-provider/")[2] or provider
        keys = (f"{issuer}:sub",) if ":oidc-provider/" in provider else (f"{issuer}:sub", f"{issuer}:aud")
    return "" if pinned(statement, tuple(map(str.lower, keys))) else f"whoever {provider} knows can assume it"


def accepts(trust: Document, provider: str, audiences: frozenset[str]) -> bool:
    """Tell whether a trust policy lets tokens of an OIDC provider in that are for one of these audiences."""
    key = f"{provider.partition(':oidc-provider/')[2]}:aud".lower()
    for statement in listed(trust.get("Statement")):
        if not isinstance(statement, Mapping) or denies(statement):
            continue
        tests = (parts(each) for each in conditions(statement.get("Condition")))
        asked = [values for operator, tested, values in tests if tested == key and operator in PINS]
        fits = all(any(matched(each, str(value)) for value in values for each in audiences) for values in asked)
        if fits and ("Federated", provider) in principals(statement.get("Principal")):
            return True
    return False


def pinned(statement: Mapping[str, object], keys: tuple[str, ...]) -> bool:
    """Tell whether a condition demands one of these keys with values that hold no wildcard."""
    tests = [parts(each) for each in conditions(statement.get("Condition"))]
    return any(
        operator in PINS
        and key in keys
        and values
        and all(isinstance(value, str) and not WILD.search(fixed(key, value)) for value in values)
        for operator, key, values in tests
    )


def fixed(key: str, value: str) -> str:
    """Return what of a value has to be without a wildcard: of the ARN of a source its account."""
    return value.split(":")[4] if key == "aws:sourcearn" and value.count(":") > 4 else value
