"""A launch template defines an instance, and its image is looked up when the template is created."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.ensure.launch_template import (
    KIND,
    LaunchTemplate,
    TemplateFacts,
    launch_template,
    template_tags,
)
from awsbase.ensure.subnet import subnets
from awsbase.facts import tags
from awsbase.facts.images import AMAZON_LINUX, Image, image
from awsbase.facts.launch_templates import launch_templates
from tests.ensure.planned import HOME, KnownFacts, described, planned

PROFILE = "arn:aws:iam::123456789012:instance-profile/host"
ARM = "resolve:ssm:" + AMAZON_LINUX.replace("{architecture}", "arm64")
X86 = "resolve:ssm:" + AMAZON_LINUX.replace("{architecture}", "x86_64")
WANT = LaunchTemplate(
    scope=HOME,
    name="host",
    type="t4g.micro",
    image=AMAZON_LINUX,
    profile="instance-profile/host",
    groups=("security-group/host",),
    subnet="subnet/a",
)
MADE = {"instance-profile/host": PROFILE, "security-group/host": "sg-1", "subnet/a": "subnet-1"}
INTERFACE = {
    "DeviceIndex": 0,
    "SubnetId": "subnet-1",
    "Groups": ["sg-1"],
    "AssociatePublicIpAddress": True,
    "DeleteOnTermination": True,
}
ARN = HOME.arn("ec2", "launch-template/lt-1")
TAGS = {"Name": "host", "awsbase:address": WANT.address}


def changes(
    want: LaunchTemplate, have: TemplateFacts | None, looked_up: str | None = None, indexed: Any = TAGS, **more: Any
) -> list[str]:
    """Plan a template; without an image or `real` tags, reading them is a KeyError."""
    facts: dict[Any, Any] = {launch_template: have, tags.indexed: {ARN: indexed}, subnets: (), launch_templates: {}}
    if more:
        facts[template_tags] = more["real"]
    if looked_up:
        facts[image] = Image("ami-1", looked_up, "/dev/xvda", "arm64")
    return described(planned(want, facts, MADE))


def holding(image: str, type: str = "t4g.micro", device: str = "/dev/xvda") -> TemplateFacts:
    """Return a template as awsbase creates it, with this image, type and root device."""
    root = {"Encrypted": True, "VolumeType": "gp3", "VolumeSize": 8, "DeleteOnTermination": True}
    data = {
        "ImageId": image,
        "InstanceType": type,
        "IamInstanceProfile": {"Arn": PROFILE},
        "BlockDeviceMappings": [{"DeviceName": device, "Ebs": root}],
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1},
        "NetworkInterfaces": [INTERFACE],
    }
    return TemplateFacts("lt-1", data, newest=data)


def test_image_is_looked_up_for_a_new_template() -> None:
    assert changes(WANT, None, ARM) == ["create launch template"]


def test_image_is_looked_up_beforehand_for_a_new_template_alone() -> None:
    ((fact, *names),) = KIND.reads_to_make(WANT)
    fact(KnownFacts({launch_template: holding(ARM)}), *names)
    with pytest.raises(KeyError, match="image"):
        fact(KnownFacts({launch_template: None}), *names)


@pytest.mark.parametrize("image", [ARM, X86])
def test_image_of_an_existing_template_is_not_looked_up_again(image: str) -> None:
    assert changes(WANT, holding(image)) == []


@pytest.mark.parametrize(
    "have",
    [holding(X86, type="t3.micro"), holding("ami-0123"), holding("resolve:ssm:/other")],
    ids=["another type", "an image by its id", "another parameter"],
)
def test_different_image_is_looked_up_again(have: TemplateFacts) -> None:
    assert changes(WANT, have, ARM) == ["update contents", "update default version"]


@pytest.mark.parametrize(
    ("indexed", "real", "expected"),
    [
        ({}, TAGS, []),
        ({"awsbase:address": WANT.address}, {"awsbase:address": WANT.address}, ["update tags"]),
        ({**TAGS, "Name": "other"}, TAGS, []),
    ],
    ids=["tagged, but the index lags", "without its name", "named anew, but the index lags"],
)
def test_tag_is_missing_only_when_ec2_does_not_return_it(indexed: Any, real: Any, expected: list[str]) -> None:
    assert changes(WANT, holding(ARM), indexed=indexed, real=real) == expected


@pytest.mark.parametrize(
    "said",
    [
        {"SecurityGroupIds": ["sg-1"]},
        {"SecurityGroupIds": ["sg-1"], "NetworkInterfaces": [INTERFACE]},
        {"NetworkInterfaces": [{**INTERFACE, "Groups": ["sg-2"]}]},
        {"NetworkInterfaces": [{**INTERFACE, "AssociatePublicIpAddress": False}]},
    ],
    ids=["groups without an interface", "groups beside the interface", "another group", "no public address"],
)
def test_a_version_that_says_another_network_is_superseded(said: dict[str, Any]) -> None:
    have = holding(ARM)
    data = {name: value for name, value in have.data.items() if name != "NetworkInterfaces"} | said
    assert changes(WANT, replace(have, data=data, newest=data)) == ["update contents", "update default version"]
