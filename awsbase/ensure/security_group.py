"""Security groups: who reaches what, by protocol, ports and the other end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from ipaddress import ip_network
from typing import Any, Literal

from awsbase.access.attributes import retagging
from awsbase.engine import quotas
from awsbase.engine.changes import Drift, Unknown
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.references import Reference, references, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.facts import ec2, tags
from awsbase.records import record

Way = Literal["ingress", "egress"]
End = str | Reference
Identity = tuple[str, tuple[int, int] | None, End]
WAYS: tuple[Way, ...] = ("ingress", "egress")
ALL = "-1"
# What is wider than any owner of addresses has got is the world, in however many pieces.
WORLDWIDE = {4: 7, 6: 15}
WORLD = "open to the world"
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


@record
class Rule:
    """What may pass: protocol, ports, and the other end: a CIDR block, a prefix list, or a security group.

    Ports are of no meaning to the protocol -1, which is all of them; for ICMP they are type and code.
    """

    protocol: str
    ends: tuple[int, int] | None
    other: End
    description: str = field(default="", compare=False)


# What a new group has until somebody takes it away.
OPEN_EGRESS = (Rule(ALL, None, "0.0.0.0/0"), Rule(ALL, None, "::/0"))


@record(kw_only=True)
class SecurityGroup(Resource):
    """A security group of the VPC at an address, with exactly these rules. Tags are added to.

    AWS never changes a group's description: the first one stays.
    """

    name: str
    vpc: str
    description: str = "made by awsbase"
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = OPEN_EGRESS
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("security-group", self.name)

    def needs(self) -> Iterator[str]:
        yield self.vpc
        for rule in (*self.ingress, *self.egress):
            yield from (each for each in references(rule.other) if each != self.address)


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


def described(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read all security groups of a region as EC2 writes them."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_security_groups").paginate()
    return [group for page in pages for group in page["SecurityGroups"]]


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


def understood(permissions: Iterable[Mapping[str, Any]]) -> Iterator[Rule]:
    """Take the permissions of a group apart: one rule for each other end."""
    kinds = (
        ("IpRanges", "CidrIp"),
        ("Ipv6Ranges", "CidrIpv6"),
        ("PrefixListIds", "PrefixListId"),
        ("UserIdGroupPairs", "GroupId"),
    )
    for permission in permissions:
        protocol = permission["IpProtocol"]
        ends = None if protocol == ALL else (permission.get("FromPort", -1), permission.get("ToPort", -1))
        for several, one in kinds:
            for each in permission.get(several, []):
                yield Rule(protocol, ends, canonical(each[one]), each.get("Description", ""))


def canonical(other: str) -> str:
    """Return a CIDR block as AWS keeps it, without host bits."""
    return str(ip_network(other, strict=False)) if "/" in other else other


def permission(rule: Rule) -> dict[str, Any]:
    """Write a rule as the calls want it."""
    ports = {} if rule.ends is None else {"FromPort": rule.ends[0], "ToPort": rule.ends[1]}
    said = {"Description": rule.description} if rule.description else {}
    if not isinstance(rule.other, str):
        kind = ("UserIdGroupPairs", "GroupId")
    elif "/" in rule.other:
        kind = ("Ipv6Ranges", "CidrIpv6") if ":" in rule.other else ("IpRanges", "CidrIp")
    elif rule.other.startswith("pl-"):
        kind = ("PrefixListIds", "PrefixListId")
    else:
        kind = ("UserIdGroupPairs", "GroupId")
    return {"IpProtocol": rule.protocol, **ports, kind[0]: [{kind[1]: rule.other, **said}]}


def shown(rule: Rule) -> str:
    """Say a rule as people do: tcp 22 from 192.0.2.0/24."""
    if rule.ends is None:
        what = "everything"
    elif rule.ends[0] == rule.ends[1]:
        what = f"{rule.protocol} {rule.ends[0]}"
    else:
        what = f"{rule.protocol} {rule.ends[0]}-{rule.ends[1]}"
    other = rule.other.address if isinstance(rule.other, Reference) else rule.other
    return f"{what}, {other}"


def security_group_reads(want: SecurityGroup) -> Iterator[Read]:
    """Yield the facts that the recipe of a security group reads, to prefetch them."""
    yield security_groups, want.scope.region


def ensure_security_group(run: Run, want: SecurityGroup) -> Any:
    """Keep one security group with exactly its rules; returns its id."""
    client = run.aws.ec2
    vpc = run.result(want.vpc)["id"]
    there = run.read(security_groups, want.scope.region)
    # Names are unique in a VPC, whatever their letters' case.
    have = next((each for each in there if each.vpc == vpc and each.name.casefold() == want.name.casefold()), None)
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

    for way in WAYS:
        rules(run, want, have, way, room[way])
    ec2.tag(run, want, have, retagging)
    return have.id


def compared(
    run: Run, want: SecurityGroup, have: GroupFacts, way: Way
) -> tuple[Mapping[Identity, Rule], list[tuple[Rule, Rule]], list[Rule]]:
    """Return the rules that there are, those that are meant with their real ends, and those that are to go."""
    held = have.ingress if way == "ingress" else have.egress
    wanted = want.ingress if way == "ingress" else want.egress
    known = {identity(rule): rule for rule in held}
    meant = [(rule, end_of(run, want, have.id, rule)) for rule in wanted]
    kept = {identity(real) for _, real in meant if isinstance(real.other, str)}
    return known, meant, [rule for each, rule in known.items() if each not in kept]


def identity(rule: Rule) -> Identity:
    """Return what makes a rule the same one, whatever it is called."""
    return rule.protocol, rule.ends, rule.other


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


def counts(rule: Rule, version: int) -> bool:
    """Tell whether a rule takes room among those of a version of IP; another group or a prefix list does in both."""
    if not (isinstance(rule.other, str) and "/" in rule.other):
        return True
    return ip_network(rule.other).version == version


def rules(run: Run, want: SecurityGroup, have: GroupFacts, way: Way, first: Sequence[Rule]) -> None:
    """Make room, open what is missing, correct what is only called otherwise, close the rest."""
    client, group = run.aws.ec2, have.id
    word = "from" if way == "ingress" else "to"
    known, meant, going = compared(run, want, have, way)
    close(run, group, way, first)

    for rule, real in meant:
        found = None if isinstance(real.other, Unknown) else known.get(identity(real))
        if found is None:
            call = getattr(client, f"authorize_security_group_{way}")
            # Left by a run that was cut off: to give it its rules is to finish that one's work.
            began, ours = tags.creation_time(have.tags), tags.is_ours(have.tags, want.scope)
            why = opens(real, have) if way == "ingress" else ""
            why = why if why == WORLD else run.unless_begun(why, began, ours=ours)
            sent = [permission(real)]
            run.create(f"{way} {words(rule, word)}", call, risk=access(why), GroupId=group, IpPermissions=sent)
        elif found.description != rule.description:
            # Taken away and opened again, a rule would cut off who is connected.
            run.update(
                f"description of {way} {words(rule, word)}",
                [Drift("description", found.description, rule.description)],
                getattr(client, f"update_security_group_rule_descriptions_{way}"),
                GroupId=group,
                IpPermissions=[permission(real)],
            )

    close(run, group, way, [rule for rule in going if rule not in first])


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


def worldwide(other: str) -> bool:
    """Tell whether a block of addresses is the world, or a large part of it."""
    if "/" not in other:
        return False
    block = ip_network(other)
    return block.prefixlen <= WORLDWIDE[block.version] and not any(inside(other, own) for own in PRIVATE)


def includes(held: Rule, rule: Rule) -> bool:
    """Tell whether what a rule lets in gets in by another one already."""
    ports = held.ends == rule.ends or (
        held.ends and rule.ends and held.ends[0] <= rule.ends[0] <= rule.ends[1] <= held.ends[1]
    )
    passes = held.protocol == ALL or (held.protocol == rule.protocol and ports)
    return bool(passes) and (held.other == rule.other or inside(rule.other, held.other))


def inside(other: End, block: End) -> bool:
    """Tell whether one block of addresses is part of another."""
    if not (isinstance(other, str) and isinstance(block, str) and "/" in other and "/" in block):
        return False
    part, whole = ip_network(other), ip_network(block)
    return part.version == whole.version and part.subnet_of(whole)  # type: ignore[arg-type]


def end_of(run: Run, want: SecurityGroup, group: Any, rule: Rule) -> Rule:
    """Return a rule with its other end as AWS knows it."""
    itself = isinstance(rule.other, Reference) and rule.other.address == want.address
    other = group if itself else resolve(run, rule.other)
    return Rule(rule.protocol, rule.ends, canonical(other) if isinstance(other, str) else other, rule.description)


def words(rule: Rule, word: str) -> str:
    """Describe a rule, such as `tcp 443 from 192.0.2.0/24`."""
    return shown(rule).replace(", ", f" {word} ", 1)


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
        if want.egress if way == "Egress" else want.ingress:
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
)
