"""Elastic IP addresses: the one address that stays when instances come and go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import retagging
from awsbase.engine import quotas
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, made_for
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.facts import ec2, tags
from awsbase.facts.instances import instances
from awsbase.prices import VIRGINIA, Cost, monthly
from awsbase.prices import table as prices
from awsbase.records import record


@record(kw_only=True)
class ElasticIp(Resource):
    """An address of our own, known by its tag."""

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("elastic-ip", self.name)

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        yield monthly(prices.PUBLIC_ADDRESS, self.scope.region, prices.HOURS)


@record
class AddressFacts:
    """An address as it is: the instance or the interface that it leads to, and which association says so."""

    id: Any
    ip: Any
    instance: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    interface: str | None = None
    association: str | None = None

    @property
    def leads_to(self) -> str | None:
        return self.instance or self.interface


def addresses(facts: Facts, region: str) -> tuple[AddressFacts, ...]:
    """Return all elastic addresses of a region."""
    return tuple(ec2.understood(facts.read(listed, region), _address))


def listed(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read all elastic addresses of a region as EC2 writes them."""
    answer = facts.aws.at(region).ec2.describe_addresses()
    return [each for each in answer["Addresses"] if "AllocationId" in each]


def _address(address: Mapping[str, Any]) -> AddressFacts:
    instance = address.get("InstanceId") or None
    return AddressFacts(
        address["AllocationId"],
        address["PublicIp"],
        instance,
        ec2.tags_in(address),
        address.get("NetworkInterfaceId") or None,
        address.get("AssociationId") or None,
    )


def elastic_ip_reads(want: ElasticIp) -> Iterator[Read]:
    """Yield the facts that the recipe of an elastic ip reads, to prefetch them."""
    yield addresses, want.scope.region


def ensure_elastic_ip(run: Run, want: ElasticIp) -> dict[str, Any]:
    """Keep one address; returns its id and the address itself, as a block too."""
    there = run.read(addresses, want.scope.region)
    have = ec2.the_one(there, want.address)

    if have is None:
        ec2.room(run, quotas.ADDRESSES, want, there)
        made = run.create(
            "elastic IP",
            run.aws.ec2.allocate_address,
            Domain="vpc",
            TagSpecifications=ec2.tagging("elastic-ip", want),
        )
        have = AddressFacts(made["AllocationId"], made["PublicIp"], None, ec2.labels(want))

    ec2.tag(run, want, have, retagging)
    block = f"{have.ip}/32" if isinstance(have.ip, str) else have.ip
    return {"id": have.id, "ip": have.ip, "block": block}


def remove_elastic_ip(run: Run, want: ElasticIp) -> None:
    """Release an address that this manifest made, unless it still leads somewhere."""
    led_away = any(each.address == association_of(want.address) for each in run.resources)
    for have in ec2.to_remove(run, want, run.read(addresses, want.scope.region)):
        if have.leads_to and not (led_away and leads_to_ours(run, want, have)):
            run.note(f"kept: {have.ip} leads to {have.leads_to}")
            continue
        risk = deletion(f"{have.ip} becomes somebody else's, and does not come back")
        run.delete("elastic IP", run.aws.ec2.release_address, risk=risk, AllocationId=have.id)


def leads_to_ours(run: Run, want: Resource, have: AddressFacts, address: str = "") -> bool:
    """Tell whether an address leads to an instance that this manifest made, at `address` if one is given."""
    return any(
        each.id == have.instance and tags.is_ours(each.tags, want.scope)
        for each in run.read(instances, want.scope.region)
        if not address or each.tags.get(tags.ADDRESS) == address
    )


def association_of(address: str) -> str:
    """Return the address of what leads an elastic IP somewhere."""
    return address.replace("elastic-ip/", "elastic-ip-association/", 1)


def removal_permissions(want: ElasticIp) -> Allows:
    """Yield the IAM permissions that the removal needs beyond those of a plan."""
    yield allow("ec2", "DescribeInstances")
    yield allow("ec2", "ReleaseAddress", on=ec2.arns(want.scope, "elastic-ip"), when=made_for(want.address))


def elastic_ip_things(facts: Facts, scope: Scope) -> Things:
    """Yield the elastic addresses of a region; those outside of the home region all as one."""
    there = facts.read(addresses, scope.region)
    made = ec2.made(there, scope, "elastic-ip")
    if scope.region != scope.home:
        yield from ec2.elsewhere(scope, "elastic-ip", (str(each.ip) for each in there))
        return
    for have, held in ec2.tagged(facts.read(listed, scope.region), _address):
        if name := made.get(have.id):
            yield Described(ElasticIp(scope=scope, name=name, tags=ec2.own_tags(have)), held)
        else:
            where = f"leads to {have.leads_to}" if have.leads_to else "leads nowhere, and is paid for"
            fields = (f"{where}: a manifest has the address of a bastion alone",)
            yield NotExpressible(scope.address("elastic-ip", str(have.ip)), fields, held)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list elastic addresses."""
    yield allow("ec2", "DescribeAddresses")


def read_permissions(want: ElasticIp) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "DescribeAddresses")


def write_permissions(want: ElasticIp) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield from ec2.tagging_permissions(want, "elastic-ip", "AllocateAddress")
    yield allow("ec2", "AllocateAddress", on=ec2.arns(want.scope, "elastic-ip"))


KIND = Kind(
    ensure_elastic_ip,
    elastic_ip_reads,
    resource=ElasticIp,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A public IPv4 address that stays the account's own while instances come and go.",
        why="Others let the bastion in by its address, and need not be told of every new one.",
        undo=(
            TAKE_OUT,
            "be sure that nobody lets it in any more: once released it is somebody else's, and does not come back",
            "aws ec2 describe-addresses --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 release-address --allocation-id ID --region REGION",
        ),
        cost=f"{monthly(prices.PUBLIC_ADDRESS, VIRGINIA, prices.HOURS)}, whether it is in use or not",
    ),
    word="elastic-ip",
    found_by="tag",
    owns="that there is one",
    keeps="tags",
    quotas=(quotas.ADDRESSES,),
    describe=Describe(elastic_ip_things, describe_permissions, everywhere=True),
    absent=Absent(remove_elastic_ip, permissions=removal_permissions),
)
