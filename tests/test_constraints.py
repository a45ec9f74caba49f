"""Violations of AWS's API models are found before the call."""

from __future__ import annotations

import botocore.session
import pytest

from awsbase.constraints import violations
from awsbase.engine.changes import Unknown

session = botocore.session.Session()


def found(service: str, operation: str, **arguments: object) -> list[str]:
    return violations(session.get_service_model(service).operation_model(operation).input_shape, arguments)


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "lines"),
    [
        ("iam", "CreateUser", {"UserName": "alice"}, []),
        ("iam", "CreateUser", {"UserName": "x" * 65}, ["UserName: 65 characters, at most 64 allowed"]),
        ("iam", "CreateUser", {"UserName": "a b"}, [r"UserName: 'a b' does not match [\w+=,.@-]+"]),
        ("iam", "CreateUser", {}, ["UserName: missing"]),
        ("iam", "CreateUser", {"UserName": "a", "Nmae": "b"}, ["Nmae: no such parameter"]),
        ("kms", "ScheduleKeyDeletion", {"KeyId": "k", "PendingWindowInDays": 0},
         ["PendingWindowInDays: 0, at least 1 required"]),
        ("iam", "CreateUser", {"UserName": "a", "Tags": [{"Key": "k" * 129, "Value": "v"}]},
         ["Tags[0].Key: 129 characters, at most 128 allowed"]),
        ("iam", "CreateUser", {"UserName": Unknown("name")}, []),
        ("s3", "CreateBucket", {"Bucket": "b", "CreateBucketConfiguration": {"LocationConstraint": "xx-new-1"}}, []),
    ],
)  # fmt: skip
def test_violations(service: str, operation: str, arguments: dict[str, object], lines: list[str]) -> None:
    assert found(service, operation, **arguments) == lines


def test_a_violated_enum_lists_its_values() -> None:
    (line,) = found("s3", "PutBucketVersioning", Bucket="b", VersioningConfiguration={"Status": "On"})
    assert line == "VersioningConfiguration.Status: 'On' is none of Enabled, Suspended"


def test_a_sensitive_value_is_never_quoted() -> None:
    lines = found("iam", "CreateLoginProfile", UserName="alice", Password="s3cret" * 30)
    assert lines
    assert all("s3cret" not in line for line in lines)
