"""What service control policies would take from people: what they used, evaluated with and without.

Of a use the action, the region and who it was are known, and the resource is not. So a statement about everything
denies it, and one about some resources may. What depends on something unknown counts as denied, and says "may".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeGuard

from awsbase.access.comparison import shortened
from awsbase.access.decision import VARIABLES_SINCE, about
from awsbase.access.effective_permissions import ABSENT
from awsbase.access.operators import meets
from awsbase.access.patterns import Held, Keys, every, matches, some
from awsbase.engine.changes import Refusal
from awsbase.engine.facts import Facts
from awsbase.engine.run import NotReady, Run
from awsbase.engine.scope import FIRST_REGIONS, Scope
from awsbase.errors import MalformedResponse
from awsbase.facts.member_use import (
    ROLE,
    WINDOW,
    MemberPrincipal,
    Use,
    asked_in,
    used,
)
from awsbase.facts.organization import organization
from awsbase.policies import Document
from awsbase.policies.document import listed
from awsbase.records import record

# What repairs an account: who can do these can undo the rest. The last two are awsbase's lock.
REPAIRS = (
    *("iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
    *("iam:GetAccountAuthorizationDetails", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"),
    *("sts:AssumeRole", "sts:GetCallerIdentity", "ssm:GetParametersByPath", "ssm:PutParameter"),
)
GLOBAL = ("iam", "sts")


@record
class Loss:
    """What one user or role would, or may, lose: the actions that it used."""

    who: MemberPrincipal
    actions: tuple[str, ...]
    certain: bool

    def __str__(self) -> str:
        would = "cuts off" if self.certain else "may cut off"
        return f"{would} {self.who.name} in {self.who.account} from {shortened(self.actions, ', ')}"


class TakesFromMembers(Protocol):
    """A resource that takes permissions away in the members of an organization."""

    @property
    def scope(self) -> Scope: ...
    @property
    def address(self) -> str: ...
    @property
    def keeps(self) -> Sequence[str]:
        """The names of roles that have to stay able to repair an account."""

    def newly_denied(self, facts: Facts) -> tuple[Sequence[Document], Sequence[str]]:
        """Return the documents that will hold and do not yet, and the accounts that they will hold in."""


def takes_from_members(want: object) -> TypeGuard[TakesFromMembers]:
    """Tell whether a resource takes permissions away in members; Python 3.11 is slow to compare with a protocol."""
    return hasattr(want, "newly_denied")


def rehearse(run: Run, members: Sequence[str], before: Sequence[Document], after: Sequence[Document]) -> str:
    """Say who below would be cut off from what they used in the last 90 days; empty when nobody would be.

    Accounts that cannot be read are named.
    """
    if not members or not any(denials(after)):
        return ""
    found, unread = [], []
    # The day, so that what was read for a plan serves the run that follows.
    since = (run.now() - WINDOW).replace(hour=0, minute=0, second=0, microsecond=0)
    run.facts.prefetch((asked_in, account, since) for account in members)
    for account in members:
        try:
            found += losses(run, account, since, before, after)
        except Unread as why:
            unread.append(f"{account} ({why})")
    reasons = [str(each) for each in sorted(found, key=lambda each: (not each.certain, each.who.arn))]
    if unread:
        reasons.insert(0, f"what was used in {shortened(unread, ', ')} cannot be read, so nobody knows who is cut off")
    if not reasons:
        accounts = f"{len(members)} account{'s' * (len(members) > 1)}"
        run.note(f"nobody in the {accounts} below used in {WINDOW.days} days what it denies")
    return shortened(reasons)


class Unread(Exception):
    """What was used in an account cannot be read."""


def losses(
    run: Run, account: str, since: datetime, before: Sequence[Document], after: Sequence[Document]
) -> list[Loss]:
    """List who in one account would lose what; raises Unread."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        there = list(uses(run, account, since))
    except ClientError as error:
        raise Unread(error.response["Error"]["Code"]) from error
    except (BotoCoreError, MalformedResponse, NotReady) as error:
        raise Unread(type(error).__name__) from error
    found = run.read(organization)
    id = found.id if found else ""
    return [loss for who, their in there for loss in of_one(who, their, before, after, id)]


def uses(run: Run, account: str, since: datetime) -> Iterator[tuple[MemberPrincipal, Sequence[Use]]]:
    """Yield each user and role of an account with what they used since then."""
    there = run.read(asked_in, account, since)
    recent: dict[str, list[Use]] = {}
    for who, use in there.recent:
        recent.setdefault(who.arn, []).append(use)
    run.facts.prefetch((used, there.member, job, since) for _, job in there.jobs)
    for who, job in there.jobs:
        older = run.ready(f"what {who.name} used", used, there.member, job, since)
        yield who, [*older, *(use for use in recent.get(who.arn, ()) if use.at >= since)]


def of_one(
    who: MemberPrincipal, their: Sequence[Use], before: Sequence[Document], after: Sequence[Document], organization: str
) -> Iterator[Loss]:
    """Yield what one user or role would lose, and what it may lose."""
    lost: dict[bool, set[str]] = {True: set(), False: set()}
    for use in their:
        keys = known(who, use, organization)
        denied = denies(after, use, keys)
        if denied is not False and denies(before, use, keys) is not True:
            lost[denied is True].add(use.action.removesuffix(":") if use.action.endswith(":") else use.action)
    for certain, actions in lost.items():
        if more := sorted(actions - (set() if certain else lost[True])):
            yield Loss(who, tuple(more), certain)


def known(who: MemberPrincipal, use: Use, organization: str) -> Keys:
    """Return what is known of the condition keys of a use; a session of a role may have tags that the role has not."""
    user = ":user/" in who.arn
    partition = who.arn.split(":")[1]
    region = FIRST_REGIONS.get(partition, use.region) if use.service in GLOBAL else use.region
    return {
        **dict.fromkeys((key for key in ABSENT if not key.startswith("aws:calledvia")), ()),
        "aws:principalarn": (who.arn,),
        "aws:principalaccount": (who.account,),
        "aws:principalorgid": (organization,),
        "aws:principaltype": ("User" if user else "AssumedRole",),
        "aws:principalisawsservice": ("false",),
        "aws:securetransport": ("true",),
        **({"aws:username": (who.name.partition("/")[2],)} if user else {"aws:username": ()}),
        **({"aws:requestedregion": (region,)} if region else {}),
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in who.tags.items()},
    }


def denials(documents: Iterable[Document]) -> Iterator[tuple[Mapping[str, object], bool]]:
    """Yield each statement that denies something, and whether `${…}` in it is a variable."""
    for document in documents:
        for statement in listed(document.get("Statement")):
            if isinstance(statement, Mapping) and statement.get("Effect") == "Deny":
                yield statement, document.get("Version") == VARIABLES_SINCE


def denies(documents: Iterable[Document], use: Use, keys: Keys) -> Held:
    """Tell whether documents deny a use; None when that depends on what is not known."""
    return some(
        every(
            (
                of_action(statement, use),
                of_resource(statement, use),
                meets(statement.get("Condition"), keys, variables=variables),
            )
        )
        for statement, variables in denials(documents)
    )


def of_action(statement: Mapping[str, object], use: Use) -> Held:
    """Tell whether a statement is about the action of a use; of a service alone, whether it is about all of it."""
    if not use.action.endswith(":"):
        return about(statement, "Action", use.action, None)
    negated = "NotAction" in statement
    patterns = [str(each) for each in listed(statement.get("NotAction" if negated else "Action"))]
    mine = [each for each in patterns if matches(each.partition(":")[0], use.service, None, fold=True)]
    if any(each == "*" or each.endswith(":*") for each in mine):
        return not negated
    return None if mine else negated


def of_resource(statement: Mapping[str, object], use: Use) -> Held:
    """Tell whether a statement is about every resource; about some, the use may have been of one of them."""
    if "NotResource" in statement:
        return None
    patterns = [str(each) for each in listed(statement.get("Resource", "*"))]
    if "*" in patterns:
        return True
    fields = [each.split(":") for each in patterns]
    mine = [each for each in fields if len(each) < 3 or matches(each[2], use.service, None) is not False]
    return None if mine else False


def stuck(resources: Iterable[object], facts: Facts) -> Iterator[Refusal]:
    """Yield why a run is refused: a role that repairs the members of an organization could no longer do that."""
    for want in resources:
        if not takes_from_members(want):
            continue
        documents, members = want.newly_denied(facts)
        if not members or not any(denials(documents)):
            continue
        found = facts.read(organization)
        for name in (ROLE, *want.keeps):
            for account in members:
                arn = f"arn:{want.scope.partition}:iam::{account}:role/{name}"
                lost = [
                    action for action in REPAIRS if taken(documents, arn, action, want.scope, found.id if found else "")
                ]
                if lost:
                    yield Refusal(
                        f"{want.address} would keep role/{name} in {account} from {shortened(lost, ', ')}, and so "
                        "nobody from repairing the account",
                        hint=f"leave it out by a Condition: ArnNotLike, aws:PrincipalArn, arn:*:iam::*:role/{name}",
                    )
                    break


def taken(documents: Sequence[Document], arn: str, action: str, scope: Scope, organization: str) -> bool:
    """Tell whether documents certainly keep a role from an action, in the home region."""
    who, use = MemberPrincipal(arn), Use(action, scope.home, datetime.min)
    return denies(documents, use, known(who, use, organization)) is True
