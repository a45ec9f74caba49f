"""Which VPC at home a manifest would call its network, and which default VPCs somebody uses."""

from __future__ import annotations

from collections import Counter

from awsbase.engine.facts import Facts
from awsbase.engine.scope import Scope
from awsbase.facts import ec2
from awsbase.facts.interfaces import interfaces
from awsbase.facts.security_groups import described
from awsbase.facts.vpcs import VpcFacts, vpcs


def home_network(facts: Facts, scope: Scope) -> VpcFacts | None:
    """Return the VPC that the network of a manifest would be, of all those at home.

    It is the one that awsbase made, of several the one with the account's name, or else the one with most network
    interfaces in it. Between equals one that somebody made comes before the default VPC, which counts only if somebody
    uses it.
    """
    there = [each for each in facts.read(vpcs, scope.home) if each.owner in ("", scope.account)]
    made = ec2.made(there, scope.at(scope.home), "vpc")
    if made:
        own = (each for each in there if each.id in made)
        return min(own, key=lambda each: (made[each.id] != scope.name, made[each.id]))
    living = Counter(each.vpc for each in facts.read(interfaces, scope.home))
    used = [each for each in there if not each.default or is_used(facts, scope.home, each.id)]
    return min(used, key=lambda each: (-living[each.id], each.default, each.id), default=None)


def is_used(facts: Facts, region: str, vpc: str) -> bool:
    """Tell whether something lives in a VPC, or has a group that somebody made there."""
    return any(each.vpc == vpc for each in facts.read(interfaces, region)) or any(
        each.get("VpcId") == vpc and each.get("GroupName") != "default" for each in facts.read(described, region)
    )


def addresses(facts: Facts, scope: Scope) -> dict[str, str]:
    """Return by id what a manifest calls each VPC of a region: by its own name, or as one that is there already."""
    there = facts.read(vpcs, scope.region)
    made = ec2.made(there, scope, "vpc")
    return {
        each.id: scope.address("vpc", made[each.id]) if each.id in made else existing_address(scope, each)
        for each in there
    }


def existing_address(scope: Scope, have: VpcFacts) -> str:
    """Return the address of a VPC that is there already."""
    return scope.address("existing-vpc", "default" if have.default else have.id)
