"""Elastic addresses: not released while they lead somewhere, and they lead nowhere once an instance has ended."""

from collections.abc import Collection
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule


def unused(ask: Ask) -> None:
    """Refuse to release an address that leads somewhere."""
    for held in ask.backend("ec2").addresses:
        if held.allocation_id == ask.params.get("AllocationId") and held.association_id:
            raise Refusal("InvalidIPAddress.InUse", f"Address {held.public_ip} is in use.")


def ended(ask: Ask, said: dict[str, Any]) -> None:
    """Let go of the addresses of instances that were just ended."""
    let_go(ask, ask.region, ask.params["InstanceIds"])


def let_go(ask: Ask, region: str, ids: Collection[str]) -> None:
    """Let the addresses of instances lead nowhere: moto keeps them for the dead."""
    for held in ask.backend("ec2", region).addresses:
        if held.instance and held.instance.id in ids:
            ask.moto("ec2:DisassociateAddress", region=region, AssociationId=held.association_id)


RULES = (
    Rule("ec2:ReleaseAddress", before=unused),
    Rule("ec2:TerminateInstances", after=ended, strict=False),
)
