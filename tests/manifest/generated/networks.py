"""The network, its security groups, key pairs and the bastion."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, ip_network
from typing import Any

from hypothesis import strategies as st

from tests.manifest.generated.protection import flow_logs
from tests.manifest.generated.texts import (
    BLOCK,
    KEY,
    RETENTION,
    SOME_TAGS,
    WORD,
    YES_OR_NO,
    Home,
    Strategy,
    by_name,
    name,
    part,
    several,
    text,
)

MARKS = WORD + " ._-:/()#,@[]+=&;{}!$*"
WORLD = ("0.0.0.0/0", "::/0")
ANY_BLOCK = BLOCK.map(lambda block: str(ip_network(block, strict=False)))
ENDS = ("cidr", "prefix_lists", "groups")
# With its kind before it, the longest name of a group or key pair is a tag value of 256 characters.
HEX = "0123456789abcdef"


def id_of(kind: str) -> Strategy:
    """Draw the id of an existing resource."""
    return (st.text(HEX, min_size=8, max_size=8) | st.text(HEX, min_size=17, max_size=17)).map(f"{kind}-{{}}".format)


PRIVATE_BLOCK = st.builds(
    lambda block, size, address: str(IPv4Network((block[int(address * block.num_addresses)], size), strict=False)),
    st.sampled_from([IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]),
    st.integers(16, 25),
    st.floats(0, 1, exclude_max=True),
)
SUBNET = id_of("subnet") | SOME_TAGS


def network(home: Home, *, logged: bool) -> Strategy:
    """Draw a new or an existing VPC, with flow logs unless it has some already."""
    zone = st.sampled_from(["a", "b", f"{home.region}a"] if home.alone else ["a", "z", f"{home.region}c", "euw1-az1"])
    logs = {} if logged else {"flow_logs": flow_logs("vpcflows")}
    made = part(
        name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}", fullmatch=True) | st.just("{name}.{region}"),
        cidr=PRIVATE_BLOCK,
        ipv6=YES_OR_NO,
        zones=st.integers(1, 2 if home.alone else 6) | several(zone, 1),
        s3_endpoint=YES_OR_NO,
        **logs,
    )
    there = st.just({"vpc": "default"})
    if home.alone:
        return made | there
    return made | there | part({"vpc": id_of("vpc") | SOME_TAGS}, subnets=several(SUBNET))


@st.composite
def rules(draw: st.DrawFn, home: Home, groups: Sequence[str], *, closed: bool) -> dict[str, Any]:
    """Draw a rule; with `closed` it opens no administration port."""
    ends = {
        "cidr": st.lists(ANY_BLOCK | st.sampled_from(WORLD), max_size=3, unique=True),
        "groups": several(st.sampled_from(groups)),
    }
    if not home.alone:
        ends |= {"prefix_lists": several(id_of("pl")), "groups": several(st.sampled_from(groups) | id_of("sg"))}
    rule: dict[str, Any] = draw(part(**ends).filter(lambda rule: any(rule.values())))
    rule |= draw(
        part(protocol=st.sampled_from(["tcp", "udp", "icmp", "icmpv6", "all"]), description=text(MARKS, most=255))
    )
    if rule.get("protocol") == "icmpv6" and any("." in block for block in rule.get("cidr", ())):
        rule["protocol"] = "icmp"
    if rule.get("protocol", "tcp") in ("tcp", "udp"):
        port = st.integers(0, 65535).filter(lambda port: not closed or port not in (22, 3389))
        span = st.lists(port, min_size=2, max_size=2, unique=True).map(lambda ends: f"{min(ends)}-{max(ends)}")
        rule["ports"] = draw(port | port.map(str) | span)
    return rule


def once_each(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rules without those that repeat an earlier one."""
    known: set[object] = set()
    unique = []
    for rule in drawn:
        ports = str(rule.get("ports"))
        allowed = {(rule.get("protocol", "tcp"), ports, other) for key in ENDS for other in rule.get(key, ())}
        if known.isdisjoint(allowed):
            unique.append(rule)
        known |= allowed
    return unique


@st.composite
def security_groups(draw: st.DrawFn, home: Home, *, closed: bool) -> dict[str, Any]:
    """Draw security groups that refer to each other."""
    group_name = (
        name(MARKS, 241)
        .filter(lambda drawn: drawn == drawn.strip(" ") and not drawn.startswith("sg-"))
        .filter(lambda drawn: drawn.lower() != "default" and not home.makes(drawn))
    )
    names = draw(st.lists(group_name, min_size=1, max_size=3, unique_by=str.lower))
    drawn = {}
    for number, one in enumerate(names, 1):
        # Each group refers to earlier ones only, because awsbase refuses cycles.
        several_rules = st.lists(rules(home, names[:number], closed=closed), max_size=3).map(once_each)
        drawn[one] = draw(part(description=name(MARKS, 255), ingress=several_rules, egress=several_rules))
    return drawn


def key_pairs() -> Strategy:
    """Draw key pairs of the types that EC2 supports."""
    names = name(st.characters(codec="ascii", min_codepoint=0x20, max_codepoint=0x7E), 247)
    return by_name(names.filter(lambda drawn: drawn == drawn.strip(" ")), st.fixed_dictionaries({"public_key": KEY}))


@st.composite
def bastion(
    draw: st.DrawFn, home: Home, policies: Sequence[str], public: Sequence[Any], *, ssh: bool, closed: bool
) -> dict[str, Any]:
    """Draw a bastion in any mode with a way to connect."""
    grant = st.sampled_from(["aws:ReadOnlyAccess", *policies])
    drawn: dict[str, Any] = draw(
        part(
            on_demand=YES_OR_NO,
            i_know=YES_OR_NO,
            name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{2,40}", fullmatch=True) | st.just("{name}_door"),
            instance_type=st.sampled_from(["t4g.micro", "t4g.small", "t3.micro"]),
            volume_gib=st.integers(8, 1024),
            policies=several(grant),
            boundary=grant,
            only_from_vpc=YES_OR_NO,
            fixed_address=YES_OR_NO,
            log_retention_days=RETENTION,
        )
    )
    if not home.alone:
        private = SUBNET.filter(lambda subnet: subnet not in public)
        drawn |= draw(part(image=id_of("ami") | st.just("/aws/service/debian/release/12/latest/{architecture}")))
        drawn |= draw(st.just({}) | part({"nat": st.just(True), "private_subnets": several(private, 1)}))
    drawn |= draw(part(mode=st.sampled_from(["ssm", "instance-connect", *(["ssh"] if ssh else [])])))
    if drawn.get("mode") == "ssh":
        from_world = drawn.get("i_know") and not closed
        blocks = ANY_BLOCK | st.sampled_from(WORLD) if from_world else ANY_BLOCK
        drawn["allow"] = draw(st.lists(blocks, min_size=1, max_size=3, unique=True))
    return drawn
