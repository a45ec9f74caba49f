"""Whom a role lets in, as far as its trust tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from awsbase.access.comparison import Grant, covers, encloses, grants, within
from awsbase.access.conditions import eased, told
from awsbase.access.evaluation import on_mfa
from awsbase.facts.authorization import RoleFacts
from awsbase.policies import Document

ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
EVERYBODY = ("AWS", "*")


class Door(NamedTuple):
    """One principal that may assume a role, by kind and name, and how; what is only to be made has no name yet."""

    principal: tuple[str, str]
    action: str
    conditions: frozenset[object]


def for_people(role: RoleFacts) -> bool:
    """Tell whether a role is assumed by people rather than by services."""
    return any(door.principal[0] in ("AWS", "Federated") for door in doors(role.trust))


def asks_for_mfa(role: RoleFacts) -> bool:
    """Tell whether nobody assumes a role without MFA."""
    return all(any(map(on_mfa, door.conditions)) for door in doors(role.trust))


def lets_in_still(before: Document, after: Document) -> bool:
    """Tell whether somebody who could assume a role by one trust still can by another one."""
    known = [denial for denial in grants(before, "Deny") if denial.conditions]
    return any(
        same_person(old.principal, new.principal) and old.action == new.action and passable(old, new)
        for new in doors(after, known)
        for old in doors(before)
    )


def doors(trust: Document, known: Sequence[Grant] | None = None) -> list[Door]:
    """Return whom a trust lets in, and does not shut out by a denial that is none of the known ones."""
    denials = list(grants(trust, "Deny"))
    return [door for door in allowed(trust) if not any(shuts(denial, door, known) for denial in denials)]


def allowed(trust: Document) -> Iterator[Door]:
    """Yield the principals that a trust policy allows, before any denial."""
    for grant in grants(trust, "Allow"):
        for kind_and_name in grant.values.get("Principal", ()):
            if isinstance(kind_and_name, tuple):
                kind, name = kind_and_name
                principal = (str(kind), name if isinstance(name, str) else "")
                yield from (Door(principal, action, grant.conditions) for action in ASSUMING if does(grant, action))


def does(grant: Grant, action: str) -> bool:
    """Tell whether a grant covers an action."""
    return encloses(grant.values, {"Action": (action,)}, "Action")


def shuts(denial: Grant, door: Door, known: Sequence[Grant] | None) -> bool:
    """Tell whether a denial shuts a door: for certain, or under conditions that none of the known ones had."""
    if not does(denial, door.action) or not names(denial, door.principal):
        return False
    if denial.conditions and (known is None or (by_code(door) and any(map(on_mfa, denial.conditions)))):
        return False
    return not any(covers(old, denial) for old in known or ())


def names(denial: Grant, principal: tuple[str, str]) -> bool:
    """Tell whether a denial is about a principal: by name, with its account or everybody, or by not leaving it out."""
    if "NotPrincipal" in denial.values:
        return not any(holds(out, principal) for out in denial.values["NotPrincipal"])
    return any(holds(named, principal) for named in denial.values.get("Principal", ()))


def holds(whole: object, principal: tuple[str, str]) -> bool:
    """Tell whether a principal is among those that another one stands for; an account is all who are in it."""
    if whole in (EVERYBODY, principal):
        return True
    return isinstance(whole, tuple) and whole[0] == principal[0] and f"::{whole[1]}:" in principal[1]


def same_person(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether somebody may be both principals."""
    return any(within(few, many) or holds(many, few) for few, many in ((one, other), (other, one)))


def passable(old: Door, new: Door) -> bool:
    """Tell whether who came by one door may come by another: on no new condition, or for some of the old values."""
    strange = [each for each in new.conditions if not any(narrows(each, had) for had in old.conditions)]
    if not by_code(new) and any(map(on_mfa, set(strange) - old.conditions)):
        return False
    return eased(strange, old.conditions)


def by_code(door: Door) -> bool:
    """Tell whether who comes by a door may bring an MFA code: users do, and neither services nor the federated."""
    return door.principal[0] == "AWS"


def narrows(now: object, had: object) -> bool:
    """Tell whether a condition picks some of the values that another one picked."""
    (operator, key, values), (before, asked, others) = told(now), told(had)
    alike = operator.replace("Like", "Equals") == before.replace("Like", "Equals")
    return alike and key == asked and "Not" not in operator and any(within(few, it) for few in values for it in others)
