"""AWS's decision: what all the policies that bear on a request make of it.

An explicit Deny anywhere wins. Then somebody has to allow it: within one account an identity policy or the resource's
own, between two accounts both. A permissions boundary and a session policy only take away. Keys and roles are the
exception: there an identity policy counts only where the resource's own policy lets the account decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from awsbase.sandbox.authorization.conditions import listed, met
from awsbase.sandbox.authorization.matching import Context, matches

Document = Mapping[str, Any]
Reach = Literal["direct", "role", "account"]
"""How a resource's policy names somebody: as themselves, by their role, or only by their account."""

VARIABLES_SINCE = "2012-10-17"


@dataclass(frozen=True)
class AccessRequest:
    """One thing to be allowed: an action on a resource, and what AWS knows about it."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Principal:
    """Who asks, under every name that a policy may know them by."""

    account: str
    names: Mapping[str, Reach]

    def reached(self, statement: Mapping[str, Any]) -> set[Reach]:
        """Return how a statement of a resource's policy means this principal."""
        if "NotPrincipal" in statement:
            spared = {self.names.get(name, "account") for name in _named(statement["NotPrincipal"])}
            return set() if spared - {"account"} else {"direct"}
        named = _named(statement.get("Principal", {}))
        return {self.names[name] for name in named if name in self.names} | ({"direct"} if "*" in named else set())


@dataclass(frozen=True)
class Policies:
    """All policies that bear on one request; None where there is none of a kind."""

    identity: Sequence[Document] = ()
    boundary: Sequence[Document] | None = None
    session: Sequence[Document] | None = None
    resource: Document | None = None
    resource_facts: Context = field(default_factory=dict)
    """Condition keys that only the resource's policy sees."""
    owner: str = ""
    """The account that the resource is in, if not the principal's own."""
    decides_alone: bool = False
    """Whether nothing counts that the resource's policy, if there is one, does not let count: of keys and roles."""


@dataclass(frozen=True)
class Verdict:
    """Yes, or no and the kind of policy that it is due to."""

    allowed: bool
    due_to: str = ""
    explicit: bool = False

    def __bool__(self) -> bool:
        return self.allowed


def knowing(keys: Mapping[str, Any]) -> Context:
    """Return condition keys as they are compared, whatever their case."""
    return {key.lower(): value for key, value in keys.items()}


def decide(request: AccessRequest, principal: Principal, policies: Policies) -> Verdict:
    """Decide about one request as AWS does."""
    identity = effects(policies.identity, request)
    boundary = effects(policies.boundary or (), request)
    session = effects(policies.session or (), request)
    if facts := policies.resource_facts:
        request = replace(request, context={**request.context, **facts})
    resource = effects([policies.resource] if policies.resource else (), request, principal)
    for kind, found in (
        ("identity-based policy", identity),
        ("resource-based policy", resource),
        ("permissions boundary", boundary),
        ("session policy", session),
    ):
        if any(effect == "Deny" for effect, _ in found):
            return Verdict(False, kind, explicit=True)

    granted = {reach for effect, reach in resource if effect == "Allow"}
    if policies.owner not in ("", principal.account):
        if not granted:
            return Verdict(False, "resource-based policy")
        if not identity:
            return Verdict(False, "identity-based policy")
    elif "direct" in granted:
        # A grant to the user or the session itself is not cut by what other policies leave out.
        return Verdict(True)
    elif policies.decides_alone and policies.resource is not None and not granted:
        return Verdict(False, "resource-based policy")
    elif not identity and "role" not in granted:
        return Verdict(False, "identity-based policy")
    if policies.boundary is not None and not boundary:
        return Verdict(False, "permissions boundary")
    if policies.session is not None and not session:
        return Verdict(False, "session policy")
    return Verdict(True)


def effects(
    documents: Sequence[Document], request: AccessRequest, principal: Principal | None = None
) -> set[tuple[str, Reach]]:
    """Return the effects of the statements that apply, and how they mean the principal; identity policies name none."""
    found: set[tuple[str, Reach]] = set()
    for document in documents:
        variables = request.context if document.get("Version") == VARIABLES_SINCE else None
        for statement in listed(document.get("Statement", [])):
            if applies(statement, request, variables):
                reached: set[Reach] = principal.reached(statement) if principal else {"direct"}
                found |= {(statement["Effect"], reach) for reach in reached}
    return found


def applies(statement: Mapping[str, Any], request: AccessRequest, variables: Context | None) -> bool:
    """Return whether a statement is about what is asked, whoever asks."""
    return (
        _about(statement, "Action", request.action, None)
        and _about(statement, "Resource", request.resource, variables)
        and met(statement.get("Condition") or {}, request.context, variables)
    )


def _about(statement: Mapping[str, Any], element: str, asked: str, variables: Context | None) -> bool:
    patterns = listed(statement.get(element, statement.get(f"Not{element}", [])))
    is_action = element == "Action"
    found = any(matches(str(one), asked, variables, arn=not is_action, fold=is_action) for one in patterns)
    return found if element in statement else bool(patterns) and not found


def _named(principals: Any) -> set[str]:
    if isinstance(principals, str):
        return {principals}
    return {str(name) for names in principals.values() for name in listed(names)}
