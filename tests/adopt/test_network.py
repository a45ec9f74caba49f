"""The network, its security groups and key pairs are adopted as they are, and what has no words is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import resources
from awsbase.samples.network import ALICE_KEY
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import adopted
from tests.adopt.reconciled import reasons
from tests.contract.sample import HOME, go, problems

HEAD = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
SECTIONS = ("network", "security_groups", "key_pairs")


def made(text: str) -> tuple[Sandbox, dict[str, Resource]]:
    """Return an account that a manifest has made, and what it made."""
    wanted = [each for several in resources(load_text(HEAD + text, Path("acme.yaml"), {})).values() for each in several]
    sandbox = Sandbox(pages=2)
    assert problems(go(sandbox, "reconcile", wanted)) == []
    return sandbox, {each.address: each for each in wanted}


def sections(text: str) -> str:
    """Return what a manifest says below its head."""
    return text.partition("region: eu-west-1")[2].lstrip("}\n ")


def ec2(sandbox: Sandbox) -> Any:
    return sandbox.client("ec2", HOME.region)


USUAL = "network: {zones: 3}\n"
ANOTHER = "network:\n  {name: shop, cidr: 10.7.0.0/20, ipv6: false, zones: [c, a], s3_endpoint: false}\n"
GROUPS = """
security_groups:
  web:
    description: what customers reach
    ingress:
      - {ports: 443, cidr: [0.0.0.0/0, "::/0"], description: customers}
      - {ports: 8000-8010, groups: [web]}
      - {protocol: icmp, cidr: [192.0.2.0/24]}
  db:
    ingress: [{ports: 5432, groups: [web, app]}]
    egress: []
  app:
    ingress: [{protocol: all, groups: [db]}]
    egress: [{protocol: udp, ports: 53, prefix_lists: [pl-0123456789abcdef0]}]
"""
PAIRS = f'key_pairs:\n  alice: {{public_key: "{ALICE_KEY}"}}\n'


@pytest.mark.parametrize(
    "text",
    [USUAL + PAIRS, ANOTHER + GROUPS, "network: {vpc: default}\n" + GROUPS],
    ids=["the usual network", "another with groups in it", "groups in the default VPC"],
)
def test_what_a_manifest_made_is_adopted_and_compiles_to_the_same(text: str) -> None:
    sandbox, want = made(text)
    sandbox.calls.clear()
    found = adopted(sandbox, only=SECTIONS)
    assert [call.name for call in sandbox.calls if call.writes] == []
    assert found.proven.refuted == {}
    assert reasons(found) == {}
    assert found.proven.plan.changes == []
    assert found.resources == want
    by_itself = {"default-security-group/acme", "default-security-group/shop", "existing-subnet/default"}
    assert want.keys() - set(found.count.described) <= by_itself


def others(sandbox: Sandbox, *, way_out: bool = True) -> dict[str, str]:
    """Build a VPC as others do: a public subnet, a private one, and a machine in it; return the ids."""
    client = ec2(sandbox)
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    public, private = (
        client.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in range(2)
    )
    client.create_network_interface(SubnetId=private)
    if way_out:
        gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        client.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        client.associate_route_table(RouteTableId=table, SubnetId=public)
    return {"vpc": vpc, "public": public, "private": private}


def test_a_vpc_that_others_made_is_one_that_is_there() -> None:
    sandbox = Sandbox()
    ids = others(sandbox)
    found = adopted(sandbox, only=SECTIONS)
    assert sections(found.text) == f"network:\n  vpc: {ids['vpc']}\n  subnets: [{ids['public']}]\n"
    assert reasons(found)[f"existing-subnet/{ids['private']}"] == ("private: a network names its public subnets",)
    assert {f"existing-vpc/{ids['vpc']}", f"existing-subnet/{ids['public']}"} <= set(found.count.described)


def test_a_vpc_without_a_way_out_has_no_words_and_neither_have_its_groups() -> None:
    sandbox = Sandbox()
    ids = others(sandbox, way_out=False)
    ec2(sandbox).create_security_group(GroupName="web", Description="web", VpcId=ids["vpc"])
    found = adopted(sandbox, only=SECTIONS)
    assert sections(found.text) == ""
    told = reasons(found)
    assert told[f"existing-vpc/{ids['vpc']}"][0].startswith("subnets: none leads to an internet gateway")
    assert told["security-group/web"] == ("vpc: a manifest cannot have this VPC as its network",)


def test_of_several_vpcs_the_one_with_machines_is_the_network() -> None:
    sandbox = Sandbox()
    lived_in = others(sandbox)
    empty = ec2(sandbox).create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    found = adopted(sandbox, only=SECTIONS)
    assert f"vpc: {lived_in['vpc']}" in found.text
    why = f"a manifest says one network, and that is {lived_in['vpc']}"
    assert reasons(found)[f"existing-vpc/{empty}"] == (why,)


def test_the_default_vpc_is_the_network_if_something_lives_there() -> None:
    sandbox = Sandbox()
    client = ec2(sandbox)
    assert sections(adopted(sandbox, only=SECTIONS).text) == ""
    client.create_network_interface(SubnetId=client.describe_subnets()["Subnets"][0]["SubnetId"])
    found = adopted(sandbox, only=SECTIONS)
    assert sections(found.text) == "network:\n  vpc: default\n"
    assert reasons(found) == {}
    assert sum(each.startswith("existing-subnet/") for each in found.count.described) == 3


def no_gateway(sandbox: Sandbox) -> None:
    (gateway,) = (
        each
        for each in ec2(sandbox).describe_internet_gateways()["InternetGateways"]
        if any(tag["Key"] == "awsbase:address" for tag in each["Tags"])
    )
    id = gateway["InternetGatewayId"]
    ec2(sandbox).detach_internet_gateway(InternetGatewayId=id, VpcId=gateway["Attachments"][0]["VpcId"])


def open_default_group(sandbox: Sandbox) -> None:
    client = ec2(sandbox)
    (vpc,) = client.describe_vpcs(Filters=[{"Name": "tag:awsbase:address", "Values": ["vpc/acme"]}])["Vpcs"]
    wanted = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = client.describe_security_groups(Filters=wanted)["SecurityGroups"]
    every = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    client.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=every)


@pytest.mark.parametrize(
    ("spoil", "fields"),
    [
        (no_gateway, {"internet-gateway/acme": ("no attachment",)}),
        (open_default_group, {"default-security-group/acme": ("rules inward",)}),
    ],
    ids=["gateway detached", "default group opened"],
)
def test_a_network_of_awsbase_that_somebody_changed_is_one_that_is_there(
    spoil: Callable[[Sandbox], None], fields: dict[str, tuple[str, ...]]
) -> None:
    sandbox, _ = made("network: {}\n")
    spoil(sandbox)
    found = adopted(sandbox, only=SECTIONS)
    assert found.proven.refuted == fields
    assert "vpc: vpc-" in found.text or found.proven.drafts[0].value is None
    assert "vpc/acme" in reasons(found)
    assert found.proven.plan.changes == []


def permissions(*rules: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **rule} for rule in rules]


def test_rules_that_have_no_words_are_named_and_others_name_the_group_by_its_id() -> None:
    sandbox = Sandbox()
    client = ec2(sandbox)
    vpc = client.describe_vpcs()["Vpcs"][0]["VpcId"]

    def group(name: str, *rules: dict[str, Any], description: str = "made by hand") -> str:
        id = client.create_security_group(GroupName=name, Description=description, VpcId=vpc)["GroupId"]
        client.authorize_security_group_ingress(GroupId=id, IpPermissions=permissions(*rules))
        return str(id)

    office = [{"CidrIp": "192.0.2.0/24"}]
    tunnel = group("tunnel", {"IpProtocol": "50", "FromPort": -1, "ToPort": -1, "IpRanges": office})
    group("ping", {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": office})
    group("web", {"UserIdGroupPairs": [{"GroupId": tunnel, "Description": "tunnel"}]})
    group("{name}", {"IpRanges": office})
    found = adopted(sandbox, only=SECTIONS)
    assert reasons(found) == {
        "security-group/tunnel": ("ingress 50 -1 from 192.0.2.0/24: protocol 50",),
        "security-group/ping": ("ingress icmp 8--1 from 192.0.2.0/24: a type of ICMP",),
        "security-group/{name}": ("name: a manifest fills in what stands in braces",),
    }
    assert f"groups: [{tunnel}]" in found.text
    assert "security-group/web" in found.count.described


def test_what_others_made_keeps_the_name_that_they_gave_it() -> None:
    sandbox = Sandbox()
    client = ec2(sandbox)
    tags = [{"ResourceType": "key-pair", "Tags": [{"Key": "Name", "Value": "Alice's laptop"}]}]
    client.import_key_pair(KeyName="alice", PublicKeyMaterial=ALICE_KEY.encode(), TagSpecifications=tags)
    found = adopted(sandbox, only=SECTIONS)
    assert found.count.described == ("key-pair/alice",)

    go(sandbox, "reconcile", list(found.resources.values()))
    (pair,) = client.describe_key_pairs()["KeyPairs"]
    held = {tag["Key"]: tag["Value"] for tag in pair["Tags"]}
    assert held == {"Name": "Alice's laptop", "awsbase:address": "key-pair/alice"}


def test_key_pairs_that_a_manifest_cannot_hold_are_named() -> None:
    sandbox = Sandbox()
    for name in ("alice", "{id}"):
        ec2(sandbox).import_key_pair(KeyName=name, PublicKeyMaterial=ALICE_KEY.encode())
    ec2(sandbox).create_key_pair(KeyName="old", KeyType="rsa")
    found = adopted(sandbox, only=SECTIONS)
    alice, old = (f"  {name}:\n    public_key: {key}" for name, key in (("alice", ALICE_KEY), ("old", "ssh-rsa AAAA")))
    assert sections(found.text).startswith(f"key_pairs:\n{alice}\n{old}")
    assert reasons(found) == {"key-pair/{id}": ("name: a manifest fills in what stands in braces",)}
