"""A sample of a server's launch template, with its group, its role and its key pair."""

from typing import Any

from awsbase.ensure.existing_vpc import ExistingVpc
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.key_pair import KeyPair
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.role import Role
from awsbase.ensure.security_group import SecurityGroup
from awsbase.facts.images import AMAZON_LINUX
from awsbase.samples.iam import trusting
from awsbase.samples.network import ALICE_KEY
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

VPC = ExistingVpc(scope=HOME)
GROUP = SecurityGroup(scope=HOME, name="server", vpc=VPC.address)
ROLE = Role(scope=HOME, name="server", trust=trusting("ec2.amazonaws.com"))
PROFILE = InstanceProfile(scope=HOME, name="server", role="server")
PAIR = KeyPair(scope=HOME, name="server", public_key=f"{ALICE_KEY} alice@acme")
SERVER = LaunchTemplate(
    scope=HOME,
    name="server",
    type="t4g.small",
    image=AMAZON_LINUX,
    profile=PROFILE.address,
    groups=(GROUP.address,),
    subnet="",
    public=None,
    user_data="#!/bin/sh\ntrue\n",
    key_pair="server",
    monitoring=True,
    launched_tags={"owner": "platform", "Name": "server"},
    made_here=(PAIR.address,),
    tags={"owner": "platform"},
)


def other_version(aws: Reached, **changed: Any) -> None:
    """Give the template another default version, which says some things otherwise."""
    client = aws.client("ec2", HOME.region)
    named = {"LaunchTemplateName": SERVER.name}
    held = client.describe_launch_template_versions(**named, Versions=["$Default"])["LaunchTemplateVersions"][0]
    data = {**held["LaunchTemplateData"], **changed}
    made = client.create_launch_template_version(**named, LaunchTemplateData=data)["LaunchTemplateVersion"]
    client.modify_launch_template(**named, DefaultVersion=str(made["VersionNumber"]))


SAMPLES = (
    Sample(
        "launch template",
        [VPC, GROUP, ROLE, PROFILE, PAIR, SERVER],
        tamperings={
            "launched on the Spot market alone": Tampering(
                lambda aws: other_version(aws, InstanceMarketOptions={"MarketType": "spot"}),
                ["launch-template/server: update contents", "launch-template/server: update default version"],
            ),
            "other tags at launch": Tampering(
                lambda aws: other_version(
                    aws, TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "owner", "Value": "me"}]}]
                ),
                ["launch-template/server: update contents", "launch-template/server: update default version"],
            ),
        },
    ),
)
