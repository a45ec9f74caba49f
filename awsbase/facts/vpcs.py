"""The VPCs of a region, which each kind of network asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from awsbase.engine.facts import Facts
from awsbase.facts import ec2
from awsbase.records import record


@record
class VpcFacts:
    """A VPC as it is; `association` is the one of its IPv6 block, which takes a moment to have one.

    Answers that tell no owner are older than shared VPCs: then it is this account.
    """

    id: Any
    cidr: str
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    default: bool = False
    association: str | None = None
    ipv6: str | None = None


def vpcs(facts: Facts, region: str) -> tuple[VpcFacts, ...]:
    """Return all VPCs of a region."""
    return tuple(ec2.understood(facts.read(listed, region), understood))


def listed(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read all VPCs of a region as EC2 writes them."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_vpcs").paginate()
    return [vpc for page in pages for vpc in page["Vpcs"]]


def understood(vpc: Mapping[str, Any]) -> VpcFacts:
    """Return a VPC as it is."""
    blocks = vpc.get("Ipv6CidrBlockAssociationSet", [])
    living = [each for each in blocks if ec2.state_of(each) in ("associating", "associated")]
    block: Mapping[str, Any] = next(iter(living), {})
    done = ec2.state_of(block) == "associated"
    return VpcFacts(
        id=vpc["VpcId"],
        cidr=vpc["CidrBlock"],
        tags=ec2.tags_in(vpc),
        owner=vpc.get("OwnerId", ""),
        default=vpc.get("IsDefault", False),
        association=block.get("AssociationId"),
        ipv6=block.get("Ipv6CidrBlock") if done else None,
    )
