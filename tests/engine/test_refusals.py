"""A refused caller learns which IAM action is missing, and what to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from awsbase.engine.failures import failure

KIM = "arn:aws:iam::123456789012:user/kim"
NO_POLICY = "because no identity-based policy allows the action"


@pytest.mark.parametrize(
    ("code", "message", "operation", "action"),
    [
        (
            "AccessDenied",
            f"User: {KIM} is not authorized to perform: iam:CreateGroup on resource: group Ops {NO_POLICY}",
            "CreateGroup",
            "iam:CreateGroup",
        ),
        (
            "AccessDenied",
            f'User: {KIM} is not authorized to perform: s3:PutEncryptionConfiguration on resource: "x" {NO_POLICY}',
            "PutBucketEncryption",
            "s3:PutEncryptionConfiguration",
        ),
        (
            "UnauthorizedOperation",
            f"You are not authorized to perform this operation. User: {KIM} is not authorized to perform: "
            f"ec2:CreateTags on resource: x {NO_POLICY}. Encoded authorization failure message: 4f2a",
            "CreateVpc",
            "ec2:CreateTags",
        ),
        (
            "AuthorizationError",
            f"User: {KIM} is not authorized to perform: SNS:CreateTopic on resource: x {NO_POLICY}",
            "CreateTopic",
            "sns:CreateTopic",
        ),
        (
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
            "CreateKey",
            "kms:PutKeyPolicy",
        ),
        ("403", "Forbidden", "HeadObject", "HeadObject"),
    ],
    ids=["as the API", "not as the API", "an action beside it", "in capitals", "in other words", "not told"],
)
def test_a_refusal_names_the_missing_action(code: str, message: str, operation: str, action: str) -> None:
    refused = failure(ClientError({"Error": {"Code": code, "Message": message}}, operation), KIM)
    assert refused.hint is not None
    assert f"you are {KIM}; this needs {action}, see `awsbase permissions`" in refused.hint


def test_an_explicit_deny_gets_no_hint_to_add_permissions() -> None:
    message = f"User: {KIM} is not authorized to perform: iam:GetRole on resource: x with an explicit deny in a policy"
    refused = failure(ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "GetRole"), KIM)
    assert refused.hint is not None
    assert "a policy refuses you iam:GetRole: run `awsbase mfa refresh`" in refused.hint
    assert "permissions" not in refused.hint


def test_an_error_that_is_no_refusal_names_no_action() -> None:
    assert failure(ClientError({"Error": {"Code": "NoSuchBucket", "Message": "none"}}, "HeadBucket"), KIM).hint is None
