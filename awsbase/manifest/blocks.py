"""Blocks of addresses, and what a network is called: what other sections say of a network that they may not have."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, ip_network
from typing import Annotated

from pydantic import AfterValidator

from awsbase.manifest.paths import shown
from awsbase.manifest.section import invalid

PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
WORLD = ("0.0.0.0/0", "::/0")
NETWORK_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}"


def vpc_block(value: str) -> str:
    """Accept an IPv4 block that a VPC can have, big enough for a subnet in each of a few zones.

    Raises PydanticCustomError for any other.
    """
    try:
        block = IPv4Network(value)
    except ValueError:
        hint = None
        if re.fullmatch(r"\d+(\.\d+){3}/\d+", value):
            hint = f"write {ip_network(value, strict=False)}" if _loose(value) else "a block looks like 10.42.0.0/24"
        raise invalid(f"{shown(value)} is no IPv4 block", hint or "a block looks like 10.42.0.0/24") from None
    if not 16 <= block.prefixlen <= 25:
        raise invalid(f"{value} is no size for a VPC of several subnets", "between /16 and /25")
    if not any(block.subnet_of(private) for private in PRIVATE):
        raise invalid(f"{value} is not a private block", "take it from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    return value


def _loose(value: str) -> bool:
    try:
        ip_network(value, strict=False)
    except ValueError:
        return False
    return True


VpcBlock = Annotated[str, AfterValidator(vpc_block)]
