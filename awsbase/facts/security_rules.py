"""Rules of security groups: what EC2 says in its permissions, taken apart, compared, and put into words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from ipaddress import ip_network
from typing import Any, Literal

from awsbase.engine.references import Reference
from awsbase.records import record

Way = Literal["ingress", "egress"]
End = str | Reference
Identity = tuple[str, tuple[int, int] | None, End]
WAYS: tuple[Way, ...] = ("ingress", "egress")
ALL = "-1"
# What is wider than any owner of addresses has got is the world, in however many pieces.
WORLDWIDE = {4: 7, 6: 15}
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


def words(rule: Rule, word: str) -> str:
    """Describe a rule, such as `tcp 443 from 192.0.2.0/24`."""
    return shown(rule).replace(", ", f" {word} ", 1)


def identity(rule: Rule) -> Identity:
    """Return what makes a rule the same one, whatever it is called."""
    return rule.protocol, rule.ends, rule.other


def counts(rule: Rule, version: int) -> bool:
    """Tell whether a rule takes room among those of a version of IP; another group or a prefix list does in both."""
    if not (isinstance(rule.other, str) and "/" in rule.other):
        return True
    return ip_network(rule.other).version == version


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
