"""The state section is a key, a bucket that requires it, and a policy for the writers."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.references import Reference
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.policies import problems
from tests.manifest.saying import ACCOUNT, mistakes, source
from tests.policies.evaluate import AccessRequest, allowed


def of(text: str, home: str = "eu-west-1") -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("state: {}", ["key/acme-state", "bucket/acme-state", "policy/acme-state-writer"]),
        ("state:", ["key/acme-state", "bucket/acme-state", "policy/acme-state-writer"]),
        (
            'state: {bucket: "{name}-{id}-tf", key: alias/tf/state}',
            ["key/tf/state", "bucket/acme-123456789012-tf", "policy/acme-state-writer"],
        ),
    ],
    ids=["empty", "nothing behind it", "names of one's own"],
)
def test_state_section_is_a_key_a_bucket_and_a_policy(text: str, addresses: list[str]) -> None:
    assert list(of(text)) == addresses


def test_defaults_of_state_follow_best_practice() -> None:
    made = of("state: {}")
    bucket, policy = made["bucket/acme-state"], made["policy/acme-state-writer"]
    assert bucket.key == "key/acme-state"
    assert bucket.bucket_key
    assert [statement["Effect"] for statement in bucket.statements] == ["Deny"] * 4
    assert {expiry.id: (expiry.unfinished_uploads, expiry.old_versions) for expiry in bucket.expiries} == {
        "unfinished-uploads": (7, None),
        "old-versions": (None, 365),
    }
    assert list(policy.needs()) == ["key/acme-state"]
    assert policy.description.startswith("Locks, reads and writes Terraform state")


def test_state_writers_can_use_exactly_this_bucket_and_this_key() -> None:
    statements = of("state: {}")["policy/acme-state-writer"].document["Statement"]
    assert {statement["Sid"]: statement["Resource"] for statement in statements} == {
        "FindState": "arn:aws:s3:::acme-state",
        "ReadAndWriteState": "arn:aws:s3:::acme-state/*",
        "Unlock": "arn:aws:s3:::acme-state/*.tflock",
        "UseTheKeyThroughS3": Reference("key/acme-state"),
    }


def test_writers_with_keys_can_use_exactly_those() -> None:
    made = of(GROUPS + "state: {writers: {Admins: [app/*, net/prod.tfstate], SystemAdministrators: ['*']}}")
    policy = made["policy/acme-state-writer-Admins"]
    assert policy.arn in made["group/Admins"].policies
    assert made["policy/acme-state-writer"].arn in made["group/SystemAdministrators"].policies
    assert "policy/acme-state-writer-SystemAdministrators" not in made

    state, lock = "arn:aws:s3:::acme-state", "app/prod/x.tfstate.tflock"
    for action, on, prefix, expected in [
        ("s3:GetObject", f"{state}/app/prod/x.tfstate", "", True),
        ("s3:PutObject", f"{state}/app/prod/x.tfstate", "", True),
        ("s3:PutObject", f"{state}/{lock}", "", True),
        ("s3:DeleteObject", f"{state}/{lock}", "", True),
        ("s3:DeleteObject", f"{state}/app/prod/x.tfstate", "", False),
        ("s3:PutObject", f"{state}/net/prod.tfstate", "", True),
        ("s3:PutObject", f"{state}/net/prod.tfstate.tflock", "", True),
        ("s3:DeleteObject", f"{state}/net/prod.tfstate.tflock", "", True),
        ("s3:GetObject", f"{state}/net/test.tfstate", "", False),
        ("s3:GetObject", f"{state}/application/x.tfstate", "", False),
        ("s3:ListBucket", state, "app/", True),
        ("s3:ListBucket", state, "env:/", True),
        ("s3:ListBucket", state, "net/", False),
        ("s3:ListBucket", state, "", False),
    ]:
        assert allowed([policy.document], AccessRequest(action, on, {"s3:prefix": prefix})) is expected, (action, on)


GROUPS = "iam: {groups: {Admins: {}, SystemAdministrators: {}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GROUPS + "state: {writers: [Admins]}", []),
        (
            GROUPS + "state: {writers: [SystemAdministrator]}",
            ["state.writers[0]: no group called 'SystemAdministrator', did you mean 'SystemAdministrators'?"],
        ),
        ("state: {writers: [Admins]}", ["state.writers[0]: no group called 'Admins', name a group of iam.groups"]),
        (GROUPS + "state: {writers: [Admins, Admins]}", ["state.writers: 'Admins' is listed twice"]),
        (GROUPS + "state: {writers: {Admins: [app/*, net/prod.tfstate]}}", []),
        (
            GROUPS + "state: {writers: {Admin: [app/*]}}",
            ["state.writers.Admin: no group called 'Admin', did you mean 'Admins'?"],
        ),
        (GROUPS + "state: {writers: {Admins: []}}", ["state.writers.Admins: Admins would write no state, name keys"]),
        (
            GROUPS + "state: {writers: {Admins: ['*.tfstate']}}",
            ["state.writers.Admins[0]: '*.tfstate' is no key of a state"],
        ),
        (
            f"iam: {{groups: {{{'A' * 120}: {{}}}}}}\nstate: {{writers: {{{'A' * 120}: [app/*]}}}}",
            [f"state.writers.{'A' * 120}: {'A' * 120} is too long for a policy that is called after it"],
        ),
        (GROUPS + "state: {writers: {Admins: ['app/?']}}", ["state.writers.Admins[0]: 'app/?' is no key of a state"]),
        ("state: {bucket: Acme}", ["state.bucket: 'Acme' is no bucket name"]),
        ("state: {key: alias/aws/s3}", ["state.key: 'alias/aws/s3' is kept for AWS's own keys"]),
        ("state: {old_versions_days: 0}", ["state.old_versions_days: "]),
        ("state: {old_versions_days: 36501}", ["state.old_versions_days: must be at most 36500"]),
    ],
    ids=[
        "right",
        "mistyped",
        "no groups at all",
        "twice",
        "by keys",
        "mistyped, by keys",
        "no keys",
        "a wildcard in front",
        "a long name",
        "one letter",
        "no bucket name",
        "AWS's own key",
        "no day",
        "for ever",
    ],
)
def test_mistake_in_state_gives_advice(text: str, expected: list[str]) -> None:
    found = [mistake.partition(": ")[2] for mistake in mistakes(ACCOUNT + text, Manifest)]
    assert len(found) == len(expected)
    for each, words in zip(found, expected, strict=True):
        assert each.startswith(words)


@pytest.mark.parametrize(("home", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_arns_of_state_have_the_partition_of_the_account(home: str, partition: str) -> None:
    made = of("state: {}", home)
    policy = {"Version": "2012-10-17", "Statement": list(made["bucket/acme-state"].statements)}
    for document in (policy, made["key/acme-state"].policy):
        assert problems(document, "resource") == []
        arns = [word for word in str(document).split("'") if word.startswith("arn:")]
        assert {arn.split(":")[1] for arn in arns} == {partition}
