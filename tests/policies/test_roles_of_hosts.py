"""What the roles of hosts may do, by the evaluator: a build with Packer step by step, and credentials that leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from awsbase import policies
from awsbase.access.decision import Call, is_allowed
from awsbase.manifest.grants import whole
from awsbase.manifest.only_from import from_here, on_hosts_here
from awsbase.policies.document import size
from tests.policies.evaluate import AccessRequest, allowed
from tests.policies.test_curated import VALUES

EC2 = "arn:aws:ec2:eu-west-1:123456789012:"
IMAGE, SNAPSHOT = "arn:aws:ec2:eu-west-1::image/ami-1", "arn:aws:ec2:eu-west-1::snapshot/snap-1"
INSTANCE, VOLUME, GROUP = f"{EC2}instance/i-1", f"{EC2}volume/vol-1", f"{EC2}security-group/sg-1"
KEY_PAIR, SUBNET, INTERFACE, VPC = (
    f"{EC2}{name}" for name in ("key-pair/packer_6a1", "subnet/subnet-1", "network-interface/eni-1", "vpc/vpc-1")
)
PARAMETER = "arn:aws:ssm:eu-west-1::parameter/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
DOCUMENTS = "arn:aws:ssm:eu-west-1::document/"
SESSION = "arn:aws:ssm:eu-west-1:123456789012:session/packer-1"
TAGGED = {"aws:RequestTag/Packer": "packer"}
OF_OTHERS = {"aws:RequestTag/Packer": "theirs"}
OURS = {"aws:ResourceTag/Packer": "packer"}
THEIRS = {"aws:ResourceTag/Packer": "theirs"}
UNNAMED = {"ssm:SessionDocumentAccessCheck": "false"}
CHECKED = {"ssm:SessionDocumentAccessCheck": "true"}
TO_EC2 = {"iam:PassedToService": "ec2.amazonaws.com"}
OWN = {"aws:userid": "AROA1:ci", "ssm:resourceTag/aws:ssmmessages:session-id": "AROA1:ci"}
NOT_OWN = {"aws:userid": "AROA1:ci", "ssm:resourceTag/aws:ssmmessages:session-id": "AROA1:alice"}
BUILD, PROFILE = str(VALUES["build_role"]), str(VALUES["build_profile"])
KEYS = [
    *(TAGGED | OURS | CHECKED | TO_EC2 | OWN),
    *("ec2:CreateAction", "aws:SourceVpc", "aws:SourceIp", "aws:ViaAWSService", "aws:EC2InstanceSourceVPC"),
    "ec2:SourceInstanceARN",
]


def decided(documents: Sequence[dict[str, Any]], action: str, resource: str, keys: Mapping[str, str]) -> bool:
    """Return what two evaluators that share no code say about a call: they must agree."""
    known = {key.lower(): (keys[key],) if key in keys else () for key in KEYS}
    held = is_allowed(Call(action, resource, known), documents)
    assert held is allowed(documents, AccessRequest(action, resource, keys))
    return bool(held)


def at_launch(action: str) -> dict[str, str]:
    return {**TAGGED, "ec2:CreateAction": action}


# In the order of hashicorp/packer-plugin-amazon, builder/ebs/builder.go, with a connection by Session Manager.
STEPS: list[tuple[str, str, dict[str, str]]] = [
    ("ssm:GetParameter", PARAMETER, {}),
    ("ec2:DescribeImages", "*", {}),
    ("ec2:DescribeVpcs", "*", {}),
    ("ec2:DescribeSubnets", "*", {}),
    ("ec2:DescribeInstanceTypeOfferings", "*", {}),
    ("ec2:CreateKeyPair", KEY_PAIR, TAGGED),
    ("ec2:CreateTags", KEY_PAIR, at_launch("CreateKeyPair")),
    ("ec2:CreateSecurityGroup", f"{EC2}security-group/*", TAGGED),
    ("ec2:CreateSecurityGroup", VPC, {}),
    ("ec2:CreateTags", f"{EC2}security-group/*", at_launch("CreateSecurityGroup")),
    ("ec2:DescribeSecurityGroups", "*", {}),
    ("iam:GetInstanceProfile", PROFILE, {}),
    ("ec2:RunInstances", IMAGE, {}),
    ("ec2:RunInstances", SUBNET, {}),
    ("ec2:RunInstances", INTERFACE, TAGGED),
    ("ec2:RunInstances", INSTANCE, TAGGED),
    ("ec2:RunInstances", VOLUME, TAGGED),
    ("ec2:RunInstances", KEY_PAIR, OURS),
    ("ec2:RunInstances", GROUP, OURS),
    ("ec2:CreateTags", INSTANCE, at_launch("RunInstances")),
    ("ec2:CreateTags", VOLUME, at_launch("RunInstances")),
    ("iam:PassRole", BUILD, TO_EC2),
    ("ec2:DescribeInstances", "*", {}),
    ("ec2:DescribeVolumes", "*", {}),
    ("ssm:StartSession", INSTANCE, {**OURS, **CHECKED}),
    ("ssm:StartSession", f"{DOCUMENTS}AWS-StartPortForwardingSession", CHECKED),
    ("ssm:TerminateSession", SESSION, OWN),
    ("ec2:StopInstances", INSTANCE, OURS),
    ("ec2:CreateImage", INSTANCE, OURS),
    ("ec2:CreateImage", "arn:aws:ec2:eu-west-1::image/*", TAGGED),
    ("ec2:CreateImage", "arn:aws:ec2:eu-west-1::snapshot/*", TAGGED),
    ("ec2:CreateTags", "arn:aws:ec2:eu-west-1::image/*", at_launch("CreateImage")),
    ("ec2:CreateTags", IMAGE, {**OURS, **TAGGED}),
    ("ec2:CreateTags", SNAPSHOT, OURS),
    ("ec2:DescribeSnapshots", "*", {}),
    ("ec2:TerminateInstances", INSTANCE, OURS),
    ("ec2:DeleteVolume", VOLUME, OURS),
    ("ec2:DeleteSecurityGroup", GROUP, OURS),
    ("ec2:DeleteKeyPair", KEY_PAIR, OURS),
    ("ec2:DeregisterImage", IMAGE, OURS),
    ("ec2:DeleteSnapshot", SNAPSHOT, OURS),
]
NEVER: list[tuple[str, str, str, dict[str, str]]] = [
    ("open a port", "ec2:AuthorizeSecurityGroupIngress", GROUP, OURS),
    ("launch without the tag", "ec2:RunInstances", INSTANCE, {}),
    ("launch under the tag of another", "ec2:RunInstances", INSTANCE, OF_OTHERS),
    ("launch a volume without the tag", "ec2:RunInstances", VOLUME, {}),
    ("launch into a group of others", "ec2:RunInstances", GROUP, {}),
    ("launch with a key of others", "ec2:RunInstances", f"{EC2}key-pair/alice", THEIRS),
    ("make a key pair under any name", "ec2:CreateKeyPair", f"{EC2}key-pair/alice", TAGGED),
    ("hand out another role", "iam:PassRole", "arn:aws:iam::123456789012:role/admin", TO_EC2),
    ("hand the role to another service", "iam:PassRole", BUILD, {"iam:PassedToService": "lambda.amazonaws.com"}),
    ("look for other profiles", "iam:GetInstanceProfile", "arn:aws:iam::123456789012:instance-profile/app", {}),
    ("stop an instance of others", "ec2:StopInstances", INSTANCE, {}),
    ("terminate an instance of others", "ec2:TerminateInstances", INSTANCE, THEIRS),
    ("make an image of another's instance", "ec2:CreateImage", INSTANCE, {}),
    ("delete an image of others", "ec2:DeregisterImage", IMAGE, {}),
    ("delete a snapshot of others", "ec2:DeleteSnapshot", SNAPSHOT, THEIRS),
    ("share an image", "ec2:ModifyImageAttribute", IMAGE, OURS),
    ("share a snapshot", "ec2:ModifySnapshotAttribute", SNAPSHOT, OURS),
    ("take over by a tag", "ec2:CreateTags", INSTANCE, TAGGED),
    ("take over an image by a tag", "ec2:CreateTags", IMAGE, TAGGED),
    ("give an image away by a tag", "ec2:CreateTags", IMAGE, {**OURS, **OF_OTHERS}),
    ("take tags off", "ec2:DeleteTags", INSTANCE, OURS),
    ("read user data", "ec2:DescribeInstanceAttribute", INSTANCE, OURS),
    ("change an instance", "ec2:ModifyInstanceAttribute", INSTANCE, OURS),
    ("a session with a host of others", "ssm:StartSession", INSTANCE, CHECKED),
    ("a session that names no document", "ssm:StartSession", INSTANCE, OURS | UNNAMED),
    ("a shell", "ssm:StartSession", f"{DOCUMENTS}SSM-SessionManagerRunShell", CHECKED),
    ("end another's session", "ssm:TerminateSession", SESSION, NOT_OWN),
    ("run a command", "ssm:SendCommand", INSTANCE, OURS),
    ("read a parameter of its own account", "ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/a", {}),
    ("read an object", "s3:GetObject", "arn:aws:s3:::acme-state/x", {}),
]  # fmt: skip
PACKER = [policies.render("packer", VALUES)]


@pytest.mark.parametrize(("action", "resource", "keys"), STEPS, ids=[f"{each[0]} {n}" for n, each in enumerate(STEPS)])
def test_each_step_of_a_build_is_allowed(action: str, resource: str, keys: dict[str, str]) -> None:
    assert decided(PACKER, action, resource, keys)


@pytest.mark.parametrize(("action", "resource", "keys"), [each[1:] for each in NEVER], ids=[each[0] for each in NEVER])
def test_a_build_can_never(action: str, resource: str, keys: dict[str, str]) -> None:
    assert not decided(PACKER, action, resource, keys)


def test_another_builder_lives_beside_it() -> None:
    other = [policies.render("packer", {**VALUES, "packer": "theirs"})]
    assert decided(other, "ec2:TerminateInstances", INSTANCE, THEIRS)
    assert not decided(other, "ec2:TerminateInstances", INSTANCE, OURS)


def test_the_policy_fits_into_a_role_beside_others() -> None:
    assert size(PACKER[0]) < 5_000


EVERYTHING = whole([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
HOME, NAT = "vpc-11111111", "203.0.113.7/32"
HOST = {
    "ec2:SourceInstanceARN": INSTANCE,
    "aws:EC2InstanceSourceVPC": HOME,
    "aws:ViaAWSService": "false",
}
ELSEWHERE = {"aws:SourceIp": "198.51.100.9"}
BY_ENDPOINT, BY_NAT = {"aws:SourceVpc": HOME}, {"aws:SourceIp": "203.0.113.7"}


@pytest.mark.parametrize(
    ("addresses", "action", "keys", "answer"),
    [
        ([], "s3:GetObject", HOST | BY_ENDPOINT, True),
        ([], "s3:GetObject", HOST | ELSEWHERE, False),
        ([], "s3:GetObject", HOST | BY_NAT, False),
        ([], "s3:GetObject", HOST | {"aws:SourceVpc": "vpc-22222222"}, False),
        ([], "ssmmessages:OpenDataChannel", HOST | ELSEWHERE, True),
        ([], "sts:AssumeRole", HOST | ELSEWHERE, False),
        ([], "kms:Decrypt", HOST | ELSEWHERE | {"aws:ViaAWSService": "true"}, True),
        ([NAT], "sts:AssumeRole", HOST | BY_NAT, True),
        ([NAT], "s3:GetObject", HOST | BY_ENDPOINT, True),
        ([NAT], "s3:GetObject", HOST | ELSEWHERE, False),
        ([NAT], "ssmmessages:OpenDataChannel", HOST | ELSEWHERE, False),
        ([], "s3:GetObject", HOST | BY_ENDPOINT | {"aws:EC2InstanceSourceVPC": "vpc-22222222"}, False),
        ([], "ssmmessages:OpenDataChannel", HOST | ELSEWHERE | {"aws:EC2InstanceSourceVPC": "vpc-22222222"}, False),
        ([], "s3:GetObject", {"aws:ViaAWSService": "false"} | BY_ENDPOINT, True),
    ],
    ids=[
        "by an endpoint",
        "stolen: from elsewhere",
        "by a NAT gateway that nobody named",
        "by an endpoint of another VPC",
        "an agent, without an endpoint",
        "a service without an endpoint",
        "a service on behalf of the host",
        "by the NAT gateway",
        "by an endpoint beside it",
        "stolen, with a NAT gateway",
        "an agent goes by the NAT gateway too",
        "a host of another VPC, by an endpoint",
        "an agent of a host of another VPC",
        "credentials of no host, in the VPC",
    ],
)
def test_credentials_are_of_use_in_the_vpc_alone(
    addresses: list[str], action: str, keys: dict[str, str], answer: bool
) -> None:
    only = whole([from_here([HOME], addresses), on_hosts_here([HOME])])
    assert decided([EVERYTHING, only], action, "*", keys) is answer


def test_several_vpcs_and_addresses_are_any_of_them() -> None:
    only = whole([from_here([HOME, "vpc-33333333"], [NAT, "198.51.100.0/28"]), on_hosts_here([HOME, "vpc-33333333"])])
    there = HOST | {"aws:EC2InstanceSourceVPC": "vpc-33333333"}
    assert decided([EVERYTHING, only], "s3:GetObject", "*", there | {"aws:SourceVpc": "vpc-33333333"})
    assert decided([EVERYTHING, only], "s3:GetObject", "*", there | ELSEWHERE)
    assert not decided([EVERYTHING, only], "s3:GetObject", "*", there | {"aws:SourceIp": "192.0.2.1"})
