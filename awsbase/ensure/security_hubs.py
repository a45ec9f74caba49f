"""Security Hub in every region: the standards that AWS checks by itself, and where findings come together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allow, Allows, Permissions, allow, linked_role
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.ensure.regions import (
    ADDRESS,
    Only,
    answers,
    everywhere,
    in_regions,
    independent,
    looked_after,
    made_in,
    only_there,
    several,
)
from awsbase.facts import tags
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

FSBP = "aws-foundational-security-best-practices/v/1.0.0"
CIS_3 = "cis-aws-foundations-benchmark/v/3.0.0"
NOT_SUBSCRIBED = frozenset({"InvalidAccessException", "ResourceNotFoundException"})


@record(kw_only=True)
class SecurityHubs(Resource):
    """A hub in each region that checks these standards, and whichever else somebody chose.

    It judges what Config records: `recorders` is the address that it depends on, if there is one.
    """

    standards: tuple[str, ...] = (CIS_3, FSBP)
    recorders: str | None = None
    only: Only = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return "security-hubs/account"

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield by_use(prices.SECURITY_HUB, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield ADDRESS
        if self.recorders:
            yield self.recorders


def hub(facts: Facts, region: str) -> frozenset[str] | None:
    """Return the standards that are checked in a region; None where Security Hub is off."""
    from botocore.exceptions import ClientError

    pages = facts.aws.at(region).securityhub.get_paginator("get_enabled_standards").paginate()
    try:
        found = [each for page in pages for each in page["StandardsSubscriptions"]]
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_SUBSCRIBED:
            raise
        return None
    return frozenset(
        each["StandardsArn"].partition("standards/")[2]
        for each in found
        if each["StandardsStatus"] not in ("DELETING", "FAILED")
    )


def security_hubs_reads(want: SecurityHubs) -> Iterator[Read]:
    """Yield the facts that the recipe of security hubs reads, to prefetch them."""
    yield everywhere, hub, want.only


def ensure_security_hubs(run: Run, want: SecurityHubs) -> None:
    """Switch the hub on where it is off, and check the standards that are not checked yet."""

    def switch_on(run: Run, region: str, have: frozenset[str] | None) -> None:
        securityhub = run.aws.at(region).securityhub
        if have is None:
            # AWS's own choice holds a CIS benchmark of 2018.
            wanted, enable = tags.with_origin(want), securityhub.enable_security_hub
            run.create(f"hub in {region}", enable, EnableDefaultStandards=False, Tags=wanted)
        if absent := sorted(set(want.standards) - (have or frozenset())):
            base = f"arn:{want.scope.partition}:securityhub:{region}::standards"
            requests = [{"StandardsArn": f"{base}/{standard}"} for standard in absent]
            check = securityhub.batch_enable_standards
            run.create(f"standards {', '.join(absent)} in {region}", check, StandardsSubscriptionRequests=requests)

    run.side_by_side(switch_on, run.read(everywhere, hub, want.only))


def hub_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Return the tags of the hub of a region."""
    held: Mapping[str, str] = facts.aws.at(region).securityhub.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return held


def administrator(facts: Facts, region: str) -> str:
    """Return the account that looks after the hub of a region; empty when this one does."""
    answer = facts.aws.at(region).securityhub.get_administrator_account()
    return str(answer.get("Administrator", {}).get("AccountId", ""))


def has_members(facts: Facts, region: str) -> bool:
    """Tell whether the hub of a region looks after other accounts too."""
    return bool(facts.aws.at(region).securityhub.list_members(MaxResults=1).get("Members"))


def remove_security_hubs(run: Run, want: SecurityHubs) -> None:
    """Switch off the hubs that this manifest switched on, unless they are part of several accounts'.

    A hub takes its standards along.
    """
    there = [region for region, have in run.read(everywhere, hub, want.only).items() if have is not None]
    arns = {region: want.scope.at(region).arn("securityhub", "hub/default") for region in there}
    held = run.facts.read_all(*((hub_tags, region, arn) for region, arn in arns.items()))
    mine = made_in(run, want, dict(zip(there, held, strict=True)))
    for region in independent(run, mine, administrator, has_members):
        lost = deletion("its findings and settings are deleted after 90 days")
        run.delete(f"hub in {region}", run.aws.at(region).securityhub.disable_security_hub, risk=lost)


def hubs(want: SecurityHubs, *actions: str) -> Allow:
    """Allow actions on the hubs, of which each region has one."""
    return allow("securityhub", *actions, on=in_regions(want, "securityhub", "hub/default"))


def read_permissions(want: SecurityHubs) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield hubs(want, "GetEnabledStandards")


def write_permissions(want: SecurityHubs) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield hubs(want, "BatchEnableStandards", "EnableSecurityHub", "TagResource")
    yield linked_role(want.scope, "securityhub.amazonaws.com")


def removal_permissions(want: SecurityHubs) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield hubs(want, "DisableSecurityHub", "ListTagsForResource")
    yield allow("securityhub", "GetAdministratorAccount", "ListMembers", when=only_there(want))


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the hubs as one where each region has one; those of an administrator are left to it."""
    found = answers(facts, hub)
    yield from found.unread()
    have: dict[str, frozenset[str]] = {
        region: standards for region, standards in found.by_region.items() if standards is not None
    }
    if not have:
        return
    common = frozenset.intersection(*have.values())
    want = SecurityHubs(scope=scope, standards=tuple(sorted(common)), only=found.only)
    if managed := looked_after(facts, administrator, list(have)):
        yield LeftAlone(want.address, *managed)
    elif lacking := [region for region in found.by_region if region not in have]:
        yield NotExpressible(want.address, (f"a hub in {several(list(have))}, and none in {several(lacking)}",))
    else:
        # Who switches one on in each region switches them all on alike.
        first = next(iter(have))
        yield Described(want, tags=facts.read(hub_tags, first, scope.at(first).arn("securityhub", "hub/default")))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("securityhub", "GetAdministratorAccount", "GetEnabledStandards", "ListTagsForResource")


KIND = Kind(
    ensure_security_hubs,
    security_hubs_reads,
    resource=SecurityHubs,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Security Hub checks the account against CIS and AWS's best practices, in every region, all the time.",
        why="It sees what was changed beside the manifest.",
        undo=(TAKE_OUT, "aws securityhub disable-security-hub --region REGION"),
        controls=("CIS 4.16",),
        cost=f"{prices.SECURITY_HUB.rate}, after 30 free days in each region; a small account some dollars a month",
    ),
    word="security-hubs",
    found_by="one a region",
    owns="that it is on; the standards that are named",
    keeps="other standards, single controls",
    describe=Describe(things, listing_permissions),
    absent=Absent(
        remove_security_hubs,
        exempt="its findings and settings are deleted 90 days after it",
        permissions=removal_permissions,
    ),
)
