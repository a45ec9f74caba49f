"""The network section: the VPC that awsbase made, or else the one that machines live in, as one that is there."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase
from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.protect import put_logs
from awsbase.adopt.seen import Seen
from awsbase.ensure.existing_subnet import ExistingSubnet
from awsbase.ensure.existing_vpc import ExistingVpc
from awsbase.ensure.flow_logs import FlowLogs
from awsbase.ensure.gateway_endpoint import GatewayEndpoint, endpoints
from awsbase.ensure.internet_gateway import InternetGateway
from awsbase.ensure.route_table import EVERYWHERE, RouteTable, RouteTableFacts, route_tables
from awsbase.ensure.subnet import Subnet, SubnetFacts, subnets
from awsbase.ensure.vpc import Vpc
from awsbase.ensure.vpc_flow_log import VpcFlowLog
from awsbase.facts.home_network import addresses, existing_address, home_network
from awsbase.facts.vpcs import VpcFacts
from awsbase.manifest.network import Network
from awsbase.manifest.opt_ins import VpcFlowLogs

KINDS = (
    *(Vpc, Subnet, InternetGateway, RouteTable, GatewayEndpoint, VpcFlowLog),
    *(ExistingVpc, ExistingSubnet),
)
PARTS = ("vpc", "default-security-group", "internet-gateway", "vpc-flow-log")
ANOTHER = "a manifest says one network, and that is {}"
NOT_PUBLIC = "private: a network names its public subnets"
NO_PUBLIC = "subnets: none leads to an internet gateway, and a network names its public ones"
BY_ITSELF = "a network makes its own subnets, gateway and routes, called after it"


def draft(seen: Seen, section: Draft) -> None:
    """Write the network of the account, if it has one that somebody made or uses."""
    there = home_network(seen.facts, seen.base.scope)
    if there is None:
        return
    own = own_network(seen, there)
    if own:
        put_own(seen, section, own)
    else:
        put_existing(seen, section, there)
    others(seen, section, addresses(seen.facts, seen.base.scope)[there.id])


def is_there(seen: Seen) -> bool:
    """Tell whether a manifest can have its network where machines live."""
    there = home_network(seen.facts, seen.base.scope)
    if there is None:
        return False
    usable = there.default or bool(public(seen, there))
    return bool(own_network(seen, there)) or (usable and existing_address(seen.base.scope, there) not in seen.refuted)


def own_network(seen: Seen, there: VpcFacts) -> Vpc | None:
    """Return the VPC that awsbase made, if it has all that a network has."""
    address = addresses(seen.facts, seen.base.scope)[there.id]
    vpc = next((each for each in seen.at_home(Vpc) if each.address == address), None)
    return vpc if vpc and not seen.refuted.keys() & set(made_with(seen, vpc)) else None


def made_with(seen: Seen, vpc: Vpc) -> Iterator[str]:
    """Yield the addresses of what a network makes with its VPC."""
    address, name = seen.base.scope.address, vpc.name
    yield from (address(kind, name) for kind in PARTS)
    yield address("route-table", f"{name}-public")
    yield address("gateway-endpoint", f"{name}-s3")
    yield from (address("subnet", f"{name}-public-{number}") for number in range(1, len(own_zones(seen, vpc)) + 2))


def own_zones(seen: Seen, vpc: Vpc) -> list[str]:
    """Return the zones of the public subnets of a VPC that awsbase made, in the order of their numbers."""
    start = f"{vpc.name}-public-"
    held = {each.name.removeprefix(start): str(each.zone) for each in seen.at_home(Subnet) if each.vpc == vpc.address}
    numbers = sorted(int(each) for each in held if each.isdecimal())
    return [held[str(number)] for number in numbers]


def put_own(seen: Seen, section: Draft, vpc: Vpc) -> None:
    """Write a VPC that awsbase made, as far as it is not the usual one."""
    base, usual = seen.base, Network()
    section.put(value={}, of=vpc.address)
    if vpc.name != base.expand(usual.name):
        section.put("name", value=vpc.name)
    if vpc.cidr != usual.cidr:
        section.put("cidr", value=vpc.cidr)
    if not vpc.ipv6:
        section.put("ipv6", value=False)
    zones = [each.removeprefix(base.scope.region) for each in own_zones(seen, vpc)]
    in_order = zones == list(ascii_lowercase[: len(zones)])
    if not in_order or len(zones) != usual.zones:
        section.put("zones", value=len(zones) if in_order else zones)
    ids = {id for id, address in addresses(seen.facts, base.scope).items() if address == vpc.address}
    there = seen.facts.read(endpoints, base.scope.region)
    if not any(each.vpc in ids and each.service.endswith(".s3") for each in there):
        section.put("s3_endpoint", value=False)
    # A log of every VPC is one of this VPC too.
    for log in () if seen.of(FlowLogs) else seen.at_home(VpcFlowLog):
        default = VpcFlowLogs()
        bucket = log.bucket.partition("/")[2]
        drafted = put_logs(seen, section, "flow_logs", log, bucket, default.bucket, default.retention_days)
        if drafted and log.traffic == "REJECT":
            section.weaker("flow_logs", "traffic", value="rejected", default="all")


def put_existing(seen: Seen, section: Draft, there: VpcFacts) -> None:
    """Write a VPC that is there and stays as it is, with its public subnets."""
    address = existing_address(seen.base.scope, there)
    found = public(seen, there)
    if address in seen.refuted or not (there.default or found):
        section.cannot(address, NO_PUBLIC)
        return
    section.put("vpc", value="default" if there.default else there.id, of=address)
    if there.default:
        of_region = [each for each in held_in(seen, there) if each.default]
        section.covers(*(seen.base.scope.address("existing-subnet", each.id) for each in of_region))
    else:
        section.put("subnets", value=[each.id for each in found])


def held_in(seen: Seen, vpc: VpcFacts) -> list[SubnetFacts]:
    """Return the subnets of a VPC by their zones."""
    there = [each for each in seen.facts.read(subnets, seen.base.scope.region) if each.vpc == vpc.id]
    return sorted(there, key=lambda each: (each.zone, each.id))


def public(seen: Seen, vpc: VpcFacts) -> list[SubnetFacts]:
    """Return the subnets of a VPC with IPv4 that lead to an internet gateway, by their own table or the main one."""
    tables = [each for each in seen.facts.read(route_tables, seen.base.scope.region) if each.vpc == vpc.id]
    main = next((each for each in tables if each.main), None)
    own = {subnet: table for table in tables for subnet in table.subnets}
    return [each for each in held_in(seen, vpc) if each.cidr and leads_out(own.get(each.id, main))]


def leads_out(table: RouteTableFacts | None) -> bool:
    """Tell whether a default route leads to an internet gateway."""
    ways = (table.routes.get(each, "") for each in EVERYWHERE if each not in table.dead) if table else ()
    return any(each.startswith("igw-") for each in ways)


def others(seen: Seen, section: Draft, chosen: str) -> None:
    """Say of the other VPCs and subnets why a manifest has no words for them."""
    for vpc in (*seen.at_home(Vpc), *seen.at_home(ExistingVpc)):
        if vpc.address != chosen:
            section.cannot(vpc.address, ANOTHER.format(chosen.partition("/")[2]))
    written: dict[str, Any] = section.value or {}
    for subnet in seen.at_home(ExistingSubnet):
        if subnet.vpc != chosen:
            section.cannot(subnet.address, ANOTHER.format(chosen.partition("/")[2]))
        elif subnet.address not in section.covered and subnet.id not in written.get("subnets", ()):
            section.cannot(subnet.address, NOT_PUBLIC)
    ours = next((each for each in seen.at_home(Vpc) if each.address == chosen), None)
    own = set(made_with(seen, ours)) if ours and "vpc" not in written else set()
    for part in (*seen.at_home(Subnet), *seen.at_home(RouteTable), *seen.at_home(InternetGateway)):
        if part.address not in own:
            section.cannot(part.address, BY_ITSELF)
