"""The bastion section is a host that is closed by default."""

from __future__ import annotations

import json
from typing import Any

import pytest

from awsbase.engine.references import Reference
from awsbase.policies import problems as faults
from awsbase.sandbox import Sandbox
from tests.contract.sample import go, problems, said
from tests.manifest.saying import ACCOUNT, mistakes
from tests.manifest.test_network import ALICE, CLOSES, of

from awsbase.manifest.manifest import Manifest  # isort: skip

CORE = [
    "security-group/acme-bastion",
    "role/acme-bastion",
    "instance-profile/acme-bastion",
    "role/acme-bastion-end",
    "launch-template/acme-bastion",
]
UP = ["instance/acme-bastion", "schedule/acme-bastion"]
THERE = ["existing-vpc/default", "existing-subnet/default"]
PEOPLE = f'\niam: {{users: {{alice: {{ssh_keys: ["{ALICE} alice@acme"]}}}}}}'
SSH = "bastion: {mode: ssh, allow: [203.0.113.0/24]}" + PEOPLE
NAT = "bastion: {nat: true, private_subnets: [{Name: private}]}"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("bastion: {}", [*THERE, *CORE, *UP]),
        ("bastion: {on_demand: true}", [*THERE, *CORE, "ephemeral/acme-bastion"]),
        (
            NAT,
            [
                *THERE,
                "existing-subnet/Name=private",
                *CORE,
                *UP,
                "nat-route/Name=private",
            ],
        ),
        (
            "bastion: {fixed_address: true}",
            [
                *THERE,
                CORE[0],
                "elastic-ip/acme-bastion",
                *CORE[1:],
                *UP,
                "elastic-ip-association/acme-bastion",
            ],
        ),
        (
            "bastion: {mode: instance-connect}",
            [
                *THERE,
                "log-group//acme-bastion/auth",
                CORE[0],
                "security-group/acme-bastion-endpoint",
                *CORE[1:],
                "instance-connect-endpoint/acme-bastion",
                *UP,
            ],
        ),
    ],
    ids=["empty", "on demand", "nat", "fixed address", "instance connect"],
)
def test_bastion_section_lists_its_resources(text: str, addresses: list[str]) -> None:
    assert list(of(text)) == addresses


def test_default_bastion_opens_no_port() -> None:
    made = of("bastion: {}")
    assert made["security-group/acme-bastion"].ingress == ()
    template = made["launch-template/acme-bastion"]
    assert (template.key_pair, template.hops) == (None, 1)
    assert made["instance/acme-bastion"].router is False


def test_ssh_mode_opens_port_22_to_allowed_blocks() -> None:
    rules = of(SSH)["security-group/acme-bastion"].ingress
    assert [(rule.protocol, rule.ends, rule.other) for rule in rules] == [("tcp", (22, 22), "203.0.113.0/24")]


def test_nat_bastion_accepts_traffic_of_the_network() -> None:
    made = of(f"network: {{vpc: {{Name: main}}}}\n{NAT}")
    assert made["instance/acme-bastion"].router is True
    rules = made["security-group/acme-bastion"].ingress
    assert [(rule.protocol, rule.other) for rule in rules] == [("-1", Reference("existing-vpc/Name=main", "cidr"))]


def denied(text: str) -> dict[str, Any]:
    statement: dict[str, Any] = of(text)["role/acme-bastion"].inline["only-from-vpc"]["Statement"][0]
    return statement


def test_bastion_credentials_work_only_from_its_vpc() -> None:
    statement = denied("bastion: {}")
    assert statement["Effect"] == "Deny"
    assert statement["Condition"]["StringNotEquals"] == {"aws:SourceVpc": Reference("existing-vpc/default", "id")}
    assert "ssmmessages:*" in statement["NotAction"]
    assert "ssm:GetParameter" not in statement["NotAction"]

    fixed = denied("bastion: {fixed_address: true}")
    assert fixed["Action"] == "*"
    assert fixed["Condition"]["NotIpAddress"] == {"aws:SourceIp": Reference("elastic-ip/acme-bastion", "block")}
    assert "only-from-vpc" not in of("bastion: {only_from_vpc: false}")["role/acme-bastion"].inline


def test_bastion_role_has_its_policies() -> None:
    role = of(
        "bastion: {policies: [aws:ReadOnlyAccess, deploy], boundary: deploy}\n"
        'iam: {policies: {deploy: {statements: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}}}'
    )["role/acme-bastion"]
    deploy = "arn:aws:iam::123456789012:policy/deploy"
    assert role.policies == {
        "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        deploy,
    }
    assert role.boundary == deploy
    assert list(role.needs()) == ["policy/deploy", "existing-vpc/default"]


def test_arns_of_bastion_have_the_partition_of_the_account() -> None:
    for resource in of("network: {}\nbastion: {fixed_address: true, mode: instance-connect}", "cn-north-1").values():
        assert "arn:aws:" not in repr(resource)
    role = of("bastion: {}", "cn-north-1")["role/acme-bastion"]
    assert role.trust["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com.cn"}


def test_documents_of_the_bastion_are_valid() -> None:
    made = of("bastion: {mode: instance-connect}")
    for document in (*made["role/acme-bastion"].inline.values(), *made["role/acme-bastion-end"].inline.values()):
        plain = json.loads(json.dumps(document, default=lambda each: "vpc-0123456789abcdef0"))
        assert list(faults(plain, "identity")) == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("bastion: {mode: ssh}", "mode ssh without allow"),
        ("bastion: {allow: [203.0.113.0/24]}", "opens no port"),
        ("bastion: {mode: ssh, allow: [0.0.0.0/0]}" + PEOPLE, "i_know: true"),
        ('bastion: {mode: ssh, allow: ["::/0"]}' + PEOPLE, "i_know: true"),
        ("bastion: {mode: ssh, allow: [203.0.113.0/24]}", "nobody has ssh_keys"),
        (CLOSES + "bastion: {mode: ssh, i_know: true, allow: [0.0.0.0/0]}" + PEOPLE, "admin_ports closes this"),
        ("bastion: {nat: true}", "nat without private_subnets"),
        ("bastion: {private_subnets: [{Name: private}]}", "private_subnets without nat"),
        ("bastion: {policies: [deploy]}", "no policy called 'deploy'"),
        ("bastion: {policies: [awsbase:administrator]}", "for people"),
        ("bastion: {name: b1}", "bastion.name: 'b1' is no name, it is 3 to 48 letters"),
        ("bastion: {image: fedora}", "write amazon-linux, debian, ubuntu, an id"),
        ("bastion: {image: debian, mode: instance-connect}", "Debian has no package of EC2 Instance Connect"),
        (
            "bastion: {image: ubuntu, mode: ssh, allow: [203.0.113.0/24]}" + PEOPLE.replace("alice", "backup"),
            "the login 'backup' of backup belongs to ubuntu itself",
        ),
        ("bastion: {instance_type: small}", "instance type"),
    ],
)
def test_mistake_in_bastion_gives_advice(text: str, part: str) -> None:
    assert part in "\n".join(mistakes(ACCOUNT + text, Manifest))


@pytest.mark.parametrize("type", ["t3.micro", "t4g.micro"])
@pytest.mark.parametrize("image", ["amazon-linux", "debian", "ubuntu"])
def test_a_distribution_starts_on_either_processor_and_is_found_again(image: str, type: str) -> None:
    sandbox, resources = Sandbox(), list(of(f"bastion: {{image: {image}, instance_type: {type}}}").values())
    assert problems(go(sandbox, "reconcile", resources)) == []
    data = launched_as(sandbox)
    own = "arm64" if type == "t4g.micro" else "x86_64" if image == "amazon-linux" else "amd64"
    assert data.startswith("resolve:ssm:/aws/service/")
    assert own in data
    assert said(go(sandbox, "plan", resources)) == []


def launched_as(sandbox: Sandbox) -> str:
    """Return the image of the one launch template."""
    (version,) = sandbox.client("ec2", "eu-west-1").describe_launch_template_versions(Versions=["$Default"])[
        "LaunchTemplateVersions"
    ]
    return str(version["LaunchTemplateData"]["ImageId"])


def test_bastion_opens_to_the_world_only_with_i_know() -> None:
    text = "bastion: {mode: ssh, i_know: true, allow: [0.0.0.0/0]}" + PEOPLE
    assert [rule.other for rule in of(text)["security-group/acme-bastion"].ingress] == ["0.0.0.0/0"]
