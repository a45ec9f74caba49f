"""Roles of hosts, groups by presets and launch templates: what each stands for, and what makes no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awsbase.engine.references import Reference
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.policies import problems as wrong
from awsbase.policies import size
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import go, problems, said
from tests.manifest.saying import ACCOUNT, mistakes, source

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4nzsZ3Fv3m4GkgPR1ZQ3nVEmUNVx0Vh1KQnMrk0EVq"
WHOLE = f"""\
network: {{}}
security_groups:
  web: {{preset: web, from: [203.0.113.0/24, "2001:db8::/32"]}}
  db: {{preset: db, port: 5432, from: [web]}}
key_pairs: {{alice: {{public_key: {KEY} alice}}}}
iam:
  roles:
    server: {{preset: instance, only_from: [vpc/acme, vpc/runner, 203.0.113.7/32]}}
    packer: {{preset: packer}}
    runner: {{preset: pipeline}}
launch_templates:
  web: {{security_groups: [web], role: server, key_pair: alice}}
  host: {{role: runner, public_address: true}}
"""
SERVER = f"""\
security_groups: {{web: {{preset: web, from: [203.0.113.0/24]}}}}
key_pairs: {{alice: {{public_key: {KEY} alice}}}}
iam: {{roles: {{server: {{preset: instance}}}}}}
launch_templates: {{web: {{security_groups: [web], role: server, key_pair: alice}}}}
"""


def of(text: str) -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT + text), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


def test_one_template_starts_servers_on_both_markets() -> None:
    sandbox, wanted = Sandbox(), list(of(SERVER).values())
    assert problems(go(sandbox, "reconcile", wanted)) == []
    assert said(go(sandbox, "plan", wanted)) == []

    sandbox.clock.advance(300)  # until EC2 knows the profile
    ec2 = sandbox.client("ec2", "eu-west-1")
    subnet = ec2.describe_subnets()["Subnets"][0]
    launch: dict[str, Any] = {"LaunchTemplate": {"LaunchTemplateName": "web"}, "MinCount": 1, "MaxCount": 1}
    started = [
        ec2.run_instances(**launch, **market, SubnetId=subnet["SubnetId"])["Instances"][0]
        for market in ({}, {"InstanceMarketOptions": {"MarketType": "spot"}})
    ]
    for each in started:
        assert [group["GroupName"] for group in each["SecurityGroups"]] == ["web"]
        assert each["IamInstanceProfile"]["Arn"].endswith("instance-profile/server")


def test_a_template_names_ids_and_asks_for_no_market() -> None:
    made = of(WHOLE)
    web, host = made["launch-template/web"], made["launch-template/host"]
    assert isinstance(web, LaunchTemplate)
    assert (web.subnet, web.public, web.spot, web.monitoring, web.groups) == (
        "",
        None,
        False,
        True,
        ("security-group/web",),
    )
    assert sorted(web.needs()) == ["instance-profile/server", "key-pair/alice", "security-group/web"]
    assert host.groups == ("security-group/runner",)


def test_a_pipeline_lives_in_a_network_of_its_own() -> None:
    made = of(WHOLE)
    assert made["vpc/runner"].cidr == "10.43.0.0/24"
    group = made["security-group/runner"]
    assert group.vpc == "vpc/runner"
    assert group.ingress == ()
    assert {rule.ends for rule in group.egress} == {(80, 80), (443, 443)}
    assert of(WHOLE + "protect: {}\n")["default-groups/account"].but == ("vpc/acme", "vpc/runner")


def test_only_from_is_the_vpcs_and_the_addresses() -> None:
    first, second = of(WHOLE)["role/server"].inline["only-from"]["Statement"]
    vpcs = [Reference("vpc/acme", "id"), Reference("vpc/runner", "id")]
    assert first["Condition"]["StringNotEquals"] == {"aws:SourceVpc": vpcs}
    assert first["Condition"]["NotIpAddress"] == {"aws:SourceIp": "203.0.113.7/32"}
    assert second["Condition"]["StringNotEquals"] == {"aws:EC2InstanceSourceVPC": vpcs}


def test_the_fixed_address_of_a_nat_host_is_a_way_out() -> None:
    text = """\
network: {}
bastion: {nat: true, private_subnets: [subnet-11112222], fixed_address: true}
iam: {roles: {server: {preset: instance, only_from: [vpc/acme]}}}
"""
    first, _ = of(text)["role/server"].inline["only-from"]["Statement"]
    assert first["Condition"]["NotIpAddress"] == {"aws:SourceIp": Reference("elastic-ip/acme-bastion", "block")}


def test_the_role_of_builds_fits_beside_others() -> None:
    role = of("iam: {roles: {packer: {preset: packer, trust: {accounts: ['{id}']}}}}")["role/packer"]
    assert wrong(role.inline["packer"], "inline") == []
    assert size(role.inline["packer"]) < 5_000
    assert role.policies == frozenset()
    assert "instance-profile/packer" not in of("iam: {roles: {packer: {preset: packer, trust: {accounts: ['{id}']}}}}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("security_groups: {a: {from: [203.0.113.0/24]}}", "from is the other end of a preset, and there is none"),
        ("security_groups: {a: {port: 5432}}", "port is for preset db"),
        ("security_groups: {a: {preset: ssh}}", "nobody is at the other end of preset ssh"),
        ("security_groups: {a: {preset: db, from: [a]}}", "preset db needs a port"),
        ("security_groups: {a: {preset: db, port: 1, from: [10.0.0.0/8]}}", "preset db lets one group in"),
        ("security_groups: {a: {preset: db, port: 1, from: [b]}}", "no security group called 'b'"),
        ("security_groups: {a: {preset: web, from: [10.0.0.1/8]}}", "10.0.0.1/8 is more than a block"),
        (
            "security_groups: {a: {preset: ssh, from: [10.0.0.0/8], ingress: [{ports: 22, cidr: [10.0.0.0/8]}]}}",
            "the preset lets '10.0.0.0/8' through already",
        ),
        (
            "protect: {admin_ports: {}}\nsecurity_groups: {a: {preset: ssh, from: [0.0.0.0/0]}}",
            "protect.admin_ports closes this to the world again",
        ),
        ("iam: {roles: {a: {}}}", "'trust' is missing: nobody may assume this role"),
        (
            "iam: {roles: {a: {trust: {services: [lambda.amazonaws.com]}, instance_profile: true}}}",
            "instance_profile is for roles of instances",
        ),
        ("iam: {roles: {a: {preset: instance, trust: {accounts: ['{id}']}}}}", "preset instance is for instances"),
        ("iam: {roles: {a: {preset: instance, cidr: 10.1.0.0/24}}}", "only preset pipeline makes a network"),
        ("iam: {roles: {default: {preset: pipeline}}}", "is no name for a network and a security group"),
        ("iam: {roles: {a=b: {preset: pipeline, only_from: [vpc/a]}}}", "is no name for a network"),
        (f"iam: {{roles: {{{'p' * 60}: {{preset: packer}}}}}}", "is too long"),
        (
            "iam: {roles: {a: {preset: packer, inline: {packer: []}}}}",
            "writes an inline policy 'packer' itself",
        ),
        ("iam: {roles: {a: {preset: instance, only_from: [vpc/acme]}}}", "no VPC called 'acme'"),
        ("iam: {roles: {a: {preset: instance, only_from: [203.0.113.7/32]}}}", "addresses alone"),
        ("iam: {roles: {a: {preset: instance, only_from: [10.0.0.0/8]}}}", "AWS never sees 10.0.0.0/8"),
        ("iam: {roles: {a: {preset: instance, only_from: [0.0.0.0/0]}}}", "0.0.0.0/0 is everywhere"),
        ("iam: {roles: {a: {preset: instance, only_from: [office]}}}", "is no VPC and no block of addresses"),
        ("launch_templates: {web: {}}", "no security group: EC2 would take the default one"),
        ("launch_templates: {web: {security_groups: [a]}}", "no security group called 'a'"),
        ("launch_templates: {web: {security_groups: [sg-11112222], role: a}}", "no role called 'a' in iam.roles"),
        (
            "iam: {roles: {a: {trust: {services: [ec2.amazonaws.com]}}}}\n"
            "launch_templates: {web: {security_groups: [sg-11112222], role: a}}",
            "the role 'a' has no instance profile",
        ),
        ("launch_templates: {web: {security_groups: [sg-11112222], key_pair: a}}", "no key pair called 'a'"),
        ("launch_templates: {web: {security_groups: [sg-11112222], image: windows}}", "'windows' names no image"),
        ("launch_templates: {we: {security_groups: [sg-11112222]}}", "launch_templates"),
    ],
)
def test_what_makes_no_sense_is_told(text: str, message: str) -> None:
    assert any(message in each for each in mistakes(ACCOUNT + text, Manifest))


def test_user_data_that_ec2_refuses_is_refused_before(tmp_path: Path) -> None:
    (tmp_path / "big.sh").write_text("x" * (16 * 1024 + 1))
    text = "launch_templates: {web: {security_groups: [sg-11112222], user_data: big.sh}}"
    (told,) = mistakes(ACCOUNT + text, Manifest, tmp_path)
    assert "big.sh has 16385 bytes, and EC2 takes 16384" in told


def test_packer_in_china_is_told() -> None:
    text = ACCOUNT.replace("eu-west-1", "cn-north-1") + "iam: {roles: {a: {preset: packer}}}"
    assert "in China and GovCloud Packer tags afterwards" in "".join(mistakes(text, Manifest))
