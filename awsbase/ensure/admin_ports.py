"""The ports by which machines are administered, closed to the world: SSH (22) and RDP (3389)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import collapse_addresses, ip_network
from typing import Any

from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, Things
from awsbase.ensure.regions import ADDRESS, Only, answers, everywhere, in_regions
from awsbase.facts import ec2
from awsbase.facts.security_groups import described
from awsbase.records import record

PORTS = (22, 3389)
WORLD = ("0.0.0.0/0", "::/0")
ANY = "-1"
TCP = ("tcp", "6")
SHOWN = 5


@record(kw_only=True)
class AdminPorts(Resource):
    """No security group and no network ACL has a rule that lets the world in on just port 22 or just port 3389.

    A rule for more than one such port serves something else too, so a person decides about it. Of a default group
    nothing is touched with `but_default`: another resource takes all of its rules.
    """

    but_default: bool = False
    only: Only = None

    @property
    def address(self) -> str:
        return "admin-ports/account"

    def needs(self) -> Iterator[str]:
        yield ADDRESS


@record
class Opening:
    """One rule that lets the world in: of the group or the ACL `holder`, for these ports, from this source."""

    holder: str
    vpc: str
    source: str
    ports: tuple[int, int] | None = None
    number: int | None = None
    default: bool = False

    @property
    def only_admin(self) -> bool:
        """Whether the rule opens nothing but one port of administration."""
        return self.ports is not None and self.ports[0] == self.ports[1] and self.ports[0] in PORTS

    @property
    def shown(self) -> str:
        """The ports in words."""
        if self.ports is None:
            return "everything"
        return f"port {self.ports[0]}" if self.ports[0] == self.ports[1] else f"ports {self.ports[0]}-{self.ports[1]}"


@record
class Openings:
    """What lets the world in on a port of administration, in one region."""

    groups: tuple[Opening, ...] = ()
    acls: tuple[Opening, ...] = ()


def openings(facts: Facts, region: str) -> Openings:
    """Read which rules of a region let the world in on a port of administration."""
    groups, acls = facts.read_all((open_groups, region), (open_acls, region))
    return Openings(groups, acls)


def open_groups(facts: Facts, region: str) -> tuple[Opening, ...]:
    """Return the ingress rules of a region's security groups that are open to the world."""
    found = (opening for each in ec2.understood(facts.read(described, region), _group_openings) for opening in each)
    return tuple(sorted(found, key=lambda opening: opening.holder))


def _group_openings(group: Mapping[str, Any]) -> tuple[Opening, ...]:
    return tuple(
        Opening(
            group["GroupId"],
            group.get("VpcId", ""),
            source,
            span(rule, rule["IpProtocol"]),
            default=group.get("GroupName") == "default",
        )
        for rule in group.get("IpPermissions", ())
        if admitted(span(rule, rule["IpProtocol"]), rule["IpProtocol"])
        for source in sources(rule)
    )


def open_acls(facts: Facts, region: str) -> tuple[Opening, ...]:
    """Return the entries of a region's network ACLs that are open to the world, as far as none before them denies."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_network_acls").paginate()
    listed = (acl for page in pages for acl in page["NetworkAcls"])
    found = (opening for each in ec2.understood(listed, _acl_openings) for opening in each)
    return tuple(sorted(found, key=lambda opening: opening.holder))


def _acl_openings(acl: Mapping[str, Any]) -> tuple[Opening, ...]:
    # The first rule that a packet meets decides, and rules are met by their numbers.
    entries = sorted(acl.get("Entries", ()), key=lambda entry: int(entry["RuleNumber"]))
    inward = [entry for entry in entries if not entry.get("Egress")]
    return tuple(
        Opening(acl["NetworkAclId"], acl.get("VpcId", ""), source_of(entry), ports_of(entry), entry["RuleNumber"])
        for at, entry in enumerate(inward)
        if entry["RuleAction"] == "allow" and source_of(entry) in WORLD
        if any(not denied(port, source_of(entry), inward[:at]) for port in admitted(ports_of(entry), entry["Protocol"]))
    )


def denied(port: int, world: str, before: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether entries of an ACL together deny the whole world a TCP port, whatever stands after them."""
    blocks = [
        block
        for entry in before
        if entry["RuleAction"] == "deny" and port in admitted(ports_of(entry), entry["Protocol"])
        if (block := ip_network(source_of(entry), strict=False)).version == ip_network(world).version
    ]
    return list(collapse_addresses(blocks)) == [ip_network(world)]  # type: ignore[type-var]


def source_of(entry: Mapping[str, Any]) -> str:
    """Return the addresses that an entry of an ACL is about."""
    return str(entry.get("CidrBlock") or entry["Ipv6CidrBlock"])


def ports_of(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the ports that an entry of an ACL is about; None when it is about all."""
    return span(entry.get("PortRange", {}), entry["Protocol"])


def span(rule: Mapping[str, Any], protocol: str) -> tuple[int, int] | None:
    """Return the ports of a rule; None when it is about all."""
    first, last = rule.get("FromPort", rule.get("From")), rule.get("ToPort", rule.get("To"))
    if protocol == ANY or first in (None, -1) or last is None:
        return None
    return first, last


def admitted(ports: tuple[int, int] | None, protocol: str) -> list[int]:
    """Return which ports of administration a rule for these ports is about."""
    if protocol not in (ANY, *TCP):
        return []
    return [port for port in PORTS if ports is None or ports[0] <= port <= ports[1]]


def sources(rule: Mapping[str, Any]) -> Iterator[str]:
    """Yield by which of its sources a rule means the world."""
    named = [each.get("CidrIp") for each in rule.get("IpRanges", ())]
    named += [each.get("CidrIpv6") for each in rule.get("Ipv6Ranges", ())]
    yield from (source for source in named if source in WORLD)


def admin_ports_reads(want: AdminPorts) -> Iterator[Read]:
    """Yield the facts that the recipe of admin ports reads, to prefetch them."""
    yield everywhere, openings, want.only


def ensure_admin_ports(run: Run, want: AdminPorts) -> None:
    """Take away the rules that open a port of administration to the world, and show those that open more than that."""
    wide: list[tuple[str, Opening]] = []
    for region, have in run.read(everywhere, openings, want.only).items():
        client = run.aws.at(region).ec2
        groups = [each for each in have.groups if not (each.default and want.but_default)]
        for rule in groups:
            if rule.only_admin:
                what = f"{rule.shown} from {rule.source} in {rule.holder} of {rule.vpc} in {region}"
                run.delete(
                    what, client.revoke_security_group_ingress, GroupId=rule.holder, IpPermissions=[permission(rule)]
                )
        for entry in have.acls:
            if entry.only_admin:
                what = f"{entry.shown} from {entry.source} in {entry.holder} of {entry.vpc} in {region}"
                where = {"NetworkAclId": entry.holder, "RuleNumber": entry.number, "Egress": False}
                run.delete(what, client.delete_network_acl_entry, **where)
        wide += [(region, rule) for rule in (*groups, *have.acls) if not rule.only_admin]

    if run.changes:
        run.note("costs nothing, but cuts off whoever administers machines from anywhere in the world")
    if groups_left := [(region, rule) for region, rule in wide if rule.number is None]:
        ask_about_groups(run, groups_left)
    if acls_left := [(region, rule) for region, rule in wide if rule.number is not None]:
        ask_about_acls(run, acls_left)


def permission(rule: Opening) -> dict[str, Any]:
    """Return the part of a rule that is about the world, as EC2 wants it to be revoked."""
    first, last = rule.ports or (-1, -1)
    source = (
        {"Ipv6Ranges": [{"CidrIpv6": rule.source}]} if ":" in rule.source else {"IpRanges": [{"CidrIp": rule.source}]}
    )
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **source}


def ask_about_groups(run: Run, left: Sequence[tuple[str, Opening]]) -> None:
    """Say which groups let the world in on more than a port of administration."""
    run.manual_action(
        f"{counted(left, 'security group rule')} the world in on ports 22 or 3389 among others",
        *listing(left),
        "find out what each serves, let in just its ports (authorize-security-group-ingress), and take the wide rule "
        "away (revoke-security-group-ingress)",
        probe="ec2 DescribeSecurityGroups shows no rule of 0.0.0.0/0 or ::/0 with 22 or 3389 among its ports",
    )


def ask_about_acls(run: Run, left: Sequence[tuple[str, Opening]]) -> None:
    """Say which ACLs let the world in on everything, as they all do when they come with a VPC."""
    run.manual_action(
        f"{counted(left, 'network ACL rule')} the world in on ports 22 or 3389 among others",
        *listing(left),
        "of an ACL's rules the first that fits decides: under smaller numbers than the wide rule's, allow everything "
        "from your own networks, then deny tcp 22 and tcp 3389 from 0.0.0.0/0, and from ::/0 where the wide rule is "
        "for that (aws ec2 create-network-acl-entry)",
        "an ACL sees answers too: whoever out there connects from port 3389 by chance has to try again; "
        "a VPC that nobody uses is better deleted",
        probe="ec2 DescribeNetworkAcls denies 0.0.0.0/0 and ::/0 the ports 22 and 3389 before anything allows them",
    )


def counted(left: Sequence[tuple[str, Opening]], noun: str) -> str:
    """Write how many openings are left, such as `2 security groups let`."""
    return f"{len(left)} {noun} lets" if len(left) == 1 else f"{len(left)} {noun}s let"


def listing(left: Sequence[tuple[str, Opening]]) -> Iterator[str]:
    """Yield the first few by name, and how many more there are."""
    for region, rule in left[:SHOWN]:
        which = f" rule {rule.number}" if rule.number is not None else ""
        yield f"{rule.holder}{which} of {rule.vpc} in {region}: {rule.shown} from {rule.source}"
    if len(left) > SHOWN:
        more = sorted({region for region, _ in left[SHOWN:]})
        yield f"and {len(left) - SHOWN} more in {', '.join(more)}"


def read_permissions(want: AdminPorts) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeNetworkAcls", "DescribeSecurityGroups")


def write_permissions(want: AdminPorts) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ec2", "RevokeSecurityGroupIngress", on=in_regions(want, "ec2", "security-group/*"))
    yield allow("ec2", "DeleteNetworkAclEntry", on=in_regions(want, "ec2", "network-acl/*"))


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the closed ports, where no security group lets the world in on one, and no ACL on one alone."""
    groups = answers(facts, open_groups)
    if any(groups.by_region.values()):
        return
    acls = answers(facts, open_acls)
    if not any(each.only_admin for found in acls.by_region.values() for each in found):
        yield Described(AdminPorts(scope=scope, only=acls.only))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("ec2", "DescribeNetworkAcls", "DescribeSecurityGroups")


KIND = Kind(
    ensure_admin_ports,
    admin_ports_reads,
    resource=AdminPorts,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="No security group and no network ACL lets the whole world in on port 22 or 3389 alone.",
        why="Open SSH and RDP are tried within minutes. A session through SSM needs no open port.",
        undo=(
            TAKE_OUT,
            "aws ec2 authorize-security-group-ingress --group-id GROUP --protocol tcp --port 22 --cidr YOUR-NETWORK",
        ),
        controls=("CIS 5.1", "CIS 5.2", "CIS 5.3", "FSBP EC2.19", "FSBP EC2.21"),
    ),
    word="admin-ports",
    found_by="there is one",
    owns="world-open rules for just 22 or just 3389",
    keeps="every other rule",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="who stops using awsbase does not ask for ports that are open to the world"),
)
