"""Security groups: who reaches what, by protocol, ports and the other end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine import quotas
from awsbase.engine.changes import Drift, Unknown
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, made_for
from awsbase.engine.references import Reference, references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.facts import ec2, tags
from awsbase.facts.home_network import addresses, home_network
from awsbase.facts.interfaces import TENANTS, kept_for, of_others
from awsbase.facts.security_groups import described, maker, of_peers
from awsbase.facts.security_rules import (
    OPEN_EGRESS,
    WAYS,
    End,
    Identity,
    Rule,
    Way,
    canonical,
    counts,
    identity,
    includes,
    permission,
    understood,
    words,
    worldwide,
)
from awsbase.records import record

WORLD = "open to the world"


@record(kw_only=True)
class SecurityGroup(Resource):
    """A security group of the VPC at an address, with exactly these rules. Tags are added to.

    AWS never changes a group's description: the first one stays. Groups that let each other in are made one after the
    other: `later` are names by address of those that come after this one, and `earlier` are addresses of those that
    came before. A rule of an earlier group that names this one comes with this one.
    """

    name: str
    vpc: str
    description: str = "made by awsbase"
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = OPEN_EGRESS
    later: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("security-group", self.name)

    def needs(self) -> Iterator[str]:
        yield self.vpc
        yield from self.earlier
        for rule in (*self.ingress, *self.egress):
            yield from (each for each in references(rule.other) if each != self.address and each not in self.later)

    def rules(self, way: Way) -> tuple[Rule, ...]:
        """Return the rules of one direction."""
        return self.ingress if way == "ingress" else self.egress

    def comes_later(self, rule: Rule) -> bool:
        """Tell whether a rule names a group that is made after this one."""
        return isinstance(rule.other, Reference) and rule.other.address in self.later


@record
class GroupFacts:
    """A security group as it is; its rules with their descriptions."""

    id: Any
    name: str
    vpc: str = ""
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    new: bool = False


def security_groups(facts: Facts, region: str) -> tuple[GroupFacts, ...]:
    """Return all security groups of a region with their rules."""
    return tuple(ec2.understood(facts.read(described, region), _group))


def _group(group: Mapping[str, Any]) -> GroupFacts:
    return GroupFacts(
        id=group["GroupId"],
        name=group["GroupName"],
        vpc=group.get("VpcId", ""),
        ingress=tuple(understood(group.get("IpPermissions", ()))),
        egress=tuple(understood(group.get("IpPermissionsEgress", ()))),
        tags=ec2.tags_in(group),
    )


def security_group_reads(want: SecurityGroup) -> Iterator[Read]:
    """Yield the facts that the recipe of a security group reads, to prefetch them."""
    yield security_groups, want.scope.region


def ensure_security_group(run: Run, want: SecurityGroup) -> Any:
    """Keep one security group with exactly its rules; returns its id."""
    client = run.aws.ec2
    vpc = run.result(want.vpc)["id"]
    there = run.read(security_groups, want.scope.region)
    have = named(there, vpc, want.name)
    # With an IPv6 block the VPC adds the second one to every new group.
    born_open = OPEN_EGRESS if run.result(want.vpc)["ipv6"] is not None else OPEN_EGRESS[:1]

    if have is None:
        ec2.room(run, quotas.SECURITY_GROUPS, want, there)
    held = have or GroupFacts(None, want.name, egress=born_open, new=True)
    room = {way: room_for(run, want, held, way) for way in WAYS}

    if have is None:
        made = run.create(
            "security group",
            client.create_security_group,
            GroupName=want.name,
            Description=want.description,
            VpcId=vpc,
            TagSpecifications=ec2.tagging("security-group", want, {tags.CREATED_AT: run.creation_time()}),
        )
        have = GroupFacts(made["GroupId"], want.name, egress=born_open, tags=ec2.labels(want), new=True)

    for address in sorted(want.later.keys() - {each.address for each in run.resources}):
        run.note(f"its rules that name {address} come when that is made")
    for way in WAYS:
        rules(run, want, have, way, room[way])
        for address in want.earlier:
            let_in_earlier(run, want, have.id, address, way)
    ec2.tag(run, want, have, retagging)
    return have.id


def named(there: Iterable[GroupFacts], vpc: Any, name: str) -> GroupFacts | None:
    """Return the group of a name: names are unique in a VPC, whatever their letters' case."""
    return next((each for each in there if each.vpc == vpc and each.name.casefold() == name.casefold()), None)


def compared(
    run: Run, want: SecurityGroup, have: GroupFacts, way: Way
) -> tuple[Mapping[Identity, Rule], list[tuple[Rule, Rule]], list[Rule]]:
    """Return the rules that there are, those that are meant with their real ends, and those that are to go."""
    known = {identity(rule): rule for rule in (have.ingress if way == "ingress" else have.egress)}
    meant = [(rule, end_of(run, want, have.id, rule)) for rule in want.rules(way)]
    kept = {identity(real) for _, real in meant if isinstance(real.other, str)}
    return known, meant, [rule for each, rule in known.items() if each not in kept]


def room_for(run: Run, want: SecurityGroup, have: GroupFacts, way: Way) -> list[Rule]:
    """Return the rules that have to go first; AWS counts those of IPv4 and of IPv6 apart.

    Raises QuotaExceeded where the wanted rules do not fit.
    """
    known, meant, going = compared(run, want, have, way)
    missing = [real for _, real in meant if not isinstance(real.other, str) or identity(real) not in known]
    first: list[Rule] = []
    for version in (4, 6):
        held, coming, leaving = (
            [rule for rule in each if counts(rule, version)] for each in (known.values(), missing, going)
        )
        where, remedy = f"{way} of IPv{version}", "name fewer, or wider blocks, or ask AWS for more"
        count = quotas.first_out(
            run,
            quotas.RULES,
            f"security group {want.name}, {where},",
            held=len(held),
            coming=len(coming),
            going=len(leaving),
            remedy=remedy,
            region=want.scope.region,
        )
        first += [rule for rule in leaving if rule not in first][:count]
    return first


def rules(run: Run, want: SecurityGroup, have: GroupFacts, way: Way, first: Sequence[Rule]) -> None:
    """Make room, open what is missing, correct what is only called otherwise, close the rest."""
    known, meant, going = compared(run, want, have, way)
    close(run, have.id, way, first)

    for rule, real in meant:
        if not want.comes_later(rule):
            let_in(run, want, have, way, rule, real, known)

    close(run, have.id, way, [rule for rule in going if rule not in first])


def let_in(
    run: Run,
    want: SecurityGroup,
    have: GroupFacts,
    way: Way,
    rule: Rule,
    real: Rule,
    known: Mapping[Identity, Rule],
    of: str = "",
) -> None:
    """Open one rule if it is missing, or correct what it is called; `of` names another group than the run's own."""
    client, what = run.aws.ec2, f"{way}{of} {words(rule, 'from' if way == 'ingress' else 'to')}"
    sent: dict[str, Any] = {"GroupId": have.id, "IpPermissions": [permission(real)]}
    found = None if isinstance(real.other, Unknown) else known.get(identity(real))
    if found is None:
        why = opens(real, have) if way == "ingress" else ""
        if why != WORLD:
            # Left by a run that was cut off: to give it its rules is to finish that one's work.
            began, ours = tags.creation_time(have.tags), tags.is_ours(have.tags, want.scope)
            why = run.unless_begun(why, began, ours=ours)
        run.create(what, getattr(client, f"authorize_security_group_{way}"), risk=access(why), **sent)
    elif found.description != rule.description:
        # Taken away and opened again, a rule would cut off who is connected.
        drift = [Drift("description", found.description, rule.description)]
        run.update(
            f"description of {what}", drift, getattr(client, f"update_security_group_rule_descriptions_{way}"), **sent
        )


def let_in_earlier(run: Run, want: SecurityGroup, group: Any, address: str, way: Way) -> None:
    """Let an earlier group have those of its rules that name this one: nobody else writes them."""
    id, of = run.result(address), f" of {address}"
    there = run.read(security_groups, want.scope.region)
    have = next((each for each in there if each.id == id), None) or GroupFacts(id, address, new=True)
    known = {identity(rule): rule for rule in (have.ingress if way == "ingress" else have.egress)}
    (earlier,) = (each for each in run.resources if each.address == address)
    assert isinstance(earlier, SecurityGroup)
    for rule in earlier.rules(way):
        if isinstance(rule.other, Reference) and rule.other.address == want.address:
            real = Rule(rule.protocol, rule.ends, group, rule.description)
            let_in(run, want, have, way, rule, real, known, of)


def close(run: Run, group: Any, way: Way, going: Iterable[Rule]) -> None:
    """Take rules out of a group."""
    call, word = getattr(run.aws.ec2, f"revoke_security_group_{way}"), "from" if way == "ingress" else "to"
    for rule in going:
        run.delete(f"{way} {words(rule, word)}", call, GroupId=group, IpPermissions=[permission(rule)])


def opens(rule: Rule, have: GroupFacts) -> str:
    """Say whom a rule lets in who was not before; into a group that this run makes, only the world counts."""
    if any(includes(held, rule) for held in have.ingress):
        return ""
    if isinstance(rule.other, str) and worldwide(rule.other):
        return WORLD
    return "" if have.new else f"lets {rule.other if isinstance(rule.other, str) else 'what this run makes'} in"


def end_of(run: Run, want: SecurityGroup, group: Any, rule: Rule) -> Rule:
    """Return a rule with its other end as AWS knows it."""
    if isinstance(rule.other, Reference) and rule.other.address in want.later:
        there, name = run.read(security_groups, want.scope.region), want.later[rule.other.address]
        found = named(there, run.result(want.vpc)["id"], name)
        other: Any = found.id if found else Unknown(rule.other.address)
    else:
        itself = isinstance(rule.other, Reference) and rule.other.address == want.address
        other = group if itself else resolve(run, rule.other)
    return Rule(rule.protocol, rule.ends, canonical(other) if isinstance(other, str) else other, rule.description)


def remove_security_group(run: Run, want: SecurityGroup) -> None:
    """Delete a group that this manifest made, and before it our own rules that name it, unless others use it."""
    there = run.read(security_groups, want.scope.region)
    for have in ec2.to_remove(run, want, there):
        naming = [each for each in there if each.id != have.id and names(each, have.id)]
        others = (f"the rules of {each.id} ({each.name})" for each in naming if not tags.is_ours(each.tags, want.scope))
        worn = (each.what for each in of_others(run, want.scope) if have.id in each.groups)
        if kept_for(run, (*others, *worn)):
            continue
        # What depends on this group went before it, with its rules.
        gone = {each.address for each in run.resources if want.address in each.needs()}
        for other in naming:
            if other.tags.get(tags.ADDRESS) not in gone:
                forget(run, other, have.id)
        run.delete("security group", run.aws.ec2.delete_security_group, GroupId=have.id)


def names(have: GroupFacts, group: str) -> bool:
    """Tell whether a rule of a group has another group at its other end."""
    return any(rule.other == group for rule in (*have.ingress, *have.egress))


def forget(run: Run, other: GroupFacts, group: str) -> None:
    """Take the rules that have a group at their other end out of another group."""
    for way, held in zip(WAYS, (other.ingress, other.egress), strict=True):
        revoke, word = getattr(run.aws.ec2, f"revoke_security_group_{way}"), "from" if way == "ingress" else "to"
        for rule in held:
            if rule.other == group:
                what = f"{way} of {other.tags[tags.ADDRESS]} {words(rule, word)}"
                run.delete(what, revoke, GroupId=other.id, IpPermissions=[permission(rule)])


def removal_permissions(want: SecurityGroup) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield TENANTS
    on = ec2.arns(want.scope, "security-group")
    yield allow("ec2", "DeleteSecurityGroup", on=on, when=made_for(want.address))
    yield allow("ec2", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress", on=on)


def security_group_things(facts: Facts, scope: Scope) -> Things:
    """Yield the groups of a region but the default ones; those outside of the home region all as one."""
    far: list[str] = []
    network = home_network(facts, scope) if scope.region == scope.home else None
    own = [each for each in facts.read(security_groups, scope.region) if network and each.vpc == network.id]
    ends: dict[str, End] = {each.id: Reference(scope.address("security-group", each.name)) for each in own}
    for group in facts.read(described, scope.region):
        have, held = _group(group), ec2.all_tags(group)
        address = scope.address("security-group", have.name if have.id in ends else have.id)
        if have.name == "default":
            continue
        if known := maker(have.name, held):
            yield LeftAlone(address, *known)
        elif (owner := group.get("OwnerId", scope.account)) != scope.account:
            yield LeftAlone(address, f"account {owner}", "it is the owner, and shares this group")
        elif scope.region != scope.home:
            far.append(have.name)
        elif have.id not in ends:
            yield NotExpressible(address, (f"{have.name} is in another VPC, {have.vpc}",), held)
        elif peers := tuple(of_peers(group, scope.account)):
            yield NotExpressible(address, peers, held)
        else:
            vpc = addresses(facts, scope)[have.vpc]
            yield Described(as_it_is(scope, vpc, have, group.get("Description", ""), ends), held)
    yield from ec2.elsewhere(scope, "security-group", far)


def as_it_is(scope: Scope, vpc: str, have: GroupFacts, description: str, ends: Mapping[str, End]) -> SecurityGroup:
    """Return a group as it is; in its rules `ends` stand for the ids of other groups."""
    sides = [
        tuple(Rule(rule.protocol, rule.ends, ends.get(str(rule.other), rule.other), rule.description) for rule in held)
        for held in (have.ingress, have.egress)
    ]
    return SecurityGroup(
        scope=scope,
        name=have.name,
        vpc=vpc,
        description=description,
        ingress=sides[0],
        egress=sides[1],
        tags=ec2.own_tags(have),
    )


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list security groups, and to see in which VPC of all."""
    yield allow("ec2", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeVpcs")


def read_permissions(want: SecurityGroup) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeSecurityGroups")


def write_permissions(want: SecurityGroup) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    on = ec2.arns(want.scope, "security-group")
    yield from ec2.tagging_permissions(want, "security-group", "CreateSecurityGroup")
    yield from ec2.adoption_permissions(want, "security-group")
    yield allow("ec2", "CreateSecurityGroup", on=(*on, *ec2.arns(want.scope, "vpc")))
    # A group that is adopted by its name is corrected before it is tagged.
    for way in ("Egress", "Ingress"):
        yield allow("ec2", f"RevokeSecurityGroup{way}", on=on)
        if want.earlier or (want.egress if way == "Egress" else want.ingress):
            described = f"UpdateSecurityGroupRuleDescriptions{way}"
            yield allow("ec2", f"AuthorizeSecurityGroup{way}", described, on=on)


KIND = Kind(
    ensure_security_group,
    security_group_reads,
    resource=SecurityGroup,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="Who reaches what is in a group, and what that reaches: exactly these rules.",
        why="A port that somebody opened for an hour is closed again by the next run.",
        undo=(
            TAKE_OUT,
            "give what is in it another group, and take it out of the rules of others",
            "aws ec2 describe-security-groups --filters Name=group-name,Values=NAME --region REGION tells its id",
            "aws ec2 delete-security-group --group-id ID --region REGION",
        ),
    ),
    word="security-group",
    found_by="tag",
    owns="its rules",
    keeps="tags, description",
    quotas=(quotas.SECURITY_GROUPS, quotas.RULES),
    describe=Describe(security_group_things, describe_permissions, everywhere=True),
    absent=Absent(remove_security_group, permissions=removal_permissions),
)
