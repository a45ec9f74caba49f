"""Each check of the doctor fails alone, with its finding, when its subject is broken."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.aws import Aws
from awsbase.bastion.doctor import Check, Examined, examine
from awsbase.bastion.host import Host, host
from awsbase.engine.facts import Facts
from awsbase.sandbox import Sandbox
from awsbase.userdata import Mode

pytestmark = pytest.mark.slow

REGION, ADDRESS = "eu-west-1", "instance/acme-bastion"
TAG = [{"Key": "awsbase:address", "Value": ADDRESS}]
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
TRUST = """{"Version": "2012-10-17", "Statement":
    [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"""


class Ward:
    """A bastion made by hand in a sandbox, sound as in mode ssm."""

    def __init__(self, *, tagged: bool = True) -> None:
        self.sandbox = Sandbox()
        self.ec2 = self.sandbox.client("ec2", REGION)
        iam = self.iam = self.sandbox.client("iam")
        iam.create_role(RoleName="bastion", AssumeRolePolicyDocument=TRUST)
        iam.attach_role_policy(RoleName="bastion", PolicyArn=CORE)
        iam.create_instance_profile(InstanceProfileName="bastion")
        iam.add_role_to_instance_profile(InstanceProfileName="bastion", RoleName="bastion")
        self.sandbox.clock.advance(60)

        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/26")["Subnet"]["SubnetId"]
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        tables = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])
        self.table = tables["RouteTables"][0]["RouteTableId"]
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)
        self.group = self.ec2.create_security_group(GroupName="b", Description="b", VpcId=self.vpc)["GroupId"]
        images = self.ec2.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])
        interface = {
            "DeviceIndex": 0,
            "SubnetId": self.subnet,
            "Groups": [self.group],
            "AssociatePublicIpAddress": True,
        }
        launch: dict[str, Any] = {
            "ImageId": images["Images"][0]["ImageId"],
            "InstanceType": "t3.nano",
            "MinCount": 1,
            "MaxCount": 1,
            "IamInstanceProfile": {"Name": "bastion"},
            "NetworkInterfaces": [interface],
            "TagSpecifications": [{"ResourceType": "instance", "Tags": TAG}] if tagged else [],
        }
        # A profile that was just made is unknown to EC2 at first.
        for _ in range(4):
            with contextlib.suppress(ClientError):
                self.ec2.run_instances(**launch)
                break

    def look(self, mode: Mode = "ssm", change: Callable[[Host], Host] = lambda host: host) -> list[Check]:
        with ThreadPoolExecutor(4) as readers:
            facts = Facts(Aws(self.sandbox.session(None, REGION), REGION), readers)
            found = facts.read(host, REGION, ADDRESS)
            assert found is not None
            return list(examine(facts, Examined(change(found), mode, REGION, nat=False), self.sandbox.clock.now()))

    def open(self, port: int, **source: Sequence[dict[str, str]]) -> None:
        rule: Any = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
        self.ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[rule])


def wrong(checks: Sequence[Check]) -> dict[str, str]:
    assert all(check.hint for check in checks if not check.fine)
    return {check.subject: check.finding for check in checks if not check.fine}


def test_a_sound_bastion_passes_every_check() -> None:
    checks = Ward().look()
    assert wrong(checks) == {}
    assert [check.subject for check in checks] == [
        "instance",
        "security group",
        "way out",
        "route",
        "profile",
        "Systems Manager",
    ]


def drop_route(ward: Ward) -> None:
    ward.ec2.delete_route(RouteTableId=ward.table, DestinationCidrBlock="0.0.0.0/0")


def close_out(ward: Ward) -> None:
    everything: Any = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ward.ec2.revoke_security_group_egress(GroupId=ward.group, IpPermissions=everything)


def detach_core(ward: Ward) -> None:
    ward.iam.detach_role_policy(RoleName="bastion", PolicyArn=CORE)


def empty_profile(ward: Ward) -> None:
    ward.iam.remove_role_from_instance_profile(InstanceProfileName="bastion", RoleName="bastion")


@pytest.mark.parametrize(
    ("spoil", "subject", "expected"),
    [
        (drop_route, "route", "has no way out: no default route"),
        (close_out, "way out", "does not let https out"),
        (detach_core, "profile", "the role bastion lacks AmazonSSMManagedInstanceCore"),
        (empty_profile, "profile", "the instance profile bastion holds no role"),
        (
            lambda ward: ward.open(22, IpRanges=[{"CidrIp": "203.0.113.0/24"}]),
            "security group",
            "lets in tcp 22 from 203.0.113.0/24, and mode ssm needs no open port",
        ),
        (
            lambda ward: ward.open(22, IpRanges=[{"CidrIp": "0.0.0.0/0"}]),
            "security group",
            "lets in tcp 22 from 0.0.0.0/0: open to the whole internet",
        ),
    ],
    ids=["route", "egress", "policy", "profile", "open port", "open to all"],
)
def test_a_broken_part_fails_its_check_and_no_other(spoil: Callable[[Ward], None], subject: str, expected: str) -> None:
    ward = Ward()
    spoil(ward)
    found = wrong(ward.look())
    assert list(found) == [subject]
    assert expected in found[subject]


def test_mode_ssh_needs_an_open_port() -> None:
    ward = Ward()
    assert "lets in nothing, and mode ssh needs tcp 22" in wrong(ward.look("ssh"))["security group"]
    ward.open(22, IpRanges=[{"CidrIp": "203.0.113.0/24"}])
    assert wrong(ward.look("ssh")) == {}


def test_an_instance_without_a_profile_or_an_address_is_reported() -> None:
    ward = Ward()
    assert list(wrong(ward.look(change=lambda host: replace(host, profile=None)))) == ["profile"]
    no_address = wrong(ward.look(change=lambda host: replace(host, public_ip=None)))
    assert "has no public address to go out with" in no_address["route"]


def test_an_agent_that_never_registered_is_reported() -> None:
    found = wrong(Ward().look(change=lambda host: replace(host, id="i-0123456789abcdef0")))
    assert "has no registration of i-0123456789abcdef0" in found["Systems Manager"]


def test_another_address_is_another_host() -> None:
    ward = Ward(tagged=False)
    with ThreadPoolExecutor(1) as readers:
        facts = Facts(Aws(ward.sandbox.session(None, REGION), REGION), readers)
        assert facts.read(host, REGION, ADDRESS) is None
