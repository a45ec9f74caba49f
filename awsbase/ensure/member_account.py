"""Accounts of the organization: made for an e-mail address, entered by a role, and moved to their unit.

Nothing closes one: an account that no manifest names stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import timedelta
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.access.rehearsal import rehearse
from awsbase.engine.changes import Drift, Unknown, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, outage
from awsbase.engine.run import NotReady, Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, Things
from awsbase.ensure.organization import ADDRESS as ORGANIZATION
from awsbase.ensure.organization import root_arns
from awsbase.ensure.organization_policy import OrganizationPolicy
from awsbase.ensure.organizational_unit import id_of, unit_address, unit_arns
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.member_use import ROLE
from awsbase.facts.organization import (
    AccountFacts,
    accounts,
    all_units,
    attached_at,
    client,
    control_document,
    created_account,
    creations,
    entered,
    labels,
    manages,
    parent_of,
    root_id,
)
from awsbase.records import record

# How long a new account is allowed not to answer, and how old one is that no longer counts as new.
PATIENCE, NEW = timedelta(minutes=15), timedelta(hours=1)


class NoSuchAccount(AwsbaseError):
    """The organization has no account of this id."""


@record(kw_only=True)
class MemberAccount(Resource):
    """An account of the organization, by its e-mail address or by its id, in this unit. Tags are added to.

    One with an e-mail address is made if there is none. Without a unit it stays where it is.
    """

    name: str
    email: str = ""
    id: str = ""
    unit: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"member-account/{self.name}"

    @property
    def parent(self) -> str:
        """The address of what it is in."""
        return unit_address(self.unit) if self.unit else ORGANIZATION

    def needs(self) -> Iterator[str]:
        yield ORGANIZATION
        if self.unit:
            yield self.parent


def ensure_member_account(run: Run, want: MemberAccount) -> str:
    """Keep one account: made if it is not there, able to be entered, in its unit, tagged; returns its id.

    Raises NoSuchAccount when none has the id, and AccountNotCreated when AWS will not make one.
    """
    organizations, parent = client(run.aws), id_of(run, want.parent)
    have = find(run, want)
    if have and not have.open:
        ask_to_reopen(run, want)
        return have.id
    asked = None if have else run.read(creations).get(want.name)
    tagged = run.read(labels, have.id) if have else tags.wanted(want)
    untagged = tags.missing(tagged, tags.wanted(want))
    source = run.read(parent_of, have.id) if have else id_of(run, ORGANIZATION)
    loses = leaving(run, have, source, want, tagged) if have else ""

    cuts_off = entering(run, have, source, want) if have else ""

    id: Any = have.id if have else None
    if id is None:
        request = asked.id if asked else create(run, want)
        id = run.later(f"account {want.name}", created_account, request)
    if have is None or (have.joined and run.now() - have.joined < NEW):
        wait_until_usable(run, want, id)

    if want.unit and source != parent:
        drift = [Drift("unit", path_of(run, source), want.unit)]
        where = {"SourceParentId": source, "DestinationParentId": parent}
        run.update(
            "unit", drift, organizations.move_account, risk=access(loses) or outage(cuts_off), AccountId=id, **where
        )

    if untagged:
        run.update(
            "tags",
            compare(tagged, untagged),
            organizations.tag_resource,
            risk=access(retagging(run, tagged, untagged)),
            ResourceId=id,
            Tags=tags.pairs(untagged),
        )
    return id  # type: ignore[no-any-return]


def find(run: Run, want: MemberAccount) -> AccountFacts | None:
    """Return the account as it is; None when it is still to be made. Raises NoSuchAccount."""
    listed = run.read(accounts)
    if want.email:
        return next((each for each in listed if each.email.casefold() == want.email.casefold()), None)
    found = next((each for each in listed if each.id == want.id), None)
    if found is None:
        raise NoSuchAccount(
            f"the organization has no account {want.id}",
            hint="invite it (aws organizations invite-account-to-organization), or take it out of the manifest",
        )
    return found


def create(run: Run, want: MemberAccount) -> Any:
    """Ask for the account; returns the id of the request, by which AWS tells how far it is."""
    made = run.create(
        "member account",
        client(run.aws).create_account,
        Email=want.email,
        AccountName=want.name,
        RoleName=ROLE,
        # Only at its creation an account can be told to let others than root see its bills.
        IamUserAccessToBilling="ALLOW",
        Tags=tags.pairs(tags.with_origin(want)),
    )
    return made["CreateAccountStatus"]["Id"]


def wait_until_usable(run: Run, want: MemberAccount, id: Any) -> None:
    """Wait until the role of a new account lets somebody in: AWS says that it is made some minutes before."""
    role: Any = id if isinstance(id, Unknown) else f"arn:{want.scope.partition}:iam::{id}:role/{ROLE}"
    try:
        run.later_within(PATIENCE, f"a session in account {want.name}", entered, role)
    except NotReady:
        run.manual_action(
            f"the new account {want.name} cannot be entered yet",
            f"in a while: aws sts assume-role --role-arn {role} --role-session-name look",
            "if AWS still refuses that after a day, ask its support about the account",
            probe=f"sts AssumeRole of {ROLE} answers",
        )


def ask_to_reopen(run: Run, want: MemberAccount) -> None:
    """Say what becomes of an account that is closed, and that none is made in its place."""
    run.manual_action(
        f"the account {want.name} is closed, or being closed: nothing is made in its place",
        "to have it back, ask AWS's support within 90 days of its closing",
        "else take it out of the manifest; its e-mail address stays taken",
        probe="organizations ListAccounts says that it is active",
    )


def leaving(run: Run, have: AccountFacts, source: str, want: MemberAccount, tagged: Mapping[str, str]) -> str:
    """Say which policies no longer hold for an account in its new unit; empty when all of them do."""
    if not want.unit or source == id_of(run, want.parent):
        return ""
    kept = {name for each in above(run, want) for name in run.read(attached_at, each)}
    held = {name for each in way_up(run, source) for name in run.read(attached_at, each)}
    lost = sorted(held - kept)
    why = f"what {', '.join(lost)} denies is no longer denied in it" if lost else ""
    return run.unless_begun(why, have.joined, ours=tags.is_ours(tagged, want.scope))


def entering(run: Run, have: AccountFacts, source: str, want: MemberAccount) -> str:
    """Say who in an account is cut off by what holds in its new unit, and did not before; empty when nobody is."""
    if not want.unit or source == id_of(run, want.parent):
        return ""
    held = {name for each in way_up(run, source) for name in run.read(attached_at, each)}
    there = {name: id for each in above(run, want) for name, id in run.read(attached_at, each).items()}
    path = {ORGANIZATION, *(unit_address(each) for each in paths_above(want.unit))}
    coming = [
        each
        for each in run.resources
        if isinstance(each, OrganizationPolicy) and path.intersection(each.targets) and each.name not in held
    ]
    documents = [run.read(control_document, id) for name, id in sorted(there.items()) if name not in held]
    return rehearse(run, [have.id], (), [*documents, *(each.document for each in coming)])


def paths_above(path: str) -> list[str]:
    """Return the path of a unit and of each that it is in."""
    names = path.split("/")
    return ["/".join(names[:depth]) for depth in range(1, len(names) + 1)]


def above(run: Run, want: MemberAccount) -> Iterator[str]:
    """Yield the ids of the root and of the units that an account is wanted in, as far as they are there."""
    ids = {path: id for path, id in run.read(all_units).items() if path in paths_above(want.unit)}
    if top := run.read(root_id):
        yield top
    yield from ids.values()


def way_up(run: Run, parent: str) -> Iterator[str]:
    """Yield the ids of a unit and of all that it is in, up to the root."""
    top = run.read(root_id)
    yield parent
    while parent != top:
        parent = run.read(parent_of, parent)
        yield parent


def path_of(run: Run, id: Any) -> str:
    """Return the path of a unit, for people; the root is /."""
    known = {} if isinstance(id, Unknown) else {each: path for path, each in run.read(all_units).items()}
    return known.get(id, "/")


def account_reads(want: MemberAccount) -> Iterator[Read]:
    """Yield the facts that the recipe of an account reads, to prefetch them."""
    yield (accounts,)


def read_permissions(want: MemberAccount) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    lists = ("ListAccounts", "ListCreateAccountStatus", "ListOrganizationalUnitsForParent", "ListRoots")
    yield allow("organizations", "DescribeCreateAccountStatus", "DescribeOrganization", *lists)
    members = account_arns(want.scope)
    inside = (root_arns(want.scope), unit_arns(want.scope))
    yield allow("organizations", "ListTagsForResource", on=(members,))
    yield allow("organizations", "ListParents", on=(members, unit_arns(want.scope)))
    yield allow("organizations", "ListPoliciesForTarget", on=inside)


def write_permissions(want: MemberAccount) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    members = account_arns(want.scope)
    # Not for plans: the role is an administrator of the account.
    yield allow("sts", "AssumeRole", on=(f"arn:{want.scope.partition}:iam::*:role/{ROLE}",))
    if want.email:
        # What is made with tags has no ARN yet.
        yield allow("organizations", "CreateAccount", "TagResource")
    else:
        yield allow("organizations", "TagResource", on=(members,))
    if want.unit:
        yield allow("organizations", "MoveAccount", on=(members, root_arns(want.scope), unit_arns(want.scope)))


def account_arns(scope: Scope) -> str:
    """Return the pattern of the ARNs of the organization's accounts."""
    return scope.global_arn("organizations", "account/o-*/*")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the other accounts of an organization that this account manages."""
    if not manages(facts, scope):
        return
    paths = {id: path for path, id in facts.read(all_units).items()}
    for have in facts.read(accounts):
        if have.id == scope.account:
            continue
        if not have.open:
            yield LeftAlone(f"member-account/{have.name}", "nobody: it is closed", f"its state is {have.state}")
            continue
        labelled = facts.read(labels, have.id)
        unit = paths.get(facts.read(parent_of, have.id), "")
        found = MemberAccount(scope=scope, name=have.name, email=have.email, unit=unit, tags=tags.of_others(labelled))
        yield Described(found, tags=labelled)


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing them needs."""
    lists = ("ListAccounts", "ListOrganizationalUnitsForParent", "ListRoots")
    yield allow("organizations", "DescribeOrganization", *lists)
    yield allow("organizations", "ListParents", "ListTagsForResource", on=(account_arns(scope),))


KIND = Kind(
    ensure_member_account,
    account_reads,
    resource=MemberAccount,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="An account of the organization: made for an e-mail address, or one that is there, in its unit.",
        why="An account is the strongest border that AWS has, and its unit says which policies hold in it.",
        undo=(
            "first take it out of the manifest, which closes nothing",
            "aws organizations close-account --account-id ID: for good after 90 days, and its address stays taken",
        ),
    ),
    word="member-account",
    found_by="e-mail address, or id",
    owns="that it exists; its unit, if one is given",
    keeps="name, tags; accounts that the manifest does not name",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="an account is never closed because it is no longer named: that cannot be undone after 90 days"),
)
