"""Can a principal, with its session, still undo a run?

It can when it is allowed to attach, detach and put policies for itself, or for one of its groups. What is not known of
its calls is tried with each value that policies tell apart, and is the same before the run and after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from awsbase.access.comparison import Grant, grants
from awsbase.access.decision import Call, effect_of, says
from awsbase.access.effective_permissions import (
    WITH_MFA,
    WITHOUT_MFA,
    Holder,
    PrincipalPermissions,
    on_mfa_only,
    principal_permissions,
    tags_under,
)
from awsbase.access.patterns import Keys
from awsbase.access.trust import for_people
from awsbase.access.worlds import Tests, TooMany, candidates, tests_of, worlds
from awsbase.facts.authorization import Authorization, RoleFacts, UserFacts
from awsbase.policies import Document
from awsbase.policies.document import listed
from awsbase.records import record

POLICY = "iam:policyarn"
BOUNDARY = "iam:permissionsboundary"
Request = tuple[str, str, str | None]
"""An action, the ARN that it is about, and the policy that it attaches or detaches, if any."""
RESOURCE_TAGS = ("aws:resourcetag/", "iam:resourcetag/")


@record
class Session:
    """A session of a principal in one world: what is known of all its calls, and which condition keys are tested."""

    of: PrincipalPermissions
    keys: Keys
    tests: Tests

    @property
    def administrator(self) -> str:
        """Return the ARN of the policy that gives everything back."""
        return f"{self.of.inside.partition(':iam:')[0]}:iam::aws:policy/AdministratorAccess"

    def allows(self, action: str, arn: str, policy: str | None = None) -> bool:
        """Tell whether a call about a principal or policy of IAM is certainly allowed."""
        return self.of.is_allowed(action, arn, self.about(arn, policy)) is True

    def may_allow(self, action: str, arn: str, policy: str | None = None) -> bool:
        """Tell whether such a call is not certainly refused."""
        return self.of.is_allowed(action, arn, self.about(arn, policy)) is not False

    def is_denied(self, action: str, arn: str, policy: str | None = None) -> bool:
        """Tell whether a statement may deny such a call."""
        return says(Call(action, arn, self.about(arn, policy)), self.of.everything, "Deny") is not False

    def about(self, arn: str, policy: str | None) -> Keys:
        """Return what is known of a call about a resource of IAM, and which policy it attaches; groups have no tags."""
        itself = arn == self.of.arn
        bound = (self.of.who.boundary,) if itself and self.of.who.boundary else ()
        return {
            **self.keys,
            **tags_under(RESOURCE_TAGS, self.of.who.tags if itself else {}, self.tests),
            POLICY: (policy,) if policy else (),
            BOUNDARY: bound,
        }

    def can_undo(self, before: PrincipalPermissions, *, certainly: bool = True) -> bool:
        """Tell whether the principal can change its own permissions, or those of one of its groups, in every way."""
        allows = self.allows if certainly else self.may_allow
        return any(all(allows(*call) for call in self.tools(before, holder)) for holder in self.of.holders)

    def tools(self, before: PrincipalPermissions, holder: Holder) -> Iterator[Request]:
        """Yield the calls that attach, detach and put policies of a holder, and take away a new boundary."""
        yield f"iam:Attach{holder.kind}Policy", holder.arn, self.administrator
        for policy in holder.policies or {self.administrator}:
            yield f"iam:Detach{holder.kind}Policy", holder.arn, policy
        yield f"iam:Put{holder.kind}Policy", holder.arn, None
        if self.of.boundary is not None and self.of.boundary != before.boundary:
            yield f"iam:Delete{self.of.holders[0].kind}PermissionsBoundary", self.of.arn, None

    def undoing(self, before: PrincipalPermissions) -> Iterator[Request]:
        """Yield the calls that attach and detach again what a run detached from, and attached to, each holder."""
        had = {holder.arn: holder.policies for holder in before.holders}
        for holder in self.of.holders:
            old = had.get(holder.arn, holder.policies)
            yield from ((f"iam:Attach{holder.kind}Policy", holder.arn, each) for each in old - holder.policies)
            yield from ((f"iam:Detach{holder.kind}Policy", holder.arn, each) for each in holder.policies - old)

    def ways(self) -> Iterator[Request]:
        """Yield the calls of which each is a way to more permissions, for whoever cannot undo everything."""
        tested = [policy for policies in candidates(POLICY, self.tests.get(POLICY, ())) for policy in policies]
        for holder in (*self.of.holders, Holder(f"{self.of.inside}:role/of-somebody", frozenset())):
            yield f"iam:Put{holder.kind}Policy", holder.arn, None
            yield from ((f"iam:Attach{holder.kind}Policy", holder.arn, each) for each in (self.administrator, *tested))
            if holder.kind == "Group":
                yield "iam:AddUserToGroup", holder.arn, None
            own = (policy for policy in holder.policies if policy.startswith(self.of.inside))
            yield from (("iam:CreatePolicyVersion", policy, None) for policy in own)


def loses(before: PrincipalPermissions, after: PrincipalPermissions, session: Keys) -> bool:
    """Tell whether a principal that could undo a run, or had a way to more permissions, may have it no longer."""
    return before != after and not all(keeps(*each, before) for each in sessions(before, after, session))


def keeps(then: Session, now: Session, before: PrincipalPermissions) -> bool:
    """Tell whether a session can do after a run what it could before."""
    if now.can_undo(before):
        return all(now.allows(*call) or not then.may_allow(*call) for call in now.undoing(before))
    if then.can_undo(before, certainly=False):
        return False
    return any(now.allows(*way) for way in now.ways()) or not any(then.may_allow(*way) for way in then.ways())


def sessions(
    before: PrincipalPermissions, after: PrincipalPermissions, session: Keys
) -> Iterator[tuple[Session, Session]]:
    """Yield a session of a principal before and after a run, in each world; one that can do nothing if too many."""
    tests = tests_of(map(about_iam, (*before.everything, *after.everything)))
    had, has = before.keys(session, tests), after.keys(session, tests)
    unknown = {key: several for key, several in tests.items() if key not in has and not set_by_call(key)}
    try:
        for world in worlds(unknown):
            yield Session(before, {**world, **had}, tests), Session(after, {**world, **has}, tests)
    except TooMany:
        nothing = PrincipalPermissions(after.inside, after.who, (), None, after.holders)
        yield Session(before, had, tests), Session(nothing, has, tests)


def set_by_call(key: str) -> bool:
    """Tell whether a condition key is about the resource or the parameters of a call, so that the call decides it."""
    return key in (POLICY, BOUNDARY) or key.startswith(RESOURCE_TAGS)


def stays(before: PrincipalPermissions, after: PrincipalPermissions) -> bool:
    """Tell whether a principal administers IAM after a run, where it did before at least."""
    both = list(sessions(before, after, after.session))
    could = [then.can_undo(before) for then, _ in both]
    can = [now.can_undo(before) for _, now in both]
    return all(can) or (any(could) and all(now for then, now in zip(could, can, strict=True) if then))


def administrators(iam: Authorization, inside: str) -> Iterator[PrincipalPermissions]:
    """Yield the principals that administer IAM: users, and roles that people assume rather than services."""
    principals: list[UserFacts | RoleFacts] = [*iam.users.values(), *filter(for_people, iam.roles.values())]
    for each in (principal_permissions(iam, inside, who) for who in principals):
        if any(then.can_undo(each) for then, _ in sessions(each, each, each.session)):
            yield each


def gated(state: PrincipalPermissions) -> bool:
    """Tell whether a principal is denied nearly everything without MFA, or a way to more permissions."""
    if not any(may_deny(statement) for document in state.everything for statement in listed(document.get("Statement"))):
        return False
    denials = (denial for document in map(on_mfa_only, state.everything) for denial in grants(document, "Deny"))
    return any(map(denies_nearly_everything, denials)) or any(
        with_mfa.allows(*way) and without.is_denied(*way)
        for with_mfa, without in both_sessions(state)
        for way in with_mfa.ways()
    )


def can_enrol(state: PrincipalPermissions, user: UserFacts) -> bool:
    """Tell whether a user can make and enable an MFA device without having one, wherever that may be."""
    device = f"{state.inside}:mfa/{user.name}"
    steps = {"iam:CreateVirtualMFADevice": device, "iam:EnableMFADevice": state.arn}
    return any(all(without.allows(*step) for step in steps.items()) for _, without in both_sessions(state))


def both_sessions(state: PrincipalPermissions) -> Iterator[tuple[Session, Session]]:
    """Yield a session with MFA beside one without, in each world."""
    for session, _ in sessions(state, state, WITHOUT_MFA):
        keys = {key: value for key, value in session.keys.items() if key != "aws:tokenissuetime"}
        yield Session(state, {**keys, **WITH_MFA}, session.tests), session


def may_deny(statement: object) -> bool:
    """Tell whether a statement is a denial, or cannot be read."""
    return effect_of(statement) != "Allow"


def denies_nearly_everything(denial: Grant) -> bool:
    """Tell whether a denial applies to nearly all actions on all resources."""
    every = "NotAction" in denial.values or denial.values.get("Action") == ("*",)
    return every and denial.values.get("Resource") == ("*",)


def about_iam(document: Document) -> Document:
    """Return a document without the statements that are about other services."""
    return {**document, "Statement": [each for each in listed(document.get("Statement")) if concerns_iam(each)]}


def concerns_iam(statement: object) -> bool:
    """Tell whether a statement may be about an action of IAM."""
    if not isinstance(statement, Mapping) or "Action" not in statement:
        return True
    services: Sequence[str] = [str(action).lower().partition(":")[0] for action in listed(statement["Action"])]
    return any(service == "iam" or "*" in service or "?" in service for service in services)
