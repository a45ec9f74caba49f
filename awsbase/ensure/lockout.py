"""The refusal to let people saw off the branch they sit on, or the last branch there is."""

from __future__ import annotations

from collections.abc import Sequence

from awsbase.engine.account import Account
from awsbase.engine.facts import Facts
from awsbase.engine.place import Place
from awsbase.engine.resource import Resource
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.authorization import Authorization, RoleFacts, UserFacts, authorization
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.standing import (
    administers,
    administrators,
    attached_to,
    documents_of,
    foreseen,
    groups_of,
    principals,
)
from awsbase.ensure.user import User
from awsbase.errors import Refused
from awsbase.policies.permits import permits
from awsbase.policies.wider import within

GATE = "awsbase-require-mfa"
ANOTHER = "let another administrator run this"


def gate(place: Place) -> str:
    """Return the ARN of the policy that refuses nearly everything without MFA."""
    return place.global_arn("iam", f"policy/{GATE}")


def lockout(account: Account, resources: Sequence[Resource], facts: Facts) -> None:
    """Raise Refused when this run would leave its own caller, or every administrator, without a way back."""
    if not any(isinstance(each, AbsentUser | Group | Policy | Role | User) for each in resources):
        return
    have = facts.read(authorization)
    then = foreseen(have, resources)
    if account.user:
        keep_user(account, have.users.get(account.user.casefold()), then, resources)
    if account.role:
        keep_role(account, have.roles.get(account.role.casefold()), then)
    keep_rights(account, have, then)
    keep_somebody(have, then)
    keep_enrolment(account, have, then)


def keep_user(account: Account, have: UserFacts | None, then: Authorization, resources: Sequence[Resource]) -> None:
    """Refuse to delete the calling user, and to ask for MFA midway."""
    me = str(account.user).casefold()
    if any(isinstance(resource, AbsentUser) and resource.name.casefold() == me for resource in resources):
        raise Refused(f"the manifest deletes {account.user}, and that is you: {account.caller}", hint=ANOTHER)
    joined = {name for user in (have, then.users.get(me)) if user for name in groups_of(user)}
    for group in resources:
        asks = isinstance(group, Group) and group.name.casefold() in joined and gate(group.place) in group.policies
        if asks and account.long_term:
            raise Refused(
                f"{group.address} will ask for MFA, and you are one of it: {account.caller} without an "
                "MFA session would be cut off midway",
                hint="run `awsbase mfa refresh` first, and `awsbase mfa create` before it when you have no device yet",
            )


def keep_role(account: Account, have: RoleFacts | None, then: Authorization) -> None:
    """Refuse to let nobody assume the calling role who can now."""
    if have is None:
        return
    after = principals(then.roles[have.name.casefold()])
    if not any(shares(one, other) for one in principals(have) for other in after):
        raise Refused(
            f"after this run nobody could assume {have.name} who can now, and that is you: {account.caller}",
            hint=f"keep one of its principals in the trust of the role, or {ANOTHER}",
        )


def shares(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether somebody may be both principals; an account, told by its number, is all who are in it."""
    whole = any(f"::{account[1]}:" in principal[1] for account, principal in ((one, other), (other, one)))
    return within(one, other) or within(other, one) or whole


def keep_rights(account: Account, have: Authorization, then: Authorization) -> None:
    """Refuse to take the administration away from whoever calls."""
    before, after = caller(account, have), caller(account, then)
    if before and after and administers(have, before) and not administers(then, after):
        raise Refused(
            f"after this run you, {account.caller}, would administer nothing any more",
            hint=f"keep awsbase:administrator where you have it from, a group or your role, or {ANOTHER}",
        )


def caller(account: Account, iam: Authorization) -> UserFacts | RoleFacts | None:
    if account.user:
        return iam.users.get(account.user.casefold())
    return iam.roles.get(account.role.casefold()) if account.role else None


def keep_somebody(have: Authorization, then: Authorization) -> None:
    """Refuse to leave the account without anybody who administers it."""
    if any(administrators(have)) and not any(administrators(then)):
        now = ", ".join(each.name for each in administrators(have))
        raise Refused(
            f"after this run nobody would administer the account any more but root; now it is {now}",
            hint="keep somebody in a group with awsbase:administrator",
        )


def keep_enrolment(account: Account, have: Authorization, then: Authorization) -> None:
    """Refuse to ask people for MFA who may not enrol a device."""
    shut_out = [
        user.name
        for name, user in then.users.items()
        if gated(then, user) and not (name in have.users and gated(have, have.users[name]))
        if not enrols(account, then, user)
    ]
    if shut_out:
        raise Refused(
            f"after this run {', '.join(sorted(shut_out))} would be asked for MFA and could not enrol a device",
            hint="give awsbase:self-service wherever you give awsbase:require-mfa",
        )


def gated(iam: Authorization, user: UserFacts) -> bool:
    return any(arn.endswith(f":policy/{GATE}") for arn in attached_to(iam, user))


def enrols(account: Account, iam: Authorization, user: UserFacts) -> bool:
    """Tell whether a user may make a device and enable it without having one."""
    rights = documents_of(iam, user)
    partition = account.caller.split(":")[1]
    own = f"arn:{partition}:iam::{account.id}"
    steps = {"CreateVirtualMFADevice": f"{own}:mfa/{user.name}", "EnableMFADevice": f"{own}:user{user.path}{user.name}"}
    return all(permits(rights, f"iam:{step}", on, user=user.name, mfa=False) for step, on in steps.items())
