"""Who may write IAM, and whether what lets them is still there after a run.

Before a run whatever may be of use counts, conditions met. After it that must still be so, under no condition and no
denial that is new: whether the caller meets those, nobody can know before it is too late.
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

# What one may be given rights by, and what it is done to. Who may do one of these to all there is can give himself
# back whatever else he loses.
GIVING = {
    "iam:AttachGroupPolicy": "group",
    "iam:AttachRolePolicy": "role",
    "iam:AttachUserPolicy": "user",
    "iam:PutGroupPolicy": "group",
    "iam:PutRolePolicy": "role",
    "iam:PutUserPolicy": "user",
}
# The ways to rights, for who may go them with what is his own only.
WAYS: Sequence[Mapping[str, str]] = (GIVING, {"iam:CreatePolicyVersion": "policy"}, {"iam:AddUserToGroup": "group"})


@record
class PrincipalPermissions:
    """Somebody with all that gives or denies them something: `inside` is how ARNs of the account's IAM begin."""

    inside: str
    who: UserFacts | RoleFacts
    rights: Sequence[Document]
    bounds: Sequence[Document] | None
    own: frozenset[str]

    @property
    def arn(self) -> str:
        return arn_of(self.inside, self.who)

    @property
    def username(self) -> str:
        return self.who.name if isinstance(self.who, UserFacts) else ""

    @property
    def everything(self) -> list[tuple[str, str]]:
        """What gives rights, each to all there is of its kind."""
        return [(action, f"{self.inside}:{kind}/*") for action, kind in GIVING.items()]

    def about(self, documents: Iterable[Document], effect: str, action: str, on: str) -> Iterator[Grant]:
        return about(documents, effect, action, on, user=self.username)

    def may(self, action: str, on: str) -> bool:
        """Tell whether somebody may do something if all conditions are met."""
        return all(
            any(self.about(said, "Allow", action, on))
            and all(denial.conditions for denial in self.about(said, "Deny", action, on))
            for said in (self.rights, self.bounds)
            if said is not None
        )

    def administers(self) -> bool:
        """Tell whether somebody may give anybody rights if all conditions are met."""
        return any(self.may(*power) for power in self.everything)

    def administers_since(self, before: PrincipalPermissions) -> bool:
        """Tell whether somebody may give anybody rights, on no condition but those that there were before."""
        return any(self.may_since(before, *power) for power in self.everything)

    def may_since(self, before: PrincipalPermissions, action: str, on: str) -> bool:
        """Tell whether somebody may do something, on no condition but those that there were before."""
        both = ((before.rights, self.rights), (before.bounds or (), self.bounds))
        return all(now is None or self.passes(had, now, action, on) for had, now in both)

    def passes(self, had: Sequence[Document], now: Sequence[Document], action: str, on: str) -> bool:
        """Tell whether documents let something pass, on no condition but those of the documents before them."""
        met = [frozenset(), *(grant.conditions for grant in self.about(had, "Allow", action, on))]
        known = [grant for document in had for grant in grants(document, "Deny") if grant.conditions]
        return any(
            eased(grant.conditions, old) for grant in self.about(now, "Allow", action, on) for old in met
        ) and not any(self.bites(denial, known) for denial in self.about(now, "Deny", action, on))

    def bites(self, denial: Grant, known: Sequence[Grant]) -> bool:
        """Tell whether a denial may hit its holder who was not hit before."""
        gates = not isinstance(self.who, RoleFacts) or asks_for_mfa(self.who)
        if gates and any(map(on_mfa, denial.conditions)):
            return False
        return certain(denial.conditions, self.arn) and not any(covers(old, denial) for old in known)

    def gated(self) -> bool:
        """Tell whether somebody is asked for MFA: for nearly everything, or for what gives rights."""
        said = [on_mfa_only(document) for document in (*self.rights, *(self.bounds or ()))]
        if any(sweeping(gate) for document in said for gate in grants(document, "Deny")):
            return True
        return any(any(self.about(said, "Deny", *power)) and self.may(*power) for power in self.everything)


def on_mfa_only(document: Document) -> Document:
    """Leave out of a document what no condition on MFA belongs to."""
    statements = (it for it in listed(document.get("Statement")) if isinstance(it, Mapping))
    return {"Statement": [it for it in statements if any(map(on_mfa, conditions(it.get("Condition"))))]}


def sweeping(denial: Grant) -> bool:
    """Tell whether a denial is about nearly everything."""
    every = "NotAction" in denial.values or denial.values.get("Action") == ("*",)
    return every and denial.values.get("Resource") == ("*",)


def holder(iam: Authorization, inside: str, who: UserFacts | RoleFacts) -> PrincipalPermissions:
    bounds = list(documents(iam, [who.boundary])) if who.boundary else None
    groups = [iam.groups[name] for name in groups_of(who) if name in iam.groups]
    policies = [arn for arn in attached_to(iam, who) if arn.startswith(inside)]
    own = {arn_of(inside, who), *policies, *(f"{inside}:group{group.path}{group.name}" for group in groups)}
    return PrincipalPermissions(inside, who, documents_of(iam, who), bounds, frozenset(own))


def arn_of(inside: str, who: UserFacts | RoleFacts) -> str:
    return who.arn if isinstance(who, RoleFacts) else f"{inside}:user{who.path}{who.name}"


def loses(before: PrincipalPermissions, after: PrincipalPermissions) -> bool:
    """Tell whether somebody who could give rights, at least to himself, no longer can."""
    if after.administers_since(before):
        return False
    return before.administers() or any(
        any(before.may(*each) for each in steps(way, before.own))
        and not any(after.may_since(before, *each) for each in steps(way, before.own | after.own))
        for way in WAYS
    )


def steps(way: Mapping[str, str], own: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what one does to go a way, each with the ARN that one does it to."""
    for arn in own:
        kind = arn.rpartition(":")[2].partition("/")[0]
        yield from ((action, arn) for action, on in way.items() if on == kind)


def administrators(iam: Authorization, inside: str) -> Iterator[PrincipalPermissions]:
    """Yield who administers IAM: users, and roles that are assumed by people rather than by services."""
    everybody: list[UserFacts | RoleFacts] = [*iam.users.values(), *filter(for_people, iam.roles.values())]
    yield from (each for each in (holder(iam, inside, who) for who in everybody) if each.administers())
