"""The root section: checks of the root user, a role for support, and bills that others can see."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure.group import Group
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.root import Root
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from tests.manifest.saying import ACCOUNT, mistakes, source
from tests.policies.evaluate import AccessRequest, allowed

OPS = "iam: {groups: {Ops: {policies: []}, Devs: {policies: []}}}\n"


def made(text: str, home: str = "eu-west-1") -> dict[str, Resource]:
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return {resource.address: resource for section in resources(manifest).values() for resource in section}


def test_empty_root_section_checks_root_and_enables_billing_alerts() -> None:
    parts = made("root:")
    assert parts.keys() == {"root/account", "billing-alerts/123456789012"}
    assert parts["root/account"] == Root(scope=parts["root/account"].scope)


def test_billing_alerts_are_one_resource_for_all_sections() -> None:
    text = "root:\nnotify: {billing: {}}\nalarms: {billing: {}}\n"
    assert "billing-alerts/123456789012" in made(text)
    named = understand(source(ACCOUNT + text), Manifest)
    addresses = [resource.address for section in resources(named).values() for resource in section]
    assert len(addresses) == len(set(addresses))


def test_govcloud_has_no_billing_alerts() -> None:
    parts = made("root:", "us-gov-west-1")
    assert parts.keys() == {"root/account"}
    root = parts["root/account"]
    assert isinstance(root, Root)
    assert not root.bills


@pytest.mark.parametrize(("home", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_named_groups_can_assume_a_role_for_support(home: str, partition: str) -> None:
    parts = made(OPS + "root: {support: [Ops]}", home)
    role, ops, devs = parts["role/acme-support"], parts["group/Ops"], parts["group/Devs"]
    assert isinstance(role, Role)
    assert role.policies == {f"arn:{partition}:iam::aws:policy/AWSSupportAccess"}
    policy = f"arn:{partition}:iam::123456789012:policy/acme-support"
    assert isinstance(ops, Group)
    assert policy in ops.policies
    assert "policy/acme-support" in ops.needs()
    assert isinstance(devs, Group)
    assert policy not in devs.policies
    root = parts["root/account"]
    assert isinstance(root, Root)
    assert root.support == "role/acme-support"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("root: {support: [Ops]}", "root.support[0]: no group called 'Ops', name a group of iam.groups"),
        (OPS + "root: {support: [Opps]}", "root.support[0]: no group called 'Opps', did you mean 'Ops'?"),
        (OPS + "root: {mfa: none}", "root.mfa: must be any or hardware, not 'none'"),
    ],
)
def test_mistake_in_root_gives_advice(text: str, expected: str) -> None:
    (mistake,) = mistakes(ACCOUNT + text, Manifest)
    assert expected in mistake


@pytest.mark.parametrize(
    ("role", "is_allowed"),
    [("acme-support", True), ("acme-support-2", False), ("Admin", False)],
)
def test_groups_can_assume_only_the_support_role(role: str, is_allowed: bool) -> None:
    policy = made(OPS + "root: {support: [Ops]}")["policy/acme-support"]
    assert isinstance(policy, Policy)
    asked = AccessRequest("sts:AssumeRole", f"arn:aws:iam::123456789012:role/{role}")
    assert allowed([policy.document], asked) == is_allowed


def test_support_role_requires_mfa() -> None:
    role = made(OPS + "root: {support: [Ops]}")["role/acme-support"]
    assert isinstance(role, Role)
    trust: Any = role.trust
    (statement,) = trust["Statement"]
    assert statement["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
