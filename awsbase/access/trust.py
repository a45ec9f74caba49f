"""Who can assume a role, as far as its trust policy shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from awsbase.access.comparison import Grant, covers, encloses, grants, within
from awsbase.access.conditions import eased, on_mfa, parts
from awsbase.facts.authorization import RoleFacts
from awsbase.policies import Document

ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
EVERYBODY = ("AWS", "*")


class Trusted(NamedTuple):
    """A principal that can assume a role, as kind and name, with the action; the name is empty while it is unknown."""

    principal: tuple[str, str]
    action: str
    conditions: frozenset[object]


def for_people(role: RoleFacts) -> bool:
    """Tell whether people, rather than only services, can assume a role."""
    return any(trusted.principal[0] in ("AWS", "Federated") for trusted in trusted_principals(role.trust))


def asks_for_mfa(role: RoleFacts) -> bool:
    """Tell whether a role can be assumed only with MFA."""
    return all(any(map(on_mfa, trusted.conditions)) for trusted in trusted_principals(role.trust))


def still_assumable(before: Document, after: Document) -> bool:
    """Tell whether a principal that could assume a role by one trust policy still can by another one."""
    known = [denial for denial in grants(before, "Deny") if denial.conditions]
    return any(
        same_person(old.principal, new.principal) and old.action == new.action and meets_conditions(old, new)
        for new in trusted_principals(after, known)
        for old in trusted_principals(before)
    )


def trusted_principals(trust: Document, known: Sequence[Grant] | None = None) -> list[Trusted]:
    """Return the principals that can assume a role, without those that a new denial excludes."""
    denials = list(grants(trust, "Deny"))
    return [trusted for trusted in allowed(trust) if not any(excludes(denial, trusted, known) for denial in denials)]


def allowed(trust: Document) -> Iterator[Trusted]:
    """Yield the principals that a trust policy allows, before any denial."""
    for grant in grants(trust, "Allow"):
        for kind_and_name in grant.values.get("Principal", ()):
            if isinstance(kind_and_name, tuple):
                kind, name = kind_and_name
                principal = (str(kind), name if isinstance(name, str) else "")
                yield from (
                    Trusted(principal, action, grant.conditions) for action in ASSUMING if covers_action(grant, action)
                )


def covers_action(grant: Grant, action: str) -> bool:
    """Tell whether a grant covers an action."""
    return encloses(grant.values, {"Action": (action,)}, "Action")


def excludes(denial: Grant, trusted: Trusted, known: Sequence[Grant] | None) -> bool:
    """Tell whether a denial excludes a principal: without a condition, or under one that no known denial had."""
    if not covers_action(denial, trusted.action) or not names(denial, trusted.principal):
        return False
    if denial.conditions and (known is None or (can_use_mfa(trusted) and any(map(on_mfa, denial.conditions)))):
        return False
    return not any(covers(old, denial) for old in known or ())


def names(denial: Grant, principal: tuple[str, str]) -> bool:
    """Tell whether a denial names a principal, its account or everybody, or does not make an exception for it."""
    if "NotPrincipal" in denial.values:
        return not any(includes(out, principal) for out in denial.values["NotPrincipal"])
    return any(includes(named, principal) for named in denial.values.get("Principal", ()))


def includes(whole: object, principal: tuple[str, str]) -> bool:
    """Tell whether a principal includes another one; an account includes all its users and roles."""
    if whole in (EVERYBODY, principal):
        return True
    return isinstance(whole, tuple) and whole[0] == principal[0] and f"::{whole[1]}:" in principal[1]


def same_person(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether two principals can be the same identity."""
    return any(within(few, many) or includes(many, few) for few, many in ((one, other), (other, one)))


def meets_conditions(old: Trusted, new: Trusted) -> bool:
    """Tell whether a principal that met the old conditions can meet the new ones."""
    added = [each for each in new.conditions if not any(narrows(each, had) for had in old.conditions)]
    if not can_use_mfa(new) and any(map(on_mfa, set(added) - old.conditions)):
        return False
    return eased(added, old.conditions)


def can_use_mfa(trusted: Trusted) -> bool:
    """Tell whether a principal can bring an MFA code: users can, services and federated users cannot."""
    return trusted.principal[0] == "AWS"


def narrows(now: object, had: object) -> bool:
    """Tell whether a condition allows some of the values that another one allowed."""
    (operator, key, values), (before, other_key, others) = parts(now), parts(had)
    alike = operator.replace("Like", "Equals") == before.replace("Like", "Equals")
    return (
        alike and key == other_key and "Not" not in operator and any(within(few, it) for few in values for it in others)
    )
