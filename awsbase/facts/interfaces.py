"""Network interfaces: what lives in a VPC, whoever made it, and the Instance Connect Endpoints among it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from awsbase.engine.facts import Facts
from awsbase.engine.permissions import allow
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.facts import ec2, tags
from awsbase.records import record

# What a removal reads to see whether somebody else lives there.
TENANTS = allow("ec2", "DescribeNetworkInterfaces", "DescribeInstanceConnectEndpoints")
FEW = 5


@record
class Interface:
    """A network interface: where it is, its groups, what it belongs to, and whether it has a public address."""

    id: str
    vpc: str
    subnet: str
    groups: frozenset[str]
    what: str
    public: bool
    tags: Mapping[str, str]


def interfaces(facts: Facts, region: str) -> tuple[Interface, ...]:
    """Read all network interfaces of a region."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_network_interfaces").paginate()
    return tuple(ec2.understood((each for page in pages for each in page["NetworkInterfaces"]), _understood))


def _understood(interface: Mapping[str, Any]) -> Interface:
    owner = interface.get("Attachment", {}).get("InstanceId") or interface.get("Description", "")
    return Interface(
        id=interface["NetworkInterfaceId"],
        vpc=interface.get("VpcId", ""),
        subnet=interface.get("SubnetId", ""),
        groups=frozenset(group.get("GroupId", "") for group in interface.get("Groups", ())),
        what=f"{interface['NetworkInterfaceId']} ({owner})" if owner else interface["NetworkInterfaceId"],
        public=bool(interface.get("Association")),
        tags=ec2.tags_in({"Tags": interface.get("TagSet", ())}),
    )


def described_connect_endpoints(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read the Instance Connect Endpoints of a region as EC2 writes them, those that are going included."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_instance_connect_endpoints").paginate()
    return [each for page in pages for each in page["InstanceConnectEndpoints"]]


def of_others(run: Run, scope: Scope) -> Iterator[Interface]:
    """Yield the network interfaces of a region that this manifest did not make.

    An instance is launched with tags on its interface. That of an Instance Connect Endpoint has none.
    """
    endpoints = run.read(described_connect_endpoints, scope.region)
    mine = {
        interface
        for endpoint in endpoints
        if tags.is_ours(ec2.tags_in(endpoint), scope)
        for interface in endpoint.get("NetworkInterfaceIds", ())
    }
    for each in run.read(interfaces, scope.region):
        if each.id not in mine and not tags.is_ours(each.tags, scope):
            yield each


def kept_for(run: Run, users: Iterable[str]) -> bool:
    """Tell whether something stays because of what uses it; a note names that."""
    found = sorted(set(users))
    if found:
        more = f" and {len(found) - FEW} more" if len(found) > FEW else ""
        run.note(f"kept: others use it: {', '.join(found[:FEW])}{more}")
    return bool(found)
