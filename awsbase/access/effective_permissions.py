"""The effective permissions of a principal on IAM, before a run and after it.

Before a run every permission counts, as if all conditions were met. After it the permission must still be there, under
no new condition and no new denial: nobody can know whether the caller meets those before it is too late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from awsbase.access.comparison import Grant, covers, grants
from awsbase.access.conditions import certain, eased
from awsbase.access.evaluation import about, on_mfa
from awsbase.access.simulated_state import attached_to, documents, documents_of, groups_of
from awsbase.access.trust import asks_for_mfa, for_people
from awsbase.facts.authorization import Authorization, RoleFacts, UserFacts
from awsbase.policies import Document
from awsbase.policies.document import conditions, listed
from awsbase.records import record

# The calls that give permissions, and the kind of resource they change. A principal that is allowed one of them on all
# resources can give itself back whatever else it loses.
GIVE_PERMISSIONS = {
    "iam:AttachGroupPolicy": "group",
    "iam:AttachRolePolicy": "role",
    "iam:AttachUserPolicy": "user",
    "iam:PutGroupPolicy": "group",
    "iam:PutRolePolicy": "role",
    "iam:PutUserPolicy": "user",
}
# The ways to more permissions for a principal that is allowed them on its own resources only.
WAYS_TO_PERMISSIONS: Sequence[Mapping[str, str]] = (
    GIVE_PERMISSIONS,
    {"iam:CreatePolicyVersion": "policy"},
    {"iam:AddUserToGroup": "group"},
)


@record
class PrincipalPermissions:
    """A principal with every document that applies to it; `inside` is how ARNs of the account's IAM begin."""

    inside: str
    who: UserFacts | RoleFacts
    documents: Sequence[Document]
    boundary: Sequence[Document] | None
    own: frozenset[str]

    @property
    def arn(self) -> str:
        return arn_of(self.inside, self.who)

    @property
    def username(self) -> str:
        return self.who.name if isinstance(self.who, UserFacts) else ""

    @property
    def everything(self) -> list[tuple[str, str]]:
        """The calls that give permissions, each on all resources of its kind."""
        return [(action, f"{self.inside}:{kind}/*") for action, kind in GIVE_PERMISSIONS.items()]

    def about(self, documents: Iterable[Document], effect: str, action: str, on: str) -> Iterator[Grant]:
        """Yield the grants of documents that concern an action on a resource."""
        return about(documents, effect, action, on, user=self.username)

    def is_allowed(self, action: str, on: str) -> bool:
        """Tell whether the principal is allowed a call if all conditions are met."""
        return all(
            any(self.about(documents, "Allow", action, on))
            and all(denial.conditions for denial in self.about(documents, "Deny", action, on))
            for documents in (self.documents, self.boundary)
            if documents is not None
        )

    def administers(self) -> bool:
        """Tell whether the principal is allowed to give anybody permissions if all conditions are met."""
        return any(self.is_allowed(*call) for call in self.everything)

    def administers_since(self, before: PrincipalPermissions) -> bool:
        """Tell whether the principal is allowed to give anybody permissions, under no new condition."""
        return any(self.is_still_allowed(before, *call) for call in self.everything)

    def is_still_allowed(self, before: PrincipalPermissions, action: str, on: str) -> bool:
        """Tell whether the principal is allowed a call, under no new condition."""
        both = ((before.documents, self.documents), (before.boundary or (), self.boundary))
        return all(now is None or self.passes(had, now, action, on) for had, now in both)

    def passes(self, had: Sequence[Document], now: Sequence[Document], action: str, on: str) -> bool:
        """Tell whether documents allow a call, under no condition but those of the documents before them."""
        met = [frozenset(), *(grant.conditions for grant in self.about(had, "Allow", action, on))]
        known = [grant for document in had for grant in grants(document, "Deny") if grant.conditions]
        return any(
            eased(grant.conditions, old) for grant in self.about(now, "Allow", action, on) for old in met
        ) and not any(self.newly_denies(denial, known) for denial in self.about(now, "Deny", action, on))

    def newly_denies(self, denial: Grant, known: Sequence[Grant]) -> bool:
        """Tell whether a denial may newly apply to the principal."""
        can_bring_mfa = not isinstance(self.who, RoleFacts) or asks_for_mfa(self.who)
        if can_bring_mfa and any(map(on_mfa, denial.conditions)):
            return False
        return certain(denial.conditions, self.arn) and not any(covers(old, denial) for old in known)

    def gated(self) -> bool:
        """Tell whether the principal needs MFA: for nearly everything, or for the calls that give permissions."""
        documents = [on_mfa_only(document) for document in (*self.documents, *(self.boundary or ()))]
        if any(denies_nearly_everything(denial) for document in documents for denial in grants(document, "Deny")):
            return True
        return any(any(self.about(documents, "Deny", *call)) and self.is_allowed(*call) for call in self.everything)


def on_mfa_only(document: Document) -> Document:
    """Return the statements of a document that have a condition on MFA."""
    statements = (it for it in listed(document.get("Statement")) if isinstance(it, Mapping))
    return {"Statement": [it for it in statements if any(map(on_mfa, conditions(it.get("Condition"))))]}


def denies_nearly_everything(denial: Grant) -> bool:
    """Tell whether a denial applies to nearly all actions on all resources."""
    every = "NotAction" in denial.values or denial.values.get("Action") == ("*",)
    return every and denial.values.get("Resource") == ("*",)


def principal_permissions(iam: Authorization, inside: str, who: UserFacts | RoleFacts) -> PrincipalPermissions:
    """Return a user or a role with the documents that apply to it."""
    boundary = list(documents(iam, [who.boundary])) if who.boundary else None
    groups = [iam.groups[name] for name in groups_of(who) if name in iam.groups]
    policies = [arn for arn in attached_to(iam, who) if arn.startswith(inside)]
    own = {arn_of(inside, who), *policies, *(f"{inside}:group{group.path}{group.name}" for group in groups)}
    return PrincipalPermissions(inside, who, documents_of(iam, who), boundary, frozenset(own))


def arn_of(inside: str, who: UserFacts | RoleFacts) -> str:
    """Return the ARN of a user or a role."""
    return who.arn if isinstance(who, RoleFacts) else f"{inside}:user{who.path}{who.name}"


def loses(before: PrincipalPermissions, after: PrincipalPermissions) -> bool:
    """Tell whether a principal that could give permissions, at least to itself, no longer can."""
    if after.administers_since(before):
        return False
    return before.administers() or any(
        any(before.is_allowed(*each) for each in steps(way, before.own))
        and not any(after.is_still_allowed(before, *each) for each in steps(way, before.own | after.own))
        for way in WAYS_TO_PERMISSIONS
    )


def steps(way: Mapping[str, str], own: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the calls of a way to permissions, each with the ARN of an own resource that it changes."""
    for arn in own:
        kind = arn.rpartition(":")[2].partition("/")[0]
        yield from ((action, arn) for action, on in way.items() if on == kind)


def administrators(iam: Authorization, inside: str) -> Iterator[PrincipalPermissions]:
    """Yield the principals that administer IAM: users, and roles that people assume rather than services."""
    principals: list[UserFacts | RoleFacts] = [*iam.users.values(), *filter(for_people, iam.roles.values())]
    yield from (each for each in (principal_permissions(iam, inside, who) for who in principals) if each.administers())
