"""The buckets section is keys, buckets, a role for each that is copied, and a policy for each who uses them."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.access.public import is_public
from awsbase.engine.references import Reference
from awsbase.facts.bucket_cors import Cors
from awsbase.facts.lifecycle import Expiry, Transition
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, outputs, resources
from awsbase.policies import problems
from tests.manifest.saying import ACCOUNT, mistakes, source
from tests.policies.evaluate import AccessRequest, allowed

IAM = """\
iam:
  groups:
    Developers: {policies: []}
    Readers: {policies: ["awsbase:read-only"]}
  roles:
    app: {trust: {services: [ec2.amazonaws.com]}}
"""
KEY = "arn:aws:kms:eu-west-1:222222222222:key/1"
BACK = "account: '222222222222', bucket: back-copies"


def of(text: str, home: str = "eu-west-1") -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


def test_a_bucket_without_settings_is_under_s3s_own_key_and_keeps_old_versions_for_a_while() -> None:
    made = of("buckets: {data: {}}")
    assert list(made) == ["bucket/acme-data"]
    bucket = made["bucket/acme-data"]
    assert (bucket.key, bucket.statements, bucket.cors, bucket.lock_days, bucket.replication) == (
        *(None, (), None, None, None),
    )
    assert bucket.expiries == (
        Expiry("unfinished-uploads", unfinished_uploads=7),
        Expiry("old-versions", old_versions=90, leftover_markers=True),
    )


def test_a_bucket_has_a_key_of_its_own_or_one_that_others_share() -> None:
    made = of("buckets: {a: {key: own}, b: {key: alias/data}, c: {key: alias/data}, d: {bucket: other}}")
    assert [each for each in made if each.startswith("key/")] == ["key/acme-a", "key/data"]
    assert [made[f"bucket/acme-{label}"].key for label in "abc"] == ["key/acme-a", "key/data", "key/data"]
    assert "bucket/other" in made


@pytest.mark.parametrize(
    ("preset", "days", "at_least", "unfinished"),
    [("releases", 365, 10, 7), ("static", 30, None, 7), ("uploads", 30, None, 1)],
)
def test_a_preset_is_what_the_manifest_leaves_out(preset: str, days: int, at_least: int, unfinished: int) -> None:
    said = f"buckets: {{a: {{preset: {preset}}}, b: {{preset: {preset}, versions: {{keep_days: 5}}}}}}"
    (uploads, old), (_, shorter) = (each.expiries for each in of(said).values())
    assert (uploads.unfinished_uploads, old.old_versions, old.at_least) == (unfinished, days, at_least)
    assert (shorter.old_versions, shorter.at_least) == (5, at_least)


def test_objects_move_to_colder_classes_in_the_order_of_s3_and_are_deleted_at_last() -> None:
    rules = "transitions: {DEEP_ARCHIVE: 120, STANDARD_IA: 30}, expire_days: 400"
    old = "versions: {at_least: 3, transitions: {GLACIER_IR: 10}}"
    _, versions, objects = of(f"buckets: {{a: {{{rules}, {old}}}}}")["bucket/acme-a"].expiries
    assert objects.rule()["Transitions"] == [
        {"Days": 30, "StorageClass": "STANDARD_IA"},
        {"Days": 120, "StorageClass": "DEEP_ARCHIVE"},
    ]
    assert objects.rule()["Expiration"] == {"Days": 400}
    assert versions.old_transitions == (Transition(10, "GLACIER_IR"),)
    assert versions.rule()["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3}


def test_pages_of_uploads_may_put_and_others_may_read() -> None:
    cors = "cors: {origins: ['https://b.example', 'https://a.example']}"
    made = of(f"buckets: {{a: {{preset: uploads, {cors}}}, b: {{{cors}}}}}")
    origins = ("https://a.example", "https://b.example")
    assert made["bucket/acme-a"].cors == Cors(origins, ("POST", "PUT"), ("*",), ("ETag",), 3600)
    assert made["bucket/acme-b"].cors.methods == ("GET", "HEAD")


@pytest.mark.parametrize(("home", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_who_reads_and_writes_gets_one_policy_for_these_buckets_alone(home: str, partition: str) -> None:
    said = "a: {key: own, readers: [app], writers: [Developers]}, b: {preset: releases, writers: [app]}, c: {}"
    made = of(f"buckets: {{{said}}}\n{IAM}", home)
    policies = {name: made[f"policy/acme-buckets-{name}"].document for name in ("app", "Developers")}
    for document in policies.values():
        assert problems(document, "identity") == []
    start = f"arn:{partition}:s3:::acme-"

    def may(who: str, action: str, resource: str) -> bool:
        return allowed([policies[who]], AccessRequest(f"s3:{action}", f"{start}{resource}", {}))

    assert may("app", "GetObject", "a/x")
    assert may("app", "ListBucket", "b")
    assert may("app", "PutObject", "b/x")
    assert not may("app", "PutObject", "a/x")
    # What was released stays.
    assert not may("app", "DeleteObject", "b/x")
    assert may("Developers", "DeleteObject", "a/x")
    assert not may("Developers", "DeleteObjectVersion", "a/x")
    assert not may("Developers", "GetObject", "b/x")
    assert not may("app", "GetObject", "c/x")
    keys = [each["Resource"] for each in policies["Developers"]["Statement"] if each["Sid"] in ("Decrypt", "Encrypt")]
    assert keys == [[Reference("key/acme-a")]] * 2
    arn = f"arn:{partition}:iam::123456789012:policy/acme-buckets-"
    assert f"{arn}app" in made["role/app"].policies
    assert f"{arn}Developers" in made["group/Developers"].policies


def test_distributions_read_and_decrypt_by_their_arns_alone() -> None:
    made = of("buckets: {site: {preset: static, key: own, cloudfront: [E2EXAMPLE7ABC]}}")
    (reads,) = made["bucket/acme-site"].statements
    (decrypts,) = (each for each in made["key/acme-site"].policy["Statement"] if each["Sid"] == "CloudFrontDecrypts")
    only = {"StringEquals": {"aws:SourceArn": ["arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE7ABC"]}}
    for statement in (reads, decrypts):
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert statement["Condition"] == only
        assert not is_public(statement)
    assert (reads["Action"], reads["Resource"]) == ("s3:GetObject", "arn:aws:s3:::acme-site/*")


def test_copies_are_made_by_a_role_that_reads_here_and_writes_there() -> None:
    made = of(f"buckets: {{a: {{key: own, lock: {{}}, replicate: {{{BACK}, key: '{KEY}'}}}}}}")
    bucket, role = made["bucket/acme-a"], made["role/acme-replicates-a"]
    assert bucket.replication.rule(bucket.scope)["Destination"] == {
        "Bucket": "arn:aws:s3:::back-copies",
        "Account": "222222222222",
        "AccessControlTranslation": {"Owner": "Destination"},
        "EncryptionConfiguration": {"ReplicaKmsKeyID": KEY},
    }
    assert set(bucket.needs()) == {"key/acme-a", "role/acme-replicates-a"}
    document = role.inline["copy"]
    assert problems(document, "inline") == []
    rights = {each["Sid"]: (each["Action"], each["Resource"]) for each in document["Statement"]}
    # What is locked here is locked there, too.
    assert "s3:GetObjectRetention" in rights["Read"][0]
    assert rights["Copy"][1] == ["arn:aws:s3:::back-copies/*"]
    assert rights["Decrypt"] == (["kms:Decrypt"], [Reference("key/acme-a")])
    assert rights["Encrypt"][1] == [KEY]


def test_copies_are_taken_from_one_role_of_another_account_which_need_not_be_there() -> None:
    made = of("buckets: {copies: {key: own, replicas_from: {account: '222222222222', role: back-replicates-a}}}")
    statements = made["bucket/acme-copies"].statements
    keys = [each for each in made["key/acme-copies"].policy["Statement"] if each["Sid"] == "CopiesEncrypt"]
    assert [each["Sid"] for each in statements] == ["AwsbaseTakesCopies", "AwsbaseTellsVersioning"]
    for statement in (*statements, *keys):
        assert statement["Principal"] == {"AWS": "arn:aws:iam::222222222222:root"}
        role = "arn:aws:iam::222222222222:role/back-replicates-a"
        assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": role}}
        assert not is_public(statement)


def test_others_get_names_and_arns_by_what_the_manifest_calls_a_bucket() -> None:
    manifest = understand(source(f"{ACCOUNT}buckets: {{a: {{key: own}}, b: {{bucket: other}}}}"), Manifest)
    given = {(each.name, each.key): each.value for each in outputs(manifest) if each.key}
    assert given == {
        ("bucket_names", "a"): "acme-a",
        ("bucket_arns", "a"): "arn:aws:s3:::acme-a",
        ("bucket_key_arns", "a"): Reference("key/acme-a"),
        ("bucket_names", "b"): "other",
        ("bucket_arns", "b"): "arn:aws:s3:::other",
    }


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("Data: {}", "is no short name of a bucket"),
        ("an: {}", "ends with '-an', which S3 keeps for itself"),
        (f"{'a' * 60}: {{}}", "is no bucket name"),
        (f"{'a' * 50}: {{replicate: {{{BACK}}}}}", "IAM takes 64 characters"),
        ("a: {transitions: {STANDARD_IA: 7}}", "S3 moves nothing to STANDARD_IA before day 30"),
        ("a: {versions: {transitions: {ONEZONE_IA: 29}}}", "a.versions.transitions.ONEZONE_IA: S3 moves nothing"),
        ("a: {transitions: {STANDARD_IA: 30, GLACIER: 45}}", "GLACIER is colder than STANDARD_IA, where it stays"),
        ("a: {transitions: {GLACIER_IR: 90, GLACIER: 30}}", "GLACIER is colder than GLACIER_IR"),
        ("a: {transitions: {GLACIER: 30}, expire_days: 30}", "it is deleted on day 30"),
        ("a: {versions: {keep_days: 30, transitions: {GLACIER: 30}}}", "it is deleted on day 30"),
        ("a: {transitions: {COLD: 30}}", "COLD"),
        ("a: {versions: {at_least: 101}}", "at_least"),
        ("a: {cors: {origins: ['https://*.*.example']}}", "is no origin"),
        ("a: {cors: {origins: []}}", "origins"),
        ("a: {cors: {origins: ['*'], headers: ['x-*-*']}}", "is no name of a header"),
        ("a: {cors: {origins: ['*'], expose: ['*']}}", "is no name of a header"),
        ("a: {cors: {origins: ['*'], methods: [PATCH]}}", "PATCH"),
        ("a: {cloudfront: [site]}", "is no id of a distribution"),
        ("a: {readers: [Ap]}", "no group or role called 'Ap'"),
        ("a: {writers: [Readers]}", "Readers has awsbase:read-only, which refuses every object"),
        ("a: {readers: [app], writers: [app]}", "a.readers[0]: app is a writer, and those read, too"),
        ("a: {lock: {mode: COMPLIANCE}}", "mode"),
        (f"a: {{key: own, replicate: {{{BACK}}}}}", "is copied only under a key of the other account"),
        (f"a: {{replicate: {{{BACK}, key: '{KEY}'}}}}", "nothing here is under a key"),
        ("a: {replicate: {account: '123456789012', bucket: acme-a}}", "a bucket is not copied into itself"),
        ("a: {}, b: {bucket: acme-a}", "a bucket 'acme-a' too"),
        ("a: {public: true}", "public"),
    ],
)
def test_mistake_in_buckets_gives_advice(text: str, mistake: str) -> None:
    found = mistakes(f"{ACCOUNT}buckets: {{{text}}}\n{IAM}", Manifest)
    assert any(mistake in line for line in found), found


def test_a_wrong_item_is_no_missing_one() -> None:
    [found] = mistakes(f"{ACCOUNT}buckets: {{a: {{cors: {{origins: ['https://*.*.example']}}}}}}", Manifest)
    assert "buckets.a.cors.origins[0]" in found


def test_a_bucket_that_another_section_makes_is_told_where_it_is_named() -> None:
    found = mistakes(f"{ACCOUNT}state: {{}}\nbuckets: {{state: {{}}}}", Manifest)
    assert any("buckets.state: state makes a bucket 'acme-state' too" in line for line in found), found
