"""Tell who may assume a role, of their own account or of another: its trust, and the policies of who asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from awsbase.access.decision import Call, is_allowed
from awsbase.access.effective_permissions import ABSENT, WITH_MFA, WITHOUT_MFA
from awsbase.access.operators import meets
from awsbase.access.patterns import Held, Keys, every, matches, some
from awsbase.access.simulated_state import documents
from awsbase.access.trust import for_people
from awsbase.facts.authorization import SERVICE_LINKED, Authorization, GroupFacts, RoleFacts, UserFacts
from awsbase.policies import Document
from awsbase.policies.document import listed, principals
from awsbase.records import record

ASSUME = "sts:AssumeRole"


@record
class Asking:
    """A group, a user or a role of an account with its own policies by name; `keys` is what is known of its calls.

    The policies of a user's groups are the groups'. A group is no principal: `arn` is None.
    """

    kind: str
    name: str
    account: str
    arn: str | None
    policies: Mapping[str, Document]
    boundary: Sequence[Document] | None
    keys: Keys

    def by(self, arn: str) -> list[str]:
        """Return the names of the policies that may allow it to assume a role; empty when it may not."""
        call = Call(ASSUME, arn, self.keys)
        if is_allowed(call, list(self.policies.values()), self.boundary) is False:
            return []
        return [name for name, document in self.policies.items() if is_allowed(call, [document]) is not False]

    def certainly(self, arn: str) -> bool:
        """Tell whether its policies certainly let it assume a role."""
        return is_allowed(Call(ASSUME, arn, self.keys), list(self.policies.values()), self.boundary) is True


def asking(iam: Authorization, account: str, partition: str, organization: str | None) -> Iterator[Asking]:
    """Yield the groups, users and roles of an account as they would ask for a role, with MFA if they can have it."""
    for group in iam.groups.values():
        yield Asking("group", group.name, account, None, named(iam, group), None, keys(account, None, organization))
    for user in iam.users.values():
        arn = f"arn:{partition}:iam::{account}:user{user.path}{user.name}"
        known = keys(account, arn, organization) | {"aws:username": (user.name,)}
        yield Asking("user", user.name, account, arn, named(iam, user), boundary(iam, user), known)
    for role in iam.roles.values():
        if not role.path.startswith(SERVICE_LINKED):
            known = keys(account, role.arn, organization) | {"aws:principaltype": ("AssumedRole",), "aws:username": ()}
            known |= {} if for_people(role) else WITHOUT_MFA
            yield Asking("role", role.name, account, role.arn, named(iam, role), boundary(iam, role), known)


def named(iam: Authorization, who: GroupFacts | UserFacts | RoleFacts) -> dict[str, Document]:
    """Return the policies of a group, a user or a role by ARN or, for inline ones, by name."""
    attached = {arn: next(documents(iam, [arn]), {}) for arn in sorted(who.policies)}
    return {**attached, **who.inline}


def boundary(iam: Authorization, who: UserFacts | RoleFacts) -> list[Document] | None:
    """Return the documents of a permissions boundary."""
    return list(documents(iam, [who.boundary])) if who.boundary else None


def keys(account: str, arn: str | None, organization: str | None) -> dict[str, tuple[str, ...]]:
    """Return what is known of a call by somebody of an account who has signed in with MFA."""
    return {
        **dict.fromkeys(ABSENT, ()),
        **WITH_MFA,
        "aws:principalaccount": (account,),
        "aws:principaltype": ("User",),
        "aws:principalisawsservice": ("false",),
        "aws:viaawsservice": ("false",),
        "aws:securetransport": ("true",),
        **({"aws:principalarn": (arn,)} if arn else {}),
        **({"aws:principalorgid": (organization,)} if organization else {}),
    }


def may_assume(who: Asking, role: RoleFacts) -> list[str]:
    """Return the names of the policies by which somebody may assume a role; the trust itself where it needs none."""
    if lets_in(role.trust, who, by_account=False) is not False and role.arn.split(":")[4] == who.account:
        return [f"the trust of {role.name}"]
    return who.by(role.arn) if lets_in(role.trust, who) is not False else []


def lets_in(trust: Document, who: Asking, *, by_account: bool = True) -> Held:
    """Tell whether a trust lets somebody in: by name, or as one of the account that it leaves the choice to."""
    statements = [each for each in listed(trust.get("Statement")) if isinstance(each, Mapping)]
    allowed = some(applies(each, who, by_account) for each in statements if each.get("Effect") != "Deny")
    denied = some(applies(each, who, True) for each in statements if each.get("Effect") == "Deny")
    return every((allowed, None if denied is None else not denied))


def applies(statement: Mapping[str, object], who: Asking, by_account: bool) -> Held:
    """Tell whether a statement of a trust is about somebody who asks for the role."""
    actions = [matches(each, ASSUME, None, fold=True) for each in listed(statement.get("Action"))]
    if "NotPrincipal" in statement or "NotAction" in statement:
        return None
    found = some(is_meant(principal, who, by_account) for principal in principals(statement.get("Principal")))
    return every((some(actions), found, meets(statement.get("Condition"), who.keys, variables=True)))


def is_meant(principal: object, who: Asking, by_account: bool) -> Held:
    """Tell whether a principal of a trust is somebody, or their whole account."""
    kind, name = principal if isinstance(principal, tuple) else ("", principal)
    if kind != "AWS" or not isinstance(name, str):
        return False
    if name in ("*", who.account) or name.endswith(f":iam::{who.account}:root"):
        return by_account
    return who.arn is not None and name == who.arn
