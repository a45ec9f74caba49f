"""A bastion that awsbase made is adopted as it is; machines of others are told with the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awsbase.bastion.settings import started
from awsbase.manifest.load import load_text
from awsbase.samples.bastion import Bastion
from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import adopted
from awsbase.testing.sample import HOME, go, problems
from tests.adopt.reconciled import account_of, compiled, reasons
from tests.userdata.keys import ed25519

HEAD = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
TEMPLATE = "launch-template/acme-bastion"
DIFFERS = "part of a bastion whose user data or machine this version of awsbase would make otherwise"
SAID = {
    "all defaults": "bastion: {}\n",
    "on demand": "bastion: {on_demand: true}\n",
    "another host": "bastion: {name: gate, instance_type: t3.small, image: ubuntu, volume_gib: 20}\n",
    "rights": "bastion: {policies: ['aws:ReadOnlyAccess'], boundary: 'aws:PowerUserAccess', only_from_vpc: false}\n",
    "fixed address": "bastion: {fixed_address: true}\n",
    "instance connect": "bastion: {mode: instance-connect, log_retention_days: 90}\n",
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_a_bastion_is_adopted_as_it_is(said: str) -> None:
    found = adopted(account_of(HEAD + said), only=["bastion"])
    assert reasons(found) == {}
    assert found.resources == compiled(HEAD + said)


def test_what_its_section_makes_is_no_entry_of_another_section() -> None:
    roles = "iam: {password_policy: {}, roles: {web: {trust: {services: [ec2.amazonaws.com]}, policies: []}}}\n"
    text = HEAD + "bastion: {}\nbackups: {}\n" + roles
    found = adopted(account_of(text), only=["bastion", "backups", "iam"])
    assert reasons(found) == {}
    assert found.resources == compiled(text)


def test_what_is_weaker_than_the_default_is_said_so() -> None:
    found = adopted(account_of(HEAD + "bastion: {only_from_vpc: false}\n"), only=["bastion"])
    assert "bastion:\n  only_from_vpc: false  # weaker than the default: true\n" in found.text


def test_a_bastion_for_ssh_is_adopted_with_the_keys_of_its_people() -> None:
    text = (
        HEAD
        + f"""
bastion: {{mode: ssh, allow: [203.0.113.0/24, 0.0.0.0/0], i_know: true}}
iam:
  groups:
    Admins: {{policies: ["awsbase:administrator"]}}
    Guests: {{policies: ["aws:ReadOnlyAccess"]}}
  users:
    Alice@acme.example: {{groups: [Admins], ssh_keys: ["{ed25519(1)} alice", "{ed25519(2)}"]}}
    bob: {{groups: [Guests], ssh_keys: ["{ed25519(3)}"]}}
    carol: {{groups: [Guests]}}
"""
    )
    found = adopted(account_of(text), only=["bastion", "iam"])
    assert [name for name in reasons(found) if "bastion" in name] == []
    assert "i_know: true  # weaker than the default: false" in found.text
    host = "instance/acme-bastion"
    assert found.resources[host] == compiled(text)[host]


def test_a_bastion_that_routes_is_adopted_with_its_subnets() -> None:
    sandbox = Sandbox()
    Bastion(HOME).subnets(sandbox)
    listed = sandbox.client("ec2", HOME.region).describe_subnets()["Subnets"]
    (private,) = (each["SubnetId"] for each in listed if {"Key": "Name", "Value": "private"} in each.get("Tags", []))
    text = HEAD + f"bastion: {{nat: true, private_subnets: [{private}]}}\n"
    assert problems(go(sandbox, "reconcile", list(compiled(text).values()))) == []
    found = adopted(sandbox, only=["bastion"])
    assert reasons(found) == {}
    assert found.resources == compiled(text)


def test_a_bastion_that_aws_is_to_end_is_on_demand() -> None:
    sandbox = Sandbox()
    manifest = load_text(HEAD + "bastion: {on_demand: true}\n", Path("acme.yaml"), {})
    up = started(manifest, ends=datetime(2099, 1, 1, tzinfo=UTC))["bastion"]
    assert problems(go(sandbox, "reconcile", up)) == []
    found = adopted(sandbox, only=["bastion"])
    assert reasons(found) == {}
    assert found.resources == compiled(HEAD + "bastion: {on_demand: true}\n")
    assert "schedule/acme-bastion" in found.count.described


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        ("type", {"instance/acme-bastion": ("instance: type", "superseded instance"), TEMPLATE: (DIFFERS,)}),
        ("user data", {"instance/acme-bastion": (DIFFERS,), TEMPLATE: (DIFFERS,)}),
    ],
)
def test_a_bastion_that_somebody_changed_is_told_and_left_out(spoil: str, expected: dict[str, tuple[str, ...]]) -> None:
    sandbox = account_of(HEAD + "bastion: {}\n")
    ec2 = sandbox.client("ec2", HOME.region)
    id = ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
    if spoil == "type":
        ec2.stop_instances(InstanceIds=[id])
        ec2.modify_instance_attribute(InstanceId=id, InstanceType={"Value": "t4g.small"})
        ec2.start_instances(InstanceIds=[id])
    else:
        versions = ec2.describe_launch_template_versions(Versions=["$Default"])["LaunchTemplateVersions"]
        data: dict[str, Any] = versions[0]["LaunchTemplateData"] | {"UserData": "IyEvYmluL3NoCg=="}
        template = {"LaunchTemplateName": "acme-bastion"}
        ec2.create_launch_template_version(**template, LaunchTemplateData=data)
        ec2.modify_launch_template(**template, DefaultVersion="2")
    found = adopted(sandbox, only=["bastion"])
    assert "bastion:" not in found.text
    told = reasons(found)
    assert {name: told[name] for name in expected} == expected


def test_machines_of_others_are_told_with_the_reason() -> None:
    sandbox = account_of(HEAD + "bastion: {}\n")
    ec2 = sandbox.client("ec2", HOME.region)
    image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    one: dict[str, Any] = {"ImageId": image, "InstanceType": "t4g.small", "MinCount": 1, "MaxCount": 1}
    id = ec2.run_instances(**one, UserData="#!/bin/sh\nexport PASSWORD=correct-horse\n")["Instances"][0]["InstanceId"]
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "t4g.small"})
    sandbox.calls.clear()
    found = adopted(sandbox, only=["bastion"])
    assert reasons(found) == {
        f"instance/{id}": ("a manifest says no machine but its bastion",),
        "launch-template/web": ("no section of a manifest says this yet",),
    }
    assert "correct-horse" not in repr(found)
    assert "ec2:DescribeInstanceAttribute" not in [call.name for call in sandbox.calls]
    assert found.resources == compiled(HEAD + "bastion: {}\n")


def test_without_a_bastion_there_is_no_section() -> None:
    found = adopted(Sandbox(), only=["bastion"])
    assert (found.resources, found.count.listed) == ({}, 0)
