"""The network section: a small VPC of our own, or one that is there already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from awsbase.engine.references import Reference
from awsbase.engine.resource import Resource
from awsbase.ensure.default_security_group import ClosedDefaultGroup
from awsbase.ensure.existing_subnet import ExistingSubnet
from awsbase.ensure.existing_vpc import ExistingVpc
from awsbase.ensure.gateway_endpoint import GatewayEndpoint
from awsbase.ensure.internet_gateway import InternetGateway
from awsbase.ensure.route_table import EVERYWHERE, RouteTable
from awsbase.ensure.subnet import Subnet
from awsbase.ensure.vpc import Vpc
from awsbase.ensure.vpc_flow_log import VpcFlowLog
from awsbase.manifest.base import Base
from awsbase.manifest.blocks import NETWORK_NAME, VpcBlock
from awsbase.manifest.opt_ins import VpcFlowLogs
from awsbase.manifest.outputs import Output
from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, ValidationProblem, invalid
from awsbase.manifest.values import Tags, named
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

MOST_ZONES = 6


def vpc_named(value: str) -> str:
    """Accept the id of a VPC, or the word for the one that a region begins with.

    Raises PydanticCustomError for any other.
    """
    if value != "default" and not re.fullmatch(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})", value):
        raise invalid(f"{shown(value)} is no VPC", "write its id, vpc-…, its tags as a mapping, or `default`")
    return value


def subnet_named(value: str) -> str:
    """Accept the id of a subnet; raises PydanticCustomError for any other."""
    if not re.fullmatch(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})", value):
        raise invalid(f"{shown(value)} is no subnet", "write its id, subnet-…, or its tags as a mapping")
    return value


def some(value: dict[str, str]) -> dict[str, str]:
    """Refuse tags that everything has: none; raises PydanticCustomError for any other."""
    if not value:
        raise invalid("no tags fit everything", "name one, such as {Name: main}")
    return value


SomeTags = Annotated[Tags, AfterValidator(some)]
VpcChoice = Annotated[str, AfterValidator(vpc_named)] | SomeTags
SubnetChoice = Annotated[str, AfterValidator(subnet_named)] | SomeTags
Zone = Annotated[
    str, named(r"[a-z]|[a-z]{2,4}(-[a-z]+)+-\d[a-z]|[a-z0-9]+-az\d", "zone: like a, eu-west-1a or euw1-az1")
]
NetworkName = Annotated[str, named(NETWORK_NAME, "name: 1 to 60 letters, digits and ._-, a letter or digit first")]


@record
class Where:
    """Where something is put: what must be there for it, the VPC's address and those of its public subnets."""

    resources: tuple[Resource, ...]
    vpc: str
    subnets: tuple[str, ...]


class Network(Section):
    """Where machines live. Empty, it is a small VPC of its own; with `vpc`, one that is there and stays as it is."""

    vpc: VpcChoice | None = Field(
        default=None,
        description="A VPC that is there already: its id, its tags, or default. Left out, one is made.",
        examples=["default", {"Name": "main"}],
    )
    subnets: Several[SubnetChoice] = Field(
        default=(),
        description="Public subnets of that VPC, by id or tags; left out, those that its region came with.",
    )
    name: NetworkName = Field(default="{name}", description="What the VPC that is made is called.")
    cidr: VpcBlock = Field(
        default="10.42.0.0/24", description="Its IPv4 block, for good: AWS changes none. Each subnet gets an eighth."
    )
    ipv6: bool = Field(default=True, description="An IPv6 block from AWS too; it costs nothing.")
    zones: Annotated[int, Field(ge=1, le=MOST_ZONES)] | Several[Zone] = Field(
        default=2,
        description="A public subnet in each of this many zones, or in these: a letter, a name, or an id.",
    )
    s3_endpoint: bool = Field(
        default=True, description="Reach S3 (packages of Amazon Linux too) inside AWS; it costs nothing."
    )
    flow_logs: VpcFlowLogs | None = Field(
        default=None, description="Log who speaks to whom in the VPC that is made. Not free: $0.25 a GB."
    )

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        made = self.model_fields_set & {"name", "cidr", "ipv6", "zones", "s3_endpoint", "flow_logs"}
        if self.vpc is not None and made:
            raise invalid(f"{', '.join(sorted(made))} is for a VPC that is made", "leave it out, or leave out vpc")
        if self.vpc is None and self.subnets:
            raise invalid("subnets are of a VPC that is there", "name it in vpc")
        if not isinstance(self.zones, int) and not 1 <= len(self.zones) <= MOST_ZONES:
            raise invalid(f"{len(self.zones)} zones", f"name 1 to {MOST_ZONES}")
        return self

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield a VPC that would be logged, and paid for, twice."""
        if self.flow_logs and logs_everywhere(manifest):
            yield ValidationProblem(("flow_logs",), "protect.flow_logs logs this VPC too", "keep one of the two")

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the VPC with all that is in it, or what is to be found."""
        yield from self.where(base).resources
        if self.vpc is None:
            yield from self._around(base)
            yield from self._logged(base, manifest)

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the VPC and its public subnets, which are there already or made here."""
        where = self.where(base)
        yield Output("vpc_id", Reference(where.vpc, "id"), data=("aws_vpc", "id"))
        yield Output("vpc_cidr", Reference(where.vpc, "cidr"))
        for subnet in where.subnets:
            yield Output("public_subnet_ids", Reference(subnet), listed=True, data=("aws_subnet", "id"))

    def own_vpc(self, base: Base) -> tuple[str, ...]:
        """Return the address of the VPC that is made, if one is."""
        return () if self.vpc else (self.where(base).vpc,)

    def where(self, base: Base) -> Where:
        """Return the VPC and its public subnets."""
        if self.vpc is not None:
            vpc = existing_vpc(base, self.vpc)
            given = tuple(existing_subnet(base, vpc.address, each) for each in self.subnets)
            subnets = given or (ExistingSubnet(scope=base.scope, vpc=vpc.address),)
            return Where((vpc, *subnets), vpc.address, tuple(subnet.address for subnet in subnets))
        name, scope = base.expand(self.name), base.scope
        made = Vpc(scope=scope, name=name, cidr=self.cidr, ipv6=self.ipv6, tags=base.tags)
        zones: Sequence[int | str] = range(self.zones) if isinstance(self.zones, int) else self.zones
        blocks = IPv4Network(self.cidr).subnets(prefixlen_diff=3)
        own = tuple(
            Subnet(
                scope=scope,
                name=f"{name}-public-{number + 1}",
                vpc=made.address,
                cidr=str(block),
                zone=zone,
                ipv6=number if self.ipv6 else None,
                tags=base.tags,
            )
            for number, (zone, block) in enumerate(zip(zones, blocks, strict=False))
        )
        return Where((made, *own), made.address, tuple(subnet.address for subnet in own))

    def _around(self, base: Base) -> Iterator[Resource]:
        """Yield what makes the subnets public, and the rest closed."""
        name, scope, where = base.expand(self.name), base.scope, self.where(base)
        yield ClosedDefaultGroup(scope=scope, vpc=where.vpc)
        gateway = InternetGateway(scope=scope, name=name, vpc=where.vpc, tags=base.tags)
        yield gateway
        routes = RouteTable(
            scope=scope,
            name=f"{name}-public",
            vpc=where.vpc,
            gateway=gateway.address,
            destinations=EVERYWHERE if self.ipv6 else EVERYWHERE[:1],
            subnets=where.subnets,
            tags=base.tags,
        )
        yield routes
        if self.s3_endpoint:
            tables = (routes.address,)
            yield GatewayEndpoint(scope=scope, name=f"{name}-s3", vpc=where.vpc, route_tables=tables, tags=base.tags)

    def _logged(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the VPC's flow log, as this section or else `protect` wants it: `protect` itself cannot yet see it."""
        logs = self.flow_logs or logs_everywhere(manifest)
        if logs is None:
            return
        bucket = logs.kept_in(base, "network.flow_logs.bucket")
        if self.flow_logs:
            yield bucket
        yield VpcFlowLog(
            scope=base.scope,
            name=base.expand(self.name),
            vpc=self.where(base).vpc,
            bucket=bucket.address,
            bucket_arn=bucket.arn,
            traffic=logs.logged,
            tags=base.tags,
        )


def logs_everywhere(manifest: Manifest) -> VpcFlowLogs | None:
    """Return the flow logs that `protect` keeps of every VPC, if it does at home."""
    protect = manifest.protect
    return protect.flow_logs if protect and protect.covers(manifest.account.region) else None


def existing_vpc(base: Base, choice: str | Mapping[str, str]) -> ExistingVpc:
    """Return the VPC that a manifest names."""
    if isinstance(choice, str):
        return ExistingVpc(scope=base.scope, id=None if choice == "default" else choice)
    return ExistingVpc(scope=base.scope, tags=choice)


def existing_subnet(base: Base, vpc: str, choice: str | Mapping[str, str]) -> ExistingSubnet:
    """Return the subnet that a manifest names."""
    if isinstance(choice, str):
        return ExistingSubnet(scope=base.scope, vpc=vpc, id=choice)
    return ExistingSubnet(scope=base.scope, vpc=vpc, tags=choice)


def where(base: Base, manifest: Manifest) -> Where:
    """Return where a manifest puts what says nothing else: its network, or the VPC that the region came with."""
    return (manifest.network or Network(vpc="default")).where(base)
