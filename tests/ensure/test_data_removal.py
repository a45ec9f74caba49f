"""Keys, secrets and access logs go when they are ours, and leave what AWS keeps of them for 30 days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.engine.risk import risky
from awsbase.ensure import KINDS
from awsbase.ensure.access_log import AccessLog
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.secret import Generated, Secret
from awsbase.manifest.log_buckets import access_log_statements
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import go, person, problems, said
from tests.ensure.planned import HOME
from tests.ensure.removal import notes, remove

KEY = Key(scope=HOME, name="acme-secrets", policy=key_policy(HOME))
TOKEN = Secret(scope=HOME, name="acme/token", key=None, generated=Generated(32))
SOURCE, TARGET = Bucket(scope=HOME, name="acme-audit"), "acme-logs"
LOGS = Bucket(scope=HOME, name=TARGET, statements=access_log_statements(HOME, TARGET, SOURCE.name))
LOG = AccessLog(
    scope=HOME, name=SOURCE.name, bucket=SOURCE.address, to_name=TARGET, to=LOGS.address, prefix="acme-audit/"
)
LOGGED: list[Resource] = [SOURCE, LOGS, LOG]


def kms(sandbox: Sandbox) -> Any:
    return sandbox.client("kms", HOME.region)


def secrets(sandbox: Sandbox) -> Any:
    return sandbox.client("secretsmanager", HOME.region)


def s3(sandbox: Sandbox) -> Any:
    return sandbox.client("s3", HOME.region)


def copied(sandbox: Sandbox) -> None:
    """Copy the secret to another region."""
    secrets(sandbox).replicate_secret_to_regions(SecretId=TOKEN.name, AddReplicaRegions=[{"Region": "eu-west-2"}])


def lose_alias(sandbox: Sandbox) -> None:
    """Take the alias from the key."""
    kms(sandbox).delete_alias(AliasName=KEY.alias)


def send_elsewhere(sandbox: Sandbox) -> None:
    """Send the log to the same bucket under another name."""
    status = {"LoggingEnabled": {"TargetBucket": TARGET, "TargetPrefix": "mine/"}}
    s3(sandbox).put_bucket_logging(Bucket=SOURCE.name, BucketLoggingStatus=status)


def nothing(sandbox: Sandbox) -> None:
    """Leave everything as it is."""


@pytest.mark.parametrize(
    ("resources", "prepare", "changes", "dangerous"),
    [
        ([KEY], nothing, ["delete key"], 1),
        ([KEY], lose_alias, ["delete key"], 1),
        ([TOKEN], nothing, ["delete secret"], 1),
        ([TOKEN], copied, ["delete copies", "delete secret"], 2),
        (LOGGED, nothing, ["delete access log"], 0),
        (LOGGED, send_elsewhere, [], 0),
    ],
    ids=["key", "key without alias", "secret", "secret with copies", "access log", "access log of somebody else's"],
)
def test_what_is_ours_goes_and_a_second_run_finds_nothing(
    resources: list[Resource], prepare: Callable[[Sandbox], None], changes: list[str], dangerous: int
) -> None:
    sandbox, gone = Sandbox(pages=2), resources[-1]
    go(sandbox, "reconcile", resources)
    prepare(sandbox)
    before = sandbox.snapshot()
    report = remove(sandbox, "reconcile", resources, gone.address)
    assert problems(report) == []
    assert (sandbox.snapshot() == before) is (not changes)
    assert said(report) == [f"{gone.address}: {change}" for change in changes]
    assert [each.risk.kind for each in risky(report)] == ["deletion"] * dangerous
    assert said(remove(sandbox, "reconcile", resources, gone.address)) == []


def by_hand(sandbox: Sandbox) -> None:
    """Make key, secret and bucket without awsbase."""
    id = kms(sandbox).create_key()["KeyMetadata"]["KeyId"]
    kms(sandbox).create_alias(AliasName=KEY.alias, TargetKeyId=id)
    secrets(sandbox).create_secret(Name=TOKEN.name, SecretString="token")
    s3(sandbox).create_bucket(Bucket=SOURCE.name, CreateBucketConfiguration={"LocationConstraint": HOME.region})


@pytest.mark.parametrize("resources", [[KEY], [TOKEN], LOGGED], ids=["key", "secret", "access log"])
def test_what_was_there_before_is_kept_with_a_note(resources: list[Resource]) -> None:
    sandbox, gone = Sandbox(), resources[-1]
    by_hand(sandbox)
    go(sandbox, "reconcile", resources)
    report = remove(sandbox, "reconcile", resources, gone.address)
    assert said(report) == []
    assert notes(report)[0].startswith("kept: it has no tag awsbase:created-by")


def test_key_and_secret_can_be_brought_back_for_30_days() -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", [KEY, TOKEN])
    for gone in (KEY, TOKEN):
        remove(sandbox, "reconcile", [KEY, TOKEN], gone.address)
    known = kms(sandbox).describe_key(KeyId=KEY.alias)["KeyMetadata"]
    assert timedelta(days=29) < known["DeletionDate"] - known["CreationDate"] < timedelta(days=31)
    described = secrets(sandbox).describe_secret(SecretId=TOKEN.name)
    assert timedelta(days=29) < described["DeletedDate"] - described["CreatedDate"] < timedelta(days=31)

    assert said(go(sandbox, "reconcile", [TOKEN])) == [f"{TOKEN.address}: update deletion"]


@pytest.mark.parametrize("resources", [[KEY], [TOKEN], LOGGED], ids=["key", "secret", "access log"])
def test_a_removal_needs_no_more_than_it_declares(resources: list[Resource]) -> None:
    sandbox, gone = Sandbox(enforce=True), resources[-1]
    go(sandbox, "reconcile", resources)
    if gone == TOKEN:
        copied(sandbox)
    kind = KINDS[type(gone)]
    assert kind.permissions
    assert kind.absent
    allows = [*kind.permissions.read(gone), *kind.absent.permissions(gone)]
    statements = [
        {"Effect": "Allow", "Action": list(each.actions), "Resource": list(each.resources)} for each in allows
    ]
    worker = person(sandbox, {"Version": "2012-10-17", "Statement": statements})
    report = remove(sandbox, "reconcile", resources, gone.address, caller=worker)
    assert problems(report) == []
    assert said(report)


def test_key_is_kept_for_whatever_could_not_be_read_without_it() -> None:
    sandbox = Sandbox(pages=2)
    go(sandbox, "reconcile", [KEY])
    arn = kms(sandbox).describe_key(KeyId=KEY.alias)["KeyMetadata"]["Arn"]
    region = HOME.region
    made(sandbox, "app")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}}
    s3(sandbox).put_bucket_encryption(Bucket="app", ServerSideEncryptionConfiguration={"Rules": [rule]})
    made(sandbox, "plain")
    secrets(sandbox).create_secret(Name="app", KmsKeyId=KEY.alias)
    sandbox.client("sns", region).create_topic(Name="app", Attributes={"KmsMasterKeyId": KEY.alias})
    volume = sandbox.client("ec2", region).create_volume(
        AvailabilityZone=f"{region}a", Size=1, Encrypted=True, KmsKeyId=arn
    )["VolumeId"]
    kms(sandbox).create_grant(KeyId=arn, GranteePrincipal=HOME.global_arn("iam", "root"), Operations=["Decrypt"])
    report = remove(sandbox, "reconcile", [KEY], KEY.address)
    assert said(report) == []
    using = f"bucket/app, secret/app, topic/app, volume {volume}, a grant to {HOME.global_arn('iam', 'root')}"
    assert notes(report) == [f"kept: {using} could not be read without it"]


def made(sandbox: Sandbox, name: str) -> None:
    """Make a bucket by hand."""
    s3(sandbox).create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": HOME.region})
