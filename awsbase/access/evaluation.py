"""Whether documents allow a principal a call, as far as that is known before there is a request.

An approximation: an Allow or a Deny under a condition counts for nothing, because only the request would tell. With
`mfa` the conditions on MFA are met: who works from a session with a code gets what they give, and loses nothing.
Without it they are not: there is nothing to get by them, and what is denied to people without a code is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from awsbase.access.comparison import Grant, covers, grants, within
from awsbase.policies.document import Document, folded, listed

MFA = {"aws:multifactorauthpresent", "aws:multifactorauthage"}


def permits(
    documents: Iterable[Document], action: str, resource: str = "*", *, user: str = "", mfa: bool = True
) -> bool:
    """Tell whether documents together permit an action on a resource; `*` is all of them."""
    held = list(documents)

    def meant(effect: str, *, mfa: bool) -> bool:
        return any(sure(grant, mfa=mfa) for grant in about(held, effect, action, resource, user=user))

    return meant("Allow", mfa=mfa) and not meant("Deny", mfa=not mfa)


def about(documents: Iterable[Document], effect: str, action: str, resource: str, *, user: str = "") -> Iterator[Grant]:
    """Yield what allows, or denies, an action on a resource, under whatever conditions."""
    asked = Grant("", {"Action": (action,), "Resource": (resource,)}, frozenset())
    for document in documents:
        found = (for_user(grant, user) for grant in grants(shortened(document, effect, action), effect))
        yield from (grant for grant in found if covers(bare(grant), asked))


def shortened(document: Document, effect: str, action: str) -> Document:
    """Leave out of a document what is not about an action, before it is taken to its smallest parts."""
    kept = []
    for statement in listed(document.get("Statement")):
        if not isinstance(statement, Mapping) or statement.get("Effect") != effect:
            continue
        if "Action" not in statement:
            kept.append(statement)
        elif mentioned := [it for it in listed(statement["Action"]) if within(action.lower(), folded(it))]:
            kept.append({**statement, "Action": mentioned})
    return {"Statement": kept}


def sure(grant: Grant, *, mfa: bool) -> bool:
    """Tell whether a grant holds whatever the request is."""
    return not grant.conditions or (mfa and all(map(on_mfa, grant.conditions)))


def on_mfa(condition: object) -> bool:
    """Tell whether a condition of a grant asks for MFA, or how long ago it was."""
    return isinstance(condition, tuple) and len(condition) == 3 and condition[1] in MFA


def for_user(grant: Grant, user: str) -> Grant:
    """Return a grant as it is for one user."""
    values = {
        key: tuple(value.replace("${aws:username}", user) if isinstance(value, str) else value for value in several)
        for key, several in grant.values.items()
    }
    return Grant(grant.name, values, grant.conditions)


def bare(grant: Grant) -> Grant:
    """Return a grant as it is when all its conditions are met."""
    return Grant(grant.name, grant.values, frozenset())
