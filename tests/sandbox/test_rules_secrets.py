"""Secrets Manager, DLM and root's own keys in the sandbox: what moto lets through or does not have."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from awsbase.ensure.role import Role
from awsbase.ensure.snapshot_policy import SnapshotPolicy, details
from awsbase.manifest.backups import Ebs
from awsbase.manifest.base import Base
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME
from tests.sandbox.refused import refused

ROLE, POLICY = Ebs().resources(Base("acme", HOME, {}))
assert isinstance(ROLE, Role)
assert isinstance(POLICY, SnapshotPolicy)
TRUST = json.dumps(ROLE.trust)
NAME = ROLE.name
GOOD: dict[str, Any] = {
    "ExecutionRoleArn": ROLE.arn,
    "Description": "Snapshots",
    "State": "ENABLED",
    "PolicyDetails": details(POLICY),
}


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox()
    sandbox.client("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument=TRUST)
    return sandbox


def ready(sandbox: Sandbox) -> Any:
    """Return DLM once it knows the role."""
    dlm = sandbox.client("dlm", HOME.region)
    assert [refused(dlm.create_lifecycle_policy, **GOOD) for _ in range(3)][-1] is None
    return dlm


def test_a_new_role_is_unknown_at_first(sandbox: Sandbox) -> None:
    dlm = sandbox.client("dlm", HOME.region)
    tries = [refused(dlm.create_lifecycle_policy, **GOOD) for _ in range(3)]
    assert tries == ["InvalidRequestException", "InvalidRequestException", None]


def test_a_policy_is_kept_as_aws_keeps_it(sandbox: Sandbox) -> None:
    dlm = ready(sandbox)
    (short,) = dlm.get_lifecycle_policies()["Policies"]
    assert "Tags" not in short
    whole = dlm.get_lifecycle_policy(PolicyId=short["PolicyId"])["Policy"]
    assert whole["PolicyDetails"]["PolicyLanguage"] == "STANDARD"
    assert whole["PolicyDetails"]["Schedules"][0]["CreateRule"]["Location"] == "CLOUD"
    assert whole["PolicyArn"].endswith(short["PolicyId"])
    dlm.tag_resource(ResourceArn=whole["PolicyArn"], Tags={"a": "b"})
    assert dlm.get_lifecycle_policies()["Policies"][0]["Tags"] == {"a": "b"}
    assert dlm.list_tags_for_resource(ResourceArn=whole["PolicyArn"])["Tags"] == {"a": "b"}
    assert sandbox.client("dlm", "us-east-1").get_lifecycle_policies()["Policies"] == []
    assert sandbox.snapshot()["dlm"][HOME.region][0]["Tags"] == {"a": "b"}
    dlm.delete_lifecycle_policy(PolicyId=short["PolicyId"])
    assert refused(dlm.get_lifecycle_policy, PolicyId=short["PolicyId"]) == "ResourceNotFoundException"


def with_schedule(**changes: Any) -> dict[str, Any]:
    wanted = deepcopy(GOOD)
    schedule = {**wanted["PolicyDetails"]["Schedules"][0], **changes}
    wanted["PolicyDetails"]["Schedules"][0] = {name: value for name, value in schedule.items() if value is not None}
    return wanted


def with_details(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "PolicyDetails": {**GOOD["PolicyDetails"], **changes}}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "description with a dot": ({**GOOD, "Description": "a.b"}, "ValidationException"),
    "unknown state": ({**GOOD, "State": "ON"}, "ValidationException"),
    "role that is none": ({**GOOD, "ExecutionRoleArn": "role"}, "ValidationException"),
    "odd interval": (
        with_schedule(CreateRule={"Interval": 5, "IntervalUnit": "HOURS", "Times": ["03:00"]}),
        "InvalidRequestException",
    ),
    "odd time": (
        with_schedule(CreateRule={"Interval": 24, "IntervalUnit": "HOURS", "Times": ["33:00"]}),
        "ValidationException",
    ),
    "two rhythms": (
        with_schedule(CreateRule={"Interval": 24, "IntervalUnit": "HOURS", "CronExpression": "cron(0 3 ? * SUN *)"}),
        "InvalidRequestException",
    ),
    "kept for ever": (with_schedule(RetainRule={}), "InvalidRequestException"),
    "kept without unit": (with_schedule(RetainRule={"Interval": 7}), "InvalidRequestException"),
    "schedule without name": (with_schedule(Name=None), "InvalidRequestException"),
    "same tag twice": (with_details(TargetTags=[{"Key": "a", "Value": "b"}] * 2), "InvalidRequestException"),
    "nothing to keep": ({**GOOD, "PolicyDetails": {"ResourceTypes": ["VOLUME"]}}, "InvalidRequestException"),
    "1001 kept": (with_schedule(RetainRule={"Count": 1001}), "ValidationException"),
}


@pytest.mark.parametrize(("wanted", "code"), WRONG.values(), ids=WRONG)
def test_what_dlm_does_not_take_is_refused(sandbox: Sandbox, wanted: dict[str, Any], code: str) -> None:
    dlm = ready(sandbox)
    assert refused(dlm.create_lifecycle_policy, **wanted) == code
    assert len(dlm.get_lifecycle_policies()["Policies"]) == 1


@pytest.mark.parametrize("change", [{"Colour": "red"}, {"PolicyDetails": []}, {"Tags": "a"}], ids=str)
def test_unknown_and_ill_typed_fields_are_refused(sandbox: Sandbox, change: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError):
        sandbox.client("dlm", HOME.region).create_lifecycle_policy(**{**GOOD, **change})


def test_the_name_of_a_deleted_secret_is_not_free(sandbox: Sandbox) -> None:
    secrets = sandbox.client("secretsmanager")
    secrets.create_secret(Name="a", SecretString="x")
    secrets.delete_secret(SecretId="a", RecoveryWindowInDays=7)
    with pytest.raises(ClientError, match="scheduled for deletion") as error:
        secrets.create_secret(Name="a", SecretString="y")
    assert error.value.response["Error"]["Code"] == "InvalidRequestException"
    assert refused(secrets.put_secret_value, SecretId="a", SecretString="y") == "InvalidRequestException"
    assert refused(secrets.tag_resource, SecretId="a", Tags=[]) == "InvalidRequestException"
    secrets.restore_secret(SecretId="a")
    assert secrets.get_secret_value(SecretId="a")["SecretString"] == "x"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"Name": "a b"}, "ValidationException"),
        ({"Name": "a", "KmsKeyId": "alias/none"}, "InvalidRequestException"),
        ({"Name": "a", "SecretString": "x" * 65537}, "ValidationException"),
    ],
    ids=["odd name", "no such key", "too long"],
)
def test_a_secret_that_aws_does_not_take_is_refused(sandbox: Sandbox, arguments: dict[str, Any], code: str) -> None:
    assert refused(sandbox.client("secretsmanager").create_secret, **arguments) == code


def test_a_key_about_to_go_encrypts_nothing(sandbox: Sandbox) -> None:
    kms = sandbox.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    assert refused(sandbox.client("secretsmanager").create_secret, Name="a", KmsKeyId=key) == "InvalidRequestException"


def test_rotation_needs_a_function_and_keeps_its_window(sandbox: Sandbox) -> None:
    secrets = sandbox.client("secretsmanager")
    secrets.create_secret(Name="a", SecretString="x")
    rules = {"AutomaticallyAfterDays": 30, "Duration": "3h"}
    assert refused(secrets.rotate_secret, SecretId="a", RotationRules=rules) == "InvalidRequestException"
    function = "arn:aws:lambda:us-east-1:123456789012:function:rotate"
    secrets.rotate_secret(SecretId="a", RotationLambdaARN=function, RotationRules=rules, RotateImmediately=False)
    assert secrets.describe_secret(SecretId="a")["RotationRules"] == rules
    assert secrets.list_secrets()["SecretList"][0]["RotationRules"] == rules
    assert secrets.get_secret_value(SecretId="a")["SecretString"] == "x"


def test_root_lists_and_deletes_its_own_keys(sandbox: Sandbox) -> None:
    root, iam = sandbox.client("iam", caller="root"), sandbox.client("iam")
    (key,) = root.list_access_keys()["AccessKeyMetadata"]
    assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 1
    assert refused(root.delete_access_key, AccessKeyId="AKIAOTHER0000000000") == "NoSuchEntity"
    root.delete_access_key(AccessKeyId=key["AccessKeyId"])
    assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 0
    assert refused(root.list_access_keys) == "InvalidClientTokenId"


def test_a_simulation_says_what_policies_decide(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam")
    user = iam.create_user(UserName="alice")["User"]["Arn"]
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    gate = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "NotAction": "iam:ListUsers",
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            }
        ],
    }
    iam.put_user_policy(UserName="alice", PolicyName="gate", PolicyDocument=json.dumps(gate))

    def decided(mfa: str) -> list[str]:
        context = {
            "ContextKeyName": "aws:MultiFactorAuthPresent",
            "ContextKeyValues": [mfa],
            "ContextKeyType": "boolean",
        }
        said = iam.simulate_principal_policy(
            PolicySourceArn=user, ActionNames=["iam:ListUsers", "iam:CreateUser"], ContextEntries=[context]
        )
        return [result["EvalDecision"] for result in said["EvaluationResults"]]

    assert decided("true") == ["allowed", "allowed"]
    assert decided("false") == ["allowed", "explicitDeny"]
