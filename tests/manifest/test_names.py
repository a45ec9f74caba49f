"""Names that awsbase makes are different for AWS, and fit into a tag."""

from __future__ import annotations

import pytest

from awsbase.manifest.manifest import Manifest
from tests.manifest.saying import ACCOUNT, mistakes

TRUST = "trust: {services: [ec2.amazonaws.com]}"
POLICY = "statements: [{Effect: Allow, Action: 's3:*', Resource: '*'}]"
HELP = f"iam: {{roles: {{help: {{{TRUST}}}}}, groups: {{Ops: {{}}}}}}\nroot: {{support: [Ops], support_role: "
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4nzsZ3Fv3m4GkgPR1ZQ3nVEmUNVx0Vh1KQnMrk0EVq"
OTHER = "give one another name"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"bastion: {{on_demand: true}}\niam: {{roles: {{Acme-Bastion: {{{TRUST}}}}}}}",
            "4: iam.roles.Acme-Bastion: 'Acme-Bastion' and 'acme-bastion', a role that bastion makes, are one name",
        ),
        (
            HELP + "Help}",
            "3: iam.roles.help: 'help' and 'Help', a role that root makes, are one name to AWS",
        ),
        (
            HELP + "help}",
            f"3: iam.roles.help: root makes a role 'help' too (root.support_role, m.yaml:4), {OTHER}",
        ),
        (
            "bastion: {}\nsecurity_groups: {Acme-Bastion: {}}",
            "4: security_groups.Acme-Bastion: 'Acme-Bastion' and 'acme-bastion', a security group that bastion makes",
        ),
        (
            f"iam: {{policies: {{ACME-support: {{{POLICY}}}}}, groups: {{Ops: {{}}}}}}\nroot: {{support: [Ops]}}",
            "3: iam.policies.ACME-support: 'ACME-support' and 'acme-support', a policy that root makes, are one name",
        ),
        (
            "state: {}\naudit: {bucket: acme-state}",
            f"4: audit.bucket: state makes a bucket 'acme-state' too (state, m.yaml:3), {OTHER}",
        ),
        (
            "buckets:\n  one: {bucket: acme-two}\n  two: {}",
            f"4: buckets.one.bucket: buckets makes a bucket 'acme-two' too (buckets.two, m.yaml:5), {OTHER}",
        ),
        (
            "iam: {users: {al: {mfa: {provision: true}}}}\nsecrets:\n  awsbase/mfa/al: {}",
            "5: secrets.\"awsbase/mfa/al\": iam makes a secret 'awsbase/mfa/al' too (iam, m.yaml:3), " + OTHER,
        ),
        (
            f"secrets: {{{'s' * 250}: {{}}}}",
            "250 characters are too many to be found by: a tag of AWS takes 256, secret/ included, write at most 249",
        ),
        (f"audit:\n  log_group: {'l' * 512}", "4: audit.log_group: 512 characters are too many"),
        (f"security_groups: {{{'g' * 242}: {{}}}}", "write at most 241"),
        (f"key_pairs: {{{'k' * 255}: {{public_key: {KEY}}}}}", "255 characters are too many"),
    ],
    ids=[
        "a role of the bastion, but for case",
        "a role for support, but for case",
        "a role for support",
        "a group of the bastion, but for case",
        "a policy for support, but for case",
        "a bucket",
        "two buckets of one section",
        "the secret of a seed",
        "a long secret",
        "a long log group",
        "a long security group",
        "a long key pair",
    ],
)
def test_conflicting_or_too_long_names_are_mistakes(text: str, expected: str) -> None:
    (mistake,) = mistakes(ACCOUNT + text, Manifest)
    assert expected in mistake


@pytest.mark.parametrize(
    "text",
    [
        f"secrets: {{{'s' * 249}: {{}}}}",
        f"security_groups: {{{'g' * 241}: {{}}}}",
        f"network: {{vpc: {{{'k' * 128}: {'v' * 256}}}}}",
        f"iam: {{groups: {{one: {{}}}}, users: {{One: {{}}}}, roles: {{ONE: {{{TRUST}}}}}}}",
    ],
    ids=["a secret", "a security group", "a network that is found by tags", "one name each"],
)
def test_other_names_are_no_mistakes(text: str) -> None:
    assert mistakes(ACCOUNT + text, Manifest) == []
