"""The secrets section is keys, secrets, and a policy for each reader."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.references import Reference
from awsbase.ensure.secret import Generated, Rotation
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.policies import problems
from tests.manifest.saying import ACCOUNT, mistakes, source

LONG = "L" * 116
IAM = f"""\
iam:
  groups:
    Developers: {{policies: []}}
    Readers: {{policies: ["awsbase:read-only"]}}
    web: {{}}
    {LONG}: {{}}
  roles:
    Web: {{trust: {{services: [ec2.amazonaws.com]}}}}
"""
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"


def of(text: str, home: str = "eu-west-1") -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


def test_secret_without_settings_is_encrypted_with_the_secrets_key() -> None:
    made = of("secrets: {acme/db: {}}")
    assert list(made) == ["key/acme-secrets", "secret/acme/db"]
    assert made["secret/acme/db"].key == "key/acme-secrets"
    assert made["secret/acme/db"].generated is None


def test_each_secrets_key_is_created_once_and_aws_managed_key_is_not() -> None:
    made = of("secrets: {a: {}, b: {}, c: {key: alias/other}, d: {key: aws}}")
    assert [address for address in made if address.startswith("key/")] == ["key/acme-secrets", "key/other"]
    assert made["secret/d"].key is None


def test_generation_and_rotation_reach_the_secret() -> None:
    rotation = f"{{days: 30, window_hours: 3, function: '{FUNCTION}'}}"
    one = of(f"secrets: {{a: {{generate: {{}}, rotation: {rotation}}}}}")["secret/a"]
    assert one.generated == Generated(32, symbols=True)
    assert one.rotation == Rotation(30, 3, FUNCTION)


@pytest.mark.parametrize(("home", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_each_reader_gets_one_policy_for_its_secrets_only(home: str, partition: str) -> None:
    made = of(f"secrets: {{a: {{readers: [Developers, Web]}}, b: {{readers: [Web], key: aws}}, c: {{}}}}\n{IAM}", home)
    developers, web = made["policy/acme-secrets-Developers"], made["policy/acme-secrets-Web"]
    secret = f"arn:{partition}:secretsmanager:{home}:123456789012:secret:"
    assert developers.document["Statement"][0]["Resource"] == [f"{secret}a-??????"]
    assert web.document["Statement"][0]["Resource"] == [f"{secret}a-??????", f"{secret}b-??????"]
    assert developers.document["Statement"][1]["Resource"] == [Reference("key/acme-secrets")]
    assert list(developers.needs()) == ["key/acme-secrets"]

    arn = f"arn:{partition}:iam::123456789012:policy/acme-secrets-"
    assert f"{arn}Developers" in made["group/Developers"].policies
    assert "policy/acme-secrets-Developers" in made["group/Developers"].made_here
    assert f"{arn}Web" in made["role/Web"].policies
    assert "policy/acme-secrets-Web" in made["role/Web"].made_here
    assert f"{arn}Web" not in made["group/Developers"].policies


def test_policy_of_secret_readers_is_valid() -> None:
    document = of(f"secrets: {{b: {{readers: [Web], key: aws}}}}\n{IAM}")["policy/acme-secrets-Web"].document
    assert problems(document, "identity") == []
    assert len(document["Statement"]) == 1


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("secrets: {a: {readers: [Developer]}}", "no group or role called 'Developer'"),
        ("secrets: {a: {readers: [Readers]}}", "Readers has awsbase:read-only, which refuses every secret"),
        (
            "secrets: {a: {readers: [Web]}, b: {readers: [web]}}",
            "b.readers[0]: the policy of 'web' and that of 'Web' are",
        ),
        (f"secrets: {{a: {{readers: [{LONG}]}}}}", "a.readers[0]: 116 characters are too many for a policy"),
        ("secrets: {acme-db-AbCdEf: {}}", "is no secret name"),
        ("secrets: {'a b': {}}", "is no secret name"),
        ("secrets: {a: {value: hunter2}}", "value"),
        ("secrets: {a: {generate: {length: 4}}}", "length"),
        ("secrets: {a: {rotation: {days: 0}}}", "days"),
        ("secrets: {a: {rotation: {window_hours: 2}}}", "without a function nothing happens within a window"),
        (f"secrets: {{a: {{rotation: {{function: '{FUNCTION.replace('aws', 'aws-cn', 1)}'}}}}}}", "outside of aws"),
        ("secrets: {a: {key: alias/aws/secretsmanager}}", "kept for AWS's own keys"),
    ],
)
def test_mistake_in_secrets_gives_advice(text: str, mistake: str) -> None:
    found = mistakes(f"{ACCOUNT}{text}\n{IAM}", Manifest)
    assert any(mistake in line for line in found), found
