"""Service control policies: what nobody may do in the accounts below a unit, whatever their own policies allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.access.comparison import widening
from awsbase.access.rehearsal import rehearse
from awsbase.access.widening import has_effect
from awsbase.engine import quotas
from awsbase.engine.changes import Drift, Risk, Unknown, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.quotas import QuotaExceeded
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access, outage
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, Things
from awsbase.ensure.organization import ADDRESS as ORGANIZATION
from awsbase.ensure.organization import root_arns
from awsbase.ensure.organizational_unit import id_of, unit_address, unit_arns
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.member_use import ROLE, members_below
from awsbase.facts.organization import (
    SCP,
    accounts,
    all_units,
    attached_at,
    attached_to,
    client,
    control_document,
    control_policies,
    labels,
    manages,
    root_id,
    unit,
)
from awsbase.policies.document import Document, difference, same, size
from awsbase.records import record

# AWS's own policy, which is attached everywhere at first and allows everything.
EVERYTHING = "FullAWSAccess"
# What AWS took of each before 15 May 2026, as not all of its pages know.
SMALLER = {quotas.CONTROL_POLICY: 5_120, quotas.CONTROL_POLICIES: 5}


class OfAws(AwsbaseError):
    """A policy of that name is AWS's own."""


@record(kw_only=True)
class OrganizationPolicy(Resource):
    """A service control policy with this document, attached to these targets.

    A target is the address of a unit, of an account that is made here, or of the organization for its root; or the id
    of an account. The document is owned wholly. Attachments that others made stay, unless the policy is this
    manifest's own. `keeps` are roles in the accounts below that have to stay able to repair them. Tags are added to.
    """

    name: str
    document: Document
    targets: tuple[str, ...] = ()
    description: str = ""
    keeps: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"organization-policy/{self.name}"

    def needs(self) -> Iterator[str]:
        yield ORGANIZATION
        yield from (each for each in self.targets if "/" in each and each != ORGANIZATION)

    def newly_denied(self, facts: Facts) -> tuple[Sequence[Document], Sequence[str]]:
        """Return the document, and the accounts that it will hold in and does not yet."""
        if not manages(facts, self.scope):
            return (), ()
        have = facts.read(control_policies).get(self.name)
        known = have is not None and same(facts.read(control_document, have.id), self.document)
        there = facts.read(attached_to, have.id) if have and known else {}
        new = {id for each in self.targets if (id := target_id(facts, each)) and id not in there}
        return (self.document,), sorted(
            {account for id in new for account in facts.read(members_below, id, self.scope.account)}
        )


def target_id(facts: Facts, target: str) -> str | None:
    """Return the id of a target that is there already; None for others, and for an account that is made here."""
    kind, _, name = target.partition("/")
    if target == ORGANIZATION:
        return facts.read(root_id)
    return facts.read(unit, name) if kind == "organizational-unit" else None if name else target


def ensure_organization_policy(run: Run, want: OrganizationPolicy) -> str:
    """Bring one service control policy to the manifest: its document, its tags, and what it is attached to.

    Returns its id. Raises OfAws when AWS has a policy of that name, and QuotaExceeded when AWS has no room for it.
    """
    organizations = client(run.aws)
    have = run.read(control_policies).get(want.name)
    if have and have.of_aws:
        raise OfAws(f"the policy {want.name!r} is AWS's own", hint="choose another name")
    targets = {each: id_of(run, each) if "/" in each else each for each in want.targets}
    document = run.read(control_document, have.id) if have else want.document
    attached = run.read(attached_to, have.id) if have else {}
    tagged = run.read(labels, have.id) if have else tags.wanted(want)
    untagged = tags.missing(tagged, tags.wanted(want))
    leave_room(run, want, targets)
    stricter, reach = rehearsed(run, want, document, targets, attached)
    id: Any = have.id if have else None
    ours = have is None or tags.is_ours(tagged, want.scope)

    if have is None:
        made = run.create(
            "organization policy",
            organizations.create_policy,
            Name=want.name,
            Description=want.description,
            Type=SCP,
            Content=want.document,
            Tags=tags.pairs(tags.with_origin(want)),
        )
        id = made["Policy"]["PolicySummary"]["Id"]

    if not same(document, want.document):
        run.update(
            "document",
            [Drift(*each) for each in difference(document, want.document)],
            organizations.update_policy,
            risk=access(widening(document, want.document)) or outage(stricter),
            PolicyId=id,
            Content=want.document,
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

    attach_exactly(run, id, targets, attached, reach, ours=ours)
    return id  # type: ignore[no-any-return]


def attach_exactly(
    run: Run,
    id: Any,
    targets: Mapping[str, Any],
    attached: Mapping[str, str],
    reach: Mapping[str, Risk | None],
    *,
    ours: bool,
) -> None:
    """Attach a policy to its targets, and detach one that is ours from all else."""
    organizations = client(run.aws)
    for name, target in targets.items():
        if isinstance(target, Unknown) or target not in attached:
            where = {"PolicyId": id, "TargetId": target}
            run.create(f"attachment to {shown(name)}", organizations.attach_policy, risk=reach[name], **where)

    # Only then: the last policy of a target cannot be detached, and what both deny stays denied meanwhile.
    unwanted = {each: attached[each] for each in sorted(attached.keys() - known(targets))}
    for target, name in unwanted.items() if ours else ():
        widens = access(f"what it denies is no longer denied in {name or target}")
        run.delete(
            f"attachment to {name or target}", organizations.detach_policy, risk=widens, PolicyId=id, TargetId=target
        )
    if unwanted and not ours:
        run.note(f"somebody else attached it to {', '.join(name or each for each, name in unwanted.items())} too")


def rehearsed(
    run: Run, want: OrganizationPolicy, have: Document, targets: Mapping[str, Any], attached: Mapping[str, str]
) -> tuple[str, dict[str, Risk | None]]:
    """Say who is cut off by what the document newly denies, and why it is risky to attach it to each target."""
    new = {name: id for name, id in targets.items() if not isinstance(id, Unknown) and id not in attached}
    changed = not same(have, want.document)
    if not new and not changed:
        return "", dict.fromkeys(targets)
    bound = {account for id in attached for account in run.read(members_below, id, want.scope.account)}
    stricter = rehearse(run, sorted(bound), (have,), (want.document,)) if changed else ""
    reach: dict[str, Risk | None] = dict.fromkeys(targets)
    for name, id in new.items():
        members = [each for each in run.read(members_below, id, want.scope.account) if each not in bound]
        reach[name] = outage(rehearse(run, members, (), (want.document,)))
        # Where AWS's own policy was taken away, only what others allow is left: this one adds to that.
        if has_effect(want.document, "Allow") and EVERYTHING not in run.read(attached_at, id):
            reach[name] = reach[name] or access(f"it allows something where {EVERYTHING} does not hold")
    return stricter, reach


def shown(target: str) -> str:
    """Return a target as people call it."""
    return "the root" if target == ORGANIZATION else target.partition("/")[2] or target


def known(targets: Mapping[str, Any]) -> set[str]:
    """Return the ids of the targets that are there already."""
    return {each for each in targets.values() if not isinstance(each, Unknown)}


def leave_room(run: Run, want: OrganizationPolicy, targets: Mapping[str, Any]) -> None:
    """Make sure that AWS takes the document, and one more policy on each target; tell what only some pages allow.

    Raises QuotaExceeded.
    """
    longest, limit, length = quotas.CONTROL_POLICY, quotas.CONTROL_POLICIES, size(want.document)
    quotas.fits(run, longest, f"policy {want.name}", length, "make two policies of it, or name actions with *")
    if length > SMALLER[longest]:
        run.note(f"it has {length} characters: AWS takes {longest.most} now, and {SMALLER[longest]} before 15 May 2026")
    for name, target in targets.items():
        there = set() if isinstance(target, Unknown) else set(run.read(attached_at, target))
        beside = {each.name for each in run.resources if isinstance(each, OrganizationPolicy) and name in each.targets}
        count = len(there | beside | {want.name} | {EVERYTHING})
        if count > limit.most:
            raise QuotaExceeded(
                f"{shown(name)} would have {count} {limit.what}, AWS's FullAWSAccess included, and AWS takes "
                f"{limit.most} per {limit.place}",
                hint="put several into one, or attach some further up or down",
            )
        if count > SMALLER[quotas.CONTROL_POLICIES] and want.name not in there:
            now, before = limit.most, SMALLER[quotas.CONTROL_POLICIES]
            run.note(f"{shown(name)} gets {count} policies: AWS takes {now} now, and {before} before 15 May 2026")


def remove_organization_policy(run: Run, want: OrganizationPolicy) -> None:
    """Detach and delete a policy that this manifest made, with every attachment that it has."""
    organizations = client(run.aws)
    have = run.read(control_policies).get(want.name)
    if have is None or have.of_aws or not tags.made_here(run, want, run.read(labels, have.id)):
        return
    attached = run.read(attached_to, have.id)

    for target, name in sorted(attached.items()):
        risk = access(f"what it denies is no longer denied in {name or target}")
        run.delete(
            f"attachment to {name or target}", organizations.detach_policy, risk=risk, PolicyId=have.id, TargetId=target
        )
    run.delete("organization policy", organizations.delete_policy, PolicyId=have.id)


def policy_reads(want: OrganizationPolicy) -> Iterator[Read]:
    """Yield the facts that the recipe of a policy reads, to prefetch them."""
    yield (control_policies,)


def read_permissions(want: OrganizationPolicy) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("organizations", "DescribeOrganization", "ListPolicies", "ListRoots")
    yield allow("organizations", "ListPoliciesForTarget", on=target_arns(want.scope))
    yield from readable(want.scope)
    # Who would be cut off is read in the accounts below.
    yield allow("organizations", "ListAccounts")
    below = (root_arns(want.scope), unit_arns(want.scope))
    yield allow("organizations", "ListAccountsForParent", "ListOrganizationalUnitsForParent", on=below)


def readable(scope: Scope) -> Allows:
    """Yield the IAM permissions to read service control policies, those of AWS included."""
    of_aws = f"arn:{scope.partition}:organizations::aws:policy/service_control_policy/p-*"
    on = (policy_arns(scope), of_aws)
    yield allow("organizations", "DescribePolicy", "ListTagsForResource", "ListTargetsForPolicy", on=on)


def write_permissions(want: OrganizationPolicy) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    policies = policy_arns(want.scope)
    # What is made with tags has no ARN yet.
    yield allow("organizations", "CreatePolicy", "TagResource")
    yield allow("organizations", "UpdatePolicy", on=(policies,))
    yield allow("organizations", "AttachPolicy", "DetachPolicy", on=(policies, *target_arns(want.scope)))
    # Who may only plan must not enter other accounts as their administrator: such a plan names them as not read.
    yield allow("sts", "AssumeRole", on=(f"arn:{want.scope.partition}:iam::*:role/{ROLE}",))


def removal_permissions(want: OrganizationPolicy) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    policies = policy_arns(want.scope)
    yield allow("organizations", "DetachPolicy", on=(policies, *target_arns(want.scope)))
    yield allow("organizations", "DeletePolicy", on=(policies,))


def policy_arns(scope: Scope) -> str:
    """Return the pattern of the ARNs of the organization's own service control policies."""
    return scope.global_arn("organizations", "policy/o-*/service_control_policy/p-*")


def target_arns(scope: Scope) -> tuple[str, ...]:
    """Return the patterns of the ARNs of what a policy is attached to."""
    return root_arns(scope), unit_arns(scope), scope.global_arn("organizations", "account/o-*/*")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the service control policies of an organization that this account manages."""
    if not manages(facts, scope):
        return
    paths = {id: path for path, id in facts.read(all_units).items()}
    roots, members = {facts.read(root_id)}, {each.id for each in facts.read(accounts)}
    for name, have in facts.read(control_policies).items():
        address = f"organization-policy/{name}"
        if have.of_aws:
            yield LeftAlone(address, "AWS", "organizations ListPolicies says AwsManaged")
            continue
        labelled = facts.read(labels, have.id)
        attached = facts.read(attached_to, have.id)
        found = OrganizationPolicy(
            scope=scope,
            name=name,
            document=facts.read(control_document, have.id),
            # By their names, whatever ids AWS has drawn.
            targets=tuple(
                sorted(
                    ORGANIZATION if id in roots else unit_address(paths[id]) if id in paths else id
                    for id in attached
                    if id in roots or id in paths or id in members
                )
            ),
            description=have.description,
            tags=tags.of_others(labelled),
        )
        yield Described(found, tags=labelled)


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing them needs."""
    lists = ("ListAccounts", "ListOrganizationalUnitsForParent", "ListPolicies", "ListRoots")
    yield allow("organizations", "DescribeOrganization", *lists)
    yield from readable(scope)


KIND = Kind(
    ensure_organization_policy,
    policy_reads,
    resource=OrganizationPolicy,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A service control policy: what nobody may do in the accounts that it is attached to, or that are below.",
        why="No policy inside an account, and no administrator of it, can allow what this denies. It never allows "
        "anything, and holds for neither the management account nor the roles of AWS's services.",
        undo=(
            TAKE_OUT,
            "aws organizations detach-policy --policy-id ID --target-id ID, for each of list-targets-for-policy",
            "aws organizations delete-policy --policy-id ID",
        ),
    ),
    word="organization-policy",
    found_by="name",
    owns="the document; attachments, if this manifest made it",
    keeps="tags, description; attachments of a policy that was there before",
    quotas=(quotas.CONTROL_POLICY, quotas.CONTROL_POLICIES),
    describe=Describe(things, listing_permissions),
    absent=Absent(remove_organization_policy, permissions=removal_permissions),
)
