"""The network, security_groups and key_pairs sections."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.dependencies import dependencies
from awsbase.engine.references import Reference
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from tests.manifest.saying import ACCOUNT, mistakes, source

ALICE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4nzsZ3Fv3m4GkgPR1ZQ3nVEmUNVx0Vh1KQnMrk0EVq"


def of(text: str, home: str = "eu-west-1") -> dict[str, Any]:
    """Return the resources of a manifest by address, in the order of their dependencies."""
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    everything = [resource for each in resources(manifest).values() for resource in each]
    dependencies(everything)
    return {resource.address: resource for resource in everything}


OWN = [
    "vpc/acme",
    "subnet/acme-public-1",
    "subnet/acme-public-2",
    "default-security-group/acme",
    "internet-gateway/acme",
    "route-table/acme-public",
    "gateway-endpoint/acme-s3",
]
WEB = "security_groups: {web: {ingress: [{ports: 443, cidr: [192.0.2.0/24]}]}}"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("network: {}", OWN),
        ("network: {zones: [b], s3_endpoint: false}", [*OWN[:2], *OWN[3:6]]),
        ("network: {flow_logs: {}}", [*OWN, "bucket/acme-flow-logs", "vpc-flow-log/acme"]),
        ("network: {vpc: default}", ["existing-vpc/default", "existing-subnet/default"]),
        (
            "network: {vpc: {Name: main}, subnets: [subnet-0123456789abcdef0, {Name: dmz}]}",
            ["existing-vpc/Name=main", "existing-subnet/subnet-0123456789abcdef0", "existing-subnet/Name=dmz"],
        ),
        (WEB, ["existing-vpc/default", "security-group/web"]),
        (f"network: {{}}\n{WEB}", [*OWN, "security-group/web"]),
        (f'key_pairs: {{"{{name}}-alice": {{public_key: "{ALICE} alice@acme"}}}}', ["key-pair/acme-alice"]),
    ],
    ids=[
        "empty",
        "one zone",
        "logged",
        "the default one",
        "one that is there",
        "a group alone",
        "a group in it",
        "key pair",
    ],
)
def test_network_sections_list_their_resources(text: str, addresses: list[str]) -> None:
    assert list(of(text)) == addresses


def test_each_subnet_has_an_eighth_of_the_block_and_a_zone() -> None:
    made = of("network: {cidr: 10.1.0.0/16, zones: 3}")
    subnets = [made[f"subnet/acme-public-{number}"] for number in (1, 2, 3)]
    assert [(each.cidr, each.zone, each.ipv6) for each in subnets] == [
        ("10.1.0.0/19", 0, 0),
        ("10.1.32.0/19", 1, 1),
        ("10.1.64.0/19", 2, 2),
    ]


CLOSES = "protect: {admin_ports: {}}\n"
EVERYWHERE = "protect: {flow_logs: {traffic: rejected}}\n"
ABROAD = "protect: {flow_logs: {}, regions: [us-east-1]}\n"


def test_new_vpc_has_its_own_protection_and_protect_covers_other_vpcs() -> None:
    made = of(EVERYWHERE + "network: {}")
    log = made["vpc-flow-log/acme"]
    assert (log.bucket, log.traffic) == ("bucket/acme-flow-logs", "REJECT")
    assert made["flow-logs/account"].but == made["default-groups/account"].but == ("vpc/acme",)


@pytest.mark.parametrize(
    "text",
    [ABROAD + "network: {}", EVERYWHERE + "network: {vpc: default}", "protect: {}\nnetwork: {}"],
    ids=["logged in other regions", "a VPC that is there", "not logged"],
)
def test_only_a_new_vpc_gets_its_own_flow_logs(text: str) -> None:
    assert "vpc-flow-log/acme" not in of(text)


def test_flow_logs_of_another_region_need_another_bucket() -> None:
    made = of(ABROAD + "network: {flow_logs: {bucket: acme-network-logs}}")
    assert made["vpc-flow-log/acme"].bucket == "bucket/acme-network-logs"


def test_without_ipv6_there_is_no_ipv6_route() -> None:
    made = of("network: {ipv6: false}")
    assert made["subnet/acme-public-1"].ipv6 is None
    assert made["route-table/acme-public"].destinations == ("0.0.0.0/0",)


def test_each_source_or_target_is_one_rule() -> None:
    made = of(
        "security_groups:\n"
        "  web: {egress: []}\n"
        "  acme-jump: {egress: []}\n"
        "  db:\n"
        "    ingress:\n"
        "      - {ports: 5432, groups: [web, sg-0123456789abcdef0], description: queries}\n"
        "      - {ports: 22, groups: ['{name}-jump']}\n"
        "      - {protocol: icmp, cidr: [10.0.0.0/8]}\n"
        "      - {protocol: all, prefix_lists: [pl-0123abcd]}\n"
    )
    assert made["security-group/web"].egress == ()
    rules = made["security-group/db"].ingress
    assert [(rule.protocol, rule.ends, rule.other, rule.description) for rule in rules] == [
        ("tcp", (5432, 5432), Reference("security-group/web"), "queries"),
        ("tcp", (5432, 5432), "sg-0123456789abcdef0", "queries"),
        ("tcp", (22, 22), Reference("security-group/acme-jump"), ""),
        ("icmp", (-1, -1), "10.0.0.0/8", ""),
        ("-1", None, "pl-0123abcd", ""),
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("network: {cidr: 10.0.0.1/24}", "write 10.0.0.0/24"),
        ("network: {cidr: 10.0.0.0/28}", "no size"),
        ("network: {cidr: 8.8.8.0/24}", "not a private block"),
        ("network: {vpc: vpc-1}", "no VPC"),
        ("network: {vpc: default, cidr: 10.0.0.0/24}", "for a VPC that is made"),
        ("network: {subnets: [subnet-0123456789abcdef0]}", "name it in vpc"),
        ("network: {zones: 0}", "1"),
        ("network: {vpc: default, flow_logs: {}}", "for a VPC that is made"),
        (EVERYWHERE + "network: {flow_logs: {}}", "protect.flow_logs logs this VPC too"),
        ("security_groups: {sg-web: {}}", "begins like an id"),
        ("security_groups: {web: {description: ''}}", "web.description: EC2 takes no group without a description"),
        ("security_groups: {web: {ingress: [{ports: 22}]}}", "nobody is at the other end"),
        ("security_groups: {web: {ingress: [{cidr: [192.0.2.0/24]}]}}", "needs ports"),
        ("security_groups: {web: {ingress: [{ports: 22, cidr: [192.0.2.1/24]}]}}", "write 192.0.2.0/24"),
        ("security_groups: {web: {ingress: [{ports: 9-1, cidr: [192.0.2.0/24]}]}}", "no port and no range"),
        ("security_groups: {web: {ingress: [{ports: 22, groups: [wbe]}]}}", "no security group called 'wbe'"),
        (
            "security_groups: {web: {egress: [{protocol: icmpv6, cidr: ['::/0', 192.0.2.0/24]}]}}",
            "egress[0]: icmpv6 is not spoken with '192.0.2.0/24', which is IPv4",
        ),
        (
            "security_groups: {web: {ingress: [{ports: 1, cidr: [192.0.2.0/24]}, "
            "{ports: '1', cidr: ['::/0', 192.0.2.0/24], description: x}]}}",
            "ingress[1].cidr[1]: ingress[0] lets '192.0.2.0/24' through already",
        ),
        (
            "security_groups: {web: {egress: [{protocol: all, groups: [web]}, {protocol: all, groups: [web]}]}}",
            "egress[1].groups[0]: egress[0] lets 'web' through already",
        ),
        (CLOSES + "security_groups: {web: {ingress: [{ports: 3389, cidr: ['::/0']}]}}", "admin_ports closes this"),
        ("key_pairs: {alice: {public_key: ecdsa-sha2-nistp256 AAAA}}", "alice"),
    ],
)
def test_mistake_in_network_gives_advice(text: str, part: str) -> None:
    assert part in "\n".join(mistakes(ACCOUNT + text, Manifest))
