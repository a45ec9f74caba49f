"""Where the credentials of a host are of use: in its VPC, and from the addresses of its way out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo

from awsbase.manifest.blocks import PRIVATE
from awsbase.manifest.paths import shown
from awsbase.manifest.section import invalid
from awsbase.manifest.values import expand
from awsbase.policies import Document

VPC = re.compile(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})")
MADE_HERE = "vpc/"
# What the agents on the host speak over the internet, where there are no private endpoints for it. The rest of what
# the role may do is of no use outside of the VPC.
AGENTS = [
    "ec2messages:*",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "ssm:DescribeAssociation",
    "ssm:DescribeDocument",
    "ssm:GetDeployablePatchSnapshotForInstance",
    "ssm:GetDocument",
    "ssm:GetManifest",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:PutComplianceItems",
    "ssm:PutConfigurePackageResult",
    "ssm:PutInventory",
    "ssm:UpdateAssociationStatus",
    "ssm:UpdateInstanceAssociationStatus",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:*",
]


def place(value: str, info: ValidationInfo) -> str:
    """Accept a VPC, by its name here or by its id, or a block of public addresses.

    Raises PydanticCustomError for any other.
    """
    value = expand(value, info)
    if VPC.fullmatch(value) or (value.startswith(MADE_HERE) and value != MADE_HERE):
        return value
    try:
        block = ip_network(value)
    except ValueError:
        hint = "write vpc/NAME, a VPC by its id, vpc-…, or the public address of a NAT gateway, 203.0.113.7/32"
        raise invalid(f"{shown(value)} is no VPC and no block of addresses", hint) from None
    if block.prefixlen == 0:
        raise invalid(f"{value} is everywhere", "write the address of your NAT gateway, or leave it out")
    if block.version == 4 and any(block.subnet_of(private) for private in PRIVATE):
        raise invalid(f"AWS never sees {value}, which is private", "write the public address of the NAT gateway")
    return value


Place = Annotated[str, AfterValidator(place)]


def one(values: Sequence[object]) -> object:
    """Return a single value by itself, and several as a list."""
    return values[0] if len(values) == 1 else list(values)


def from_here(vpcs: Sequence[object], addresses: Sequence[object]) -> Document:
    """Make the statement that makes leaked credentials useless: from elsewhere they may do nothing.

    Calls through an endpoint of the VPC say so. Calls over the internet show their address, which only tells the host
    from others when it is fixed. Without a fixed address the agents' own calls are accepted from everywhere.
    """
    elsewhere: dict[str, Any] = {
        "StringNotEquals": {"aws:SourceVpc": one(vpcs)},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
    }
    if addresses:
        elsewhere["NotIpAddress"] = {"aws:SourceIp": one(addresses)}
    what: Mapping[str, Any] = {"Action": "*"} if addresses else {"NotAction": AGENTS}
    return {"Sid": "OnlyFromHere", "Effect": "Deny", **what, "Resource": "*", "Condition": elsewhere}


def on_hosts_here(vpcs: Sequence[object]) -> Document:
    """Make the statement that denies everything to credentials that a host of another VPC was given.

    EC2 puts the VPC of the host into its credentials. That alone would not tell where they are used:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-ec2instancesourcevpc
    """
    return {
        "Sid": "OnlyOnHostsHere",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "StringNotEquals": {"aws:EC2InstanceSourceVPC": one(vpcs)},
            "Null": {"ec2:SourceInstanceARN": "false"},
            "BoolIfExists": {"aws:ViaAWSService": "false"},
        },
    }
