"""Launch templates of servers are adopted as they are, with their groups, roles and key pairs by name."""

from __future__ import annotations

import json
from typing import Any

from awsbase.sandbox import Sandbox
from awsbase.testing.adopted import adopted
from awsbase.testing.sample import HOME
from tests.adopt.reconciled import account_of, compiled, reasons

HEAD = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4nzsZ3Fv3m4GkgPR1ZQ3nVEmUNVx0Vh1KQnMrk0EVq alice"
TEXT = (
    HEAD
    + f"""\
security_groups:
  web: {{preset: web}}
  db: {{preset: db, port: 5432, from: [web]}}
key_pairs: {{alice: {{public_key: {PUBLIC}}}}}
iam:
  roles:
    server: {{preset: instance, only_from: [vpc-11112222, 203.0.113.7/32]}}
    packer: {{preset: packer}}
    deployer: {{preset: packer, trust: {{accounts: ["{{id}}"]}}, policies: ["aws:ReadOnlyAccess"]}}
launch_templates:
  web:
    security_groups: [web]
    role: server
    key_pair: alice
    public_address: true
    monitoring: false
    spot: true
    tags: {{tier: front}}
  plain: {{security_groups: [db], image: debian, metadata_hops: 2}}
"""
)


def test_templates_of_servers_are_adopted_by_name() -> None:
    sandbox = account_of(TEXT)
    found = adopted(sandbox, only=["security_groups", "key_pairs", "iam", "launch_templates"])
    assert [name for name in reasons(found) if name.startswith(("launch", "instance", "role", "key", "sec"))] == []
    wanted = compiled(TEXT)
    kinds = ("launch-template/", "instance-profile/", "role/")
    assert {name: each for name, each in found.resources.items() if name.startswith(kinds)} == {
        name: each for name, each in wanted.items() if name.startswith(kinds)
    }
    assert "packer: {preset: packer}\n" in found.text
    assert "only_from: [vpc-11112222, 203.0.113.7/32]" in found.text


def test_a_role_that_differs_from_its_preset_is_written_out() -> None:
    text = HEAD + "iam: {roles: {packer: {preset: packer}}}\n"
    sandbox = account_of(text)
    iam = sandbox.client("iam")
    document = iam.get_role_policy(RoleName="packer", PolicyName="packer")["PolicyDocument"]
    wider = {**document, "Statement": [*document["Statement"], {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="packer", PolicyName="packer", PolicyDocument=json.dumps(wider))
    found = adopted(sandbox, only=["iam"])
    assert "preset: packer" not in found.text
    assert "packer-build: {preset: instance" in found.text or "packer-build:\n" in found.text


def test_a_template_with_more_than_a_manifest_says_is_told_field_by_field() -> None:
    sandbox = Sandbox()
    ec2 = sandbox.client("ec2", HOME.region)
    data: dict[str, Any] = {
        "InstanceType": "t4g.small",
        "UserData": "cGFzc3dvcmQ=",
        "KeyName": "gone",
        "CpuOptions": {"CoreCount": 1},
        "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-11112222", "Groups": ["sg-11112222"]}],
        "IamInstanceProfile": {"Name": "gone"},
    }
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    found = adopted(sandbox, only=["launch_templates"])
    assert reasons(found)["launch-template/web"] == (
        "user data: it can hold secrets, and is not written into a file",
        "CpuOptions: a manifest does not say it",
        "network interfaces: a manifest leaves the subnet to whoever launches",
        "instance-profile/gone: no role of a manifest has it",
        "key pair 'gone': no manifest can say it",
        "'' names no image",
    )
    assert "password" not in repr(found)
