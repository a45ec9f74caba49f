"""KMS in the sandbox: what moto alone lets through, and AWS does not."""

import json
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

ROOT = {"AWS": "arn:aws:iam::123456789012:root"}
OWNER = {"Sid": "Enable IAM", "Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"}
NOBODY = {**OWNER, "Principal": {"AWS": "arn:aws:iam::123456789012:user/absent"}}
READER = {**OWNER, "Action": "kms:Decrypt"}
NOT_KMS = {**OWNER, "Action": "s3:GetObject"}
LOGS = {**OWNER, "Sid": "logs", "Principal": {"Service": "not a service"}}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    "document",
    ["no JSON", policy(), policy(READER), policy(OWNER, NOBODY), policy(OWNER, NOT_KMS), policy(OWNER, LOGS)],
    ids=["text", "empty", "locks everybody out", "unknown principal", "foreign action", "no service"],
)
def test_key_policies_that_moto_takes(document: str) -> None:
    assert refused(Sandbox(strict=False).client("kms").create_key, Policy=document) is None

    kms = Sandbox().client("kms")
    assert refused(kms.create_key, Policy=document) == "MalformedPolicyDocumentException"
    key = kms.create_key(Policy=policy(OWNER))["KeyMetadata"]["KeyId"]
    assert refused(kms.put_key_policy, KeyId=key, Policy=document) == "MalformedPolicyDocumentException"


def test_the_caller_may_keep_the_key_to_themselves() -> None:
    sandbox = Sandbox()
    sandbox.client("iam").create_user(UserName="kim")
    mine = policy({**OWNER, "Principal": {"AWS": "arn:aws:iam::123456789012:user/kim"}})
    kims = sandbox.client("kms", caller="user/kim")

    codes = [refused(kims.create_key, Policy=mine) for _ in range(3)]
    # A user who was just created is not known to KMS at once.
    assert codes == ["MalformedPolicyDocumentException", "MalformedPolicyDocumentException", None]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("enable_key_rotation", {}, "KMSInvalidStateException"),
        ("encrypt", {"Plaintext": b"x"}, "KMSInvalidStateException"),
        ("enable_key", {}, "KMSInvalidStateException"),
        ("tag_resource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}, "KMSInvalidStateException"),
        ("describe_key", {}, None),
        ("cancel_key_deletion", {}, None),
    ],
)
def test_a_key_that_waits_for_deletion_does_nothing_else(method: str, params: dict[str, Any], code: str | None) -> None:
    for strict in (True, False):
        kms = Sandbox(strict=strict).client("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

        assert refused(getattr(kms, method), KeyId=key, **params) == (code if strict else None)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("schedule_key_deletion", {"PendingWindowInDays": 3}, "ValidationException"),
        ("cancel_key_deletion", {}, "KMSInvalidStateException"),
        ("tag_resource", {"Tags": [{"TagKey": "aws:owner", "TagValue": "x"}]}, "TagException"),
        ("tag_resource", {"Tags": [{"TagKey": f"k{n}", "TagValue": "x"} for n in range(51)]}, "TagException"),
    ],
    ids=["too soon", "not to be deleted", "reserved tag", "too many tags"],
)
def test_mistakes_that_moto_lets_through(method: str, params: dict[str, Any], code: str) -> None:
    for strict in (False, True):
        kms = Sandbox(strict=strict).client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        assert refused(getattr(kms, method), KeyId=key, **params) == (code if strict else None)


def test_a_key_of_two_halves_does_not_rotate() -> None:
    for strict in (False, True):
        kms = Sandbox(strict=strict).client("kms")
        key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        assert refused(kms.enable_key_rotation, KeyId=key) == ("UnsupportedOperationException" if strict else None)


def test_a_cancelled_deletion_leaves_the_key_disabled() -> None:
    kms = Sandbox().client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=key)
    kms.cancel_key_deletion(KeyId=key)

    assert refused(kms.enable_key_rotation, KeyId=key) == "DisabledException"
    kms.enable_key(KeyId=key)
    assert refused(kms.enable_key_rotation, KeyId=key) is None


def test_a_rotation_period_is_kept_and_bounded() -> None:
    kms = Sandbox().client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=key)

    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 180
    assert refused(kms.enable_key_rotation, KeyId=key, RotationPeriodInDays=9999) == "ValidationException"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("create_alias", {"AliasName": "alias/aws/mine"}, "NotAuthorizedException"),
        ("create_alias", {"AliasName": "alias/with blank"}, "ValidationException"),
    ],
)
def test_aliases_that_nobody_may_have(method: str, params: dict[str, Any], code: str) -> None:
    kms = Sandbox().client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]

    assert refused(getattr(kms, method), TargetKeyId=key, **params) == code
