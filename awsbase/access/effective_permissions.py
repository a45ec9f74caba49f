"""A principal with every policy that applies to it, and what is known of the calls that it sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from awsbase.access.conditions import on_mfa
from awsbase.access.decision import Call, is_allowed
from awsbase.access.patterns import Held, Keys
from awsbase.access.simulated_state import documents, documents_of, groups_of
from awsbase.access.trust import asks_for_mfa
from awsbase.engine.scope import FIRST_REGIONS
from awsbase.facts.authorization import Authorization, RoleFacts, UserFacts
from awsbase.policies import Document
from awsbase.policies.document import conditions, listed
from awsbase.records import record

# A call that a principal sends itself, with awsbase or by hand, has none of these.
ABSENT = (
    *("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:principalservicename"),
    *("aws:principalservicenameslist", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:tagkeys"),
)
WITH_MFA: Keys = {"aws:multifactorauthpresent": ("true",), "aws:multifactorauthage": ("60",)}
WITHOUT_MFA: Keys = {"aws:multifactorauthpresent": (), "aws:multifactorauthage": (), "aws:tokenissuetime": ()}


@record
class Holder:
    """What policies are attached to: the principal itself or one of its groups, with the policies that it has."""

    arn: str
    policies: frozenset[str]

    @property
    def kind(self) -> str:
        """Return the kind as it stands in the names of actions: User, Group or Role."""
        return self.arn.rpartition(":")[2].partition("/")[0].capitalize()


@record
class PrincipalPermissions:
    """A principal with every document that applies to it; `inside` is how ARNs of the account's IAM begin."""

    inside: str
    who: UserFacts | RoleFacts
    documents: Sequence[Document]
    boundary: Sequence[Document] | None
    holders: Sequence[Holder]

    @property
    def arn(self) -> str:
        return self.holders[0].arn

    @property
    def everything(self) -> list[Document]:
        return [*self.documents, *(self.boundary or ())]

    @property
    def session(self) -> Keys:
        """Return what is known of its session: a user can sign in with MFA, and a role may ask for it."""
        return WITH_MFA if isinstance(self.who, UserFacts) or asks_for_mfa(self.who) else {}

    def is_allowed(self, action: str, resource: str, keys: Keys) -> Held:
        """Tell whether the principal is allowed a call."""
        return is_allowed(Call(action, resource, keys), self.documents, self.boundary)

    def keys(self, session: Keys, tested: Iterable[str]) -> Keys:
        """Return what is known of every call that the principal sends to IAM, of the condition keys that are tested."""
        partition, user = self.inside.split(":")[1], isinstance(self.who, UserFacts)
        known: dict[str, tuple[str, ...]] = {
            **dict.fromkeys(ABSENT, ()),
            **session,
            "aws:principalarn": (self.arn,),
            "aws:principalaccount": (self.inside.rpartition(":")[2],),
            "aws:principaltype": ("User" if user else "AssumedRole",),
            "aws:principalisawsservice": ("false",),
            "aws:viaawsservice": ("false",),
            "aws:securetransport": ("true",),
            "aws:username": (self.who.name,) if user else (),
        }
        if partition in FIRST_REGIONS:
            known["aws:requestedregion"] = (FIRST_REGIONS[partition],)
        known |= tags_under(("aws:principaltag/",), self.who.tags, tested, also_absent=user)
        return known | tags_under(("aws:requesttag/",), {}, tested)


def tags_under(
    prefixes: tuple[str, ...], tags: Mapping[str, str], tested: Iterable[str], *, also_absent: bool = True
) -> dict[str, tuple[str, ...]]:
    """Return the condition keys about tags. A session of a role may have tags that the role has not."""
    folded = {key.lower(): (value,) for key, value in tags.items()}
    asked = {key: key.partition("/")[2] for key in tested if key.startswith(prefixes)}
    return {key: folded.get(tag, ()) for key, tag in asked.items() if tag in folded or also_absent}


def principal_permissions(iam: Authorization, inside: str, who: UserFacts | RoleFacts) -> PrincipalPermissions:
    """Return a user or a role with the documents that apply to it."""
    boundary = list(documents(iam, [who.boundary])) if who.boundary else None
    groups = [iam.groups[name] for name in groups_of(who) if name in iam.groups]
    itself = who.arn if isinstance(who, RoleFacts) else f"{inside}:user{who.path}{who.name}"
    holders = [
        Holder(itself, who.policies),
        *(Holder(f"{inside}:group{group.path}{group.name}", group.policies) for group in groups),
    ]
    return PrincipalPermissions(inside, who, documents_of(iam, who), boundary, holders)


def on_mfa_only(document: Document) -> Document:
    """Return the statements of a document that have a condition on MFA."""
    statements = (it for it in listed(document.get("Statement")) if isinstance(it, Mapping))
    return {"Statement": [it for it in statements if any(map(on_mfa, conditions(it.get("Condition"))))]}
