"""Find why a run would be refused: it would lock out its caller, every administrator, or who repairs other accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from awsbase.access.effective_permissions import WITHOUT_MFA, PrincipalPermissions, principal_permissions
from awsbase.access.rehearsal import stuck
from awsbase.access.simulated_state import changes_iam, simulated
from awsbase.access.trust import for_people, still_assumable
from awsbase.access.undoing import administrators, can_enrol, gated, loses, stays
from awsbase.engine.account import Account
from awsbase.engine.changes import Refusal
from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.facts.authorization import Authorization, RoleFacts, UserFacts, authorization
from awsbase.records import record

ANOTHER = "let another administrator run this"


def lockout(account: Account, resources: Sequence[Resource], facts: Facts) -> list[Refusal]:
    """List why this run would leave its own caller, or every administrator, without a way back."""
    below = [*stuck(resources, facts)]
    if not any(changes_iam(each) for each in resources):
        return below
    try:
        have = facts.read(authorization)
    except Exception:
        # What is known of other accounts holds, whatever can be read of this one.
        if below:
            return below
        raise
    then = simulated(have, resources)
    if then == have:
        return below
    before, after = SimulatedState(account, have), SimulatedState(account, then)
    return [*below, *(refusal for keep in KEPT for refusal in keep(before, after))]


@record
class SimulatedState:
    """IAM as it is, or as it will be after a run, with the caller in it."""

    account: Account
    iam: Authorization

    @property
    def inside(self) -> str:
        """How ARNs of the account's IAM begin."""
        return f"arn:{self.account.caller.split(':')[1]}:iam::{self.account.id}"

    @property
    def user(self) -> UserFacts | None:
        return self.iam.users.get(self.account.user.casefold()) if self.account.user else None

    @property
    def role(self) -> RoleFacts | None:
        return self.iam.roles.get(self.account.role.casefold()) if self.account.role else None

    @property
    def caller(self) -> PrincipalPermissions | None:
        who = self.user or self.role
        return self.of(who) if who else None

    def of(self, who: UserFacts | RoleFacts) -> PrincipalPermissions:
        """Return the permissions of a user or a role in this state."""
        return principal_permissions(self.iam, self.inside, who)


def keep_user(before: SimulatedState, after: SimulatedState) -> Iterator[Refusal]:
    """Refuse when the run deletes the calling user."""
    if before.user and not after.user:
        me = before.account
        yield Refusal(f"the manifest deletes {me.user}, and that is you: {me.caller}", hint=ANOTHER)


def keep_session(before: SimulatedState, after: SimulatedState) -> Iterator[Refusal]:
    """Refuse when the calling user would be asked for MFA during the run."""
    if after.user and after.account.long_term and asks_newly(before, after, after.user):
        yield Refusal(
            f"this run makes you be asked for MFA: {after.account.caller} without an MFA session would be cut off "
            "midway",
            hint="run `awsbase mfa refresh`, and this again as the profile that it names; without a device, "
            "`awsbase mfa create` comes first",
        )


def asks_newly(before: SimulatedState, after: SimulatedState, user: UserFacts) -> bool:
    """Tell whether a user newly needs MFA."""
    return gated(after.of(user)) and not (before.user and gated(before.of(before.user)))


def keep_role(before: SimulatedState, after: SimulatedState) -> Iterator[Refusal]:
    """Refuse when nobody could assume the calling role any more who can now."""
    if before.role and after.role and not still_assumable(before.role.trust, after.role.trust):
        yield Refusal(
            f"after this run nobody could assume {before.role.name} who can now, and that is you: "
            f"{before.account.caller}",
            hint=f"keep one of its principals in the trust of the role, under no new condition, or {ANOTHER}",
        )


def keep_permissions(before: SimulatedState, after: SimulatedState) -> Iterator[Refusal]:
    """Refuse when the caller could no longer undo the run."""
    if not before.caller or not after.caller:
        return
    each = [after.caller.session, *([WITHOUT_MFA] if after.user and after.account.long_term else [])]
    if any(loses(before.caller, after.caller, session) for session in each):
        yield Refusal(
            f"after this run you, {after.account.caller}, would administer nothing any more, or only on a new "
            "condition",
            hint=f"keep awsbase:administrator where you have it from, a group or your role, or {ANOTHER}",
        )


def keep_somebody(before: SimulatedState, after: SimulatedState) -> Iterator[Refusal]:
    """Refuse when nobody who can sign in already would administer the account."""
    if any(stays(*each) for each in pairs(before, after)):
        return
    if now := ", ".join(each.who.name for each in administrators(before.iam, before.inside)):
        yield Refusal(
            f"after this run nobody would administer the account any more but root; now it is {now}",
            hint="keep somebody in a group with awsbase:administrator who is there already: "
            "a new user has neither a password nor a key",
        )


def pairs(before: SimulatedState, after: SimulatedState) -> Iterator[tuple[PrincipalPermissions, PrincipalPermissions]]:
    """Yield the permissions, before and after, of each user and each role for people that exists already."""
    for name, user in after.iam.users.items():
        if name in before.iam.users:
            yield before.of(before.iam.users[name]), after.of(user)
    for name, role in after.iam.roles.items():
        if name in before.iam.roles and for_people(role):
            yield before.of(before.iam.roles[name]), after.of(role)


def keep_enrolment(before: SimulatedState, after: SimulatedState) -> Iterator[Refusal]:
    """Refuse when users would newly be asked for MFA who are not allowed to enrol a device."""
    shut_out = [
        user.name
        for name, user in after.iam.users.items()
        if changed(before, after, name) and kept_out(after, user)
        if not (name in before.iam.users and kept_out(before, before.iam.users[name]))
    ]
    if shut_out:
        yield Refusal(
            f"after this run {', '.join(sorted(shut_out))} would be asked for MFA and could not enrol a device",
            hint="give awsbase:self-service wherever you give awsbase:require-mfa",
        )


def changed(before: SimulatedState, after: SimulatedState, user: str) -> bool:
    """Tell whether the permissions of a user change."""
    had = before.iam.users.get(user)
    return had is None or before.of(had) != after.of(after.iam.users[user])


def kept_out(state: SimulatedState, user: UserFacts) -> bool:
    """Tell whether a user is asked for MFA, and is not allowed to make and enable a device without having one."""
    permissions = state.of(user)
    return gated(permissions) and not can_enrol(permissions, user)


KEPT: Sequence[Callable[[SimulatedState, SimulatedState], Iterator[Refusal]]] = (
    keep_user,
    keep_session,
    keep_role,
    keep_permissions,
    keep_somebody,
    keep_enrolment,
)
