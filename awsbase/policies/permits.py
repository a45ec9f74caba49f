"""Whether documents let their holder do something, as far as that is known before anybody asks for it.

An approximation: an Allow or a Deny under a condition counts for nothing, because only the request would tell. With
`mfa` the conditions on MFA are met: who works from a session with a code gets what they give, and loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from awsbase.policies.document import Document
from awsbase.policies.wider import Grant, covers, grants

MFA = {"aws:multifactorauthpresent", "aws:multifactorauthage"}


def permits(
    documents: Iterable[Document], action: str, resource: str = "*", *, user: str = "", mfa: bool = True
) -> bool:
    """Tell whether documents together permit an action on a resource; `*` is all of them."""
    asked = Grant("", {"Action": (action,), "Resource": (resource,)}, frozenset())
    held = list(documents)

    def meant(effect: str, *, mfa: bool) -> bool:
        found = (grant for document in held for grant in grants(document, effect))
        return any(covers(mine(grant, user), asked) for grant in found if sure(grant, mfa=mfa))

    return meant("Allow", mfa=mfa) and not meant("Deny", mfa=False)


def sure(grant: Grant, *, mfa: bool) -> bool:
    """Tell whether a grant holds whatever the request is."""
    keys = {condition[1] for condition in grant.conditions if isinstance(condition, tuple) and len(condition) == 3}
    return not grant.conditions or (mfa and keys <= MFA and len(keys) == len(grant.conditions))


def mine(grant: Grant, user: str) -> Grant:
    """Return a grant as it is for one user, without conditions."""
    values = {
        key: tuple(value.replace("${aws:username}", user) if isinstance(value, str) else value for value in several)
        for key, several in grant.values.items()
    }
    return Grant(grant.name, values, frozenset())
