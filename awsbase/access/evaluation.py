"""Tell whether documents allow a principal a call, as far as that is known before there is a request.

The result is an approximation. A statement with a condition is ignored, because only the request decides whether the
condition is met. Conditions on MFA are the exception. With `mfa` they are met: an Allow that requires MFA applies, and
a Deny without MFA does not. Without `mfa` it is the reverse. A request is one that the principal sends itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from awsbase.access.comparison import Grant, covers, grants, within
from awsbase.policies.document import Document, folded, listed

MFA = {"aws:multifactorauthpresent", "aws:multifactorauthage"}


def permits(
    documents: Iterable[Document], action: str, resource: str = "*", *, user: str = "", mfa: bool = True
) -> bool:
    """Tell whether documents together allow an action on a resource; `*` stands for all resources."""
    listed_documents = list(documents)

    def applies(effect: str, *, mfa: bool) -> bool:
        return any(
            unconditional(grant, mfa=mfa) for grant in about(listed_documents, effect, action, resource, user=user)
        )

    return applies("Allow", mfa=mfa) and not applies("Deny", mfa=not mfa)


def about(documents: Iterable[Document], effect: str, action: str, resource: str, *, user: str = "") -> Iterator[Grant]:
    """Yield the grants that allow, or deny, an action on a resource, whatever their conditions."""
    request = Grant("", {"Action": (action,), "Resource": (resource,)}, frozenset())
    for document in documents:
        found = (for_user(grant, user) for grant in grants(relevant(document, effect, action), effect))
        yield from (grant for grant in found if covers(without_conditions(grant), request))


def relevant(document: Document, effect: str, action: str) -> Document:
    """Return a document with only the statements and actions that concern one action, so that few grants remain."""
    kept = []
    for statement in listed(document.get("Statement")):
        if not isinstance(statement, Mapping) or statement.get("Effect") != effect:
            continue
        if "Action" not in statement:
            kept.append(statement)
        elif matching := [it for it in listed(statement["Action"]) if within(action.lower(), folded(it))]:
            kept.append({**statement, "Action": matching})
    return {"Statement": kept}


def unconditional(grant: Grant, *, mfa: bool) -> bool:
    """Tell whether a grant applies to every request of the principal's own."""
    asked = [each for each in grant.conditions if not direct(each)]
    return not asked or (mfa and all(map(on_mfa, asked)))


def direct(condition: object) -> bool:
    """Tell whether a condition of a grant is met by every request that no service of AWS sends for the principal."""
    return (
        isinstance(condition, tuple)
        and len(condition) == 3
        and condition[1] == "aws:viaawsservice"
        and condition[2] == frozenset({"false"})
    )


def on_mfa(condition: object) -> bool:
    """Tell whether a condition of a grant tests for MFA, or for its age."""
    return isinstance(condition, tuple) and len(condition) == 3 and condition[1] in MFA


def for_user(grant: Grant, user: str) -> Grant:
    """Return a grant with the name of a user in place of `${aws:username}`."""
    values = {
        key: tuple(value.replace("${aws:username}", user) if isinstance(value, str) else value for value in several)
        for key, several in grant.values.items()
    }
    return Grant(grant.name, values, grant.conditions)


def without_conditions(grant: Grant) -> Grant:
    """Return a grant without its conditions."""
    return Grant(grant.name, grant.values, frozenset())
