"""A refused caller learns which IAM action is missing, and what to do."""

from __future__ import annotations

from typing import Any

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


SCP = "service control policy: arn:aws:organizations::999999999999:policy/o-abc/service_control_policy/p-12"
ON = f"User: {KIM} is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1"
THERE = "on the resource associated with this ciphertext because the resource does not exist in this Region"


# Word for word as AWS documents or has answered them: "Troubleshoot access denied error messages" in its guide to IAM.
@pytest.mark.parametrize(
    ("message", "advice"),
    [
        (f"{ON} with an explicit deny in a {SCP}", "a service control policy of your organization refuses kms:Decrypt"),
        (f"{ON} because no service control policy allows the kms:Decrypt action", "ask who manages the organization"),
        (f"{ON} with an explicit deny in a resource control policy", "a resource control policy of your organization"),
        (f"{ON} because no resource control policy allows the kms:Decrypt action", "ask who manages the organization"),
        (f"{ON} with an explicit deny in a permissions boundary", "have who set it change it"),
        (f"{ON} because no permissions boundary allows the kms:Decrypt action", "leaves kms:Decrypt out: have who set"),
        (f"{ON} with an explicit deny in a session policy", "get a session without that policy"),
        (f"{ON} because no session policy allows the kms:Decrypt action", "get a session without it, or with a wider"),
        (f"{ON} with an explicit deny in a resource-based policy", "the policy of the resource itself refuses you"),
        (f"{ON} because no resource-based policy allows the kms:Decrypt action", "does not let " + KIM),
        (f"{ON} with an explicit deny in a VPC endpoint policy", "or run outside of that VPC"),
        (f"{ON} because no VPC endpoint policy allows the kms:Decrypt action", "or run outside of that VPC"),
        (f"{ON} with an explicit deny in the role trust policy", "the trust policy of the role refuses " + KIM),
        (
            f"{ON} because no role trust policy allows the sts:AssumeRole action",
            "the trust policy of the role",
        ),
        (f"{ON} with an explicit deny in an identity-based policy", "run `awsbase mfa refresh` if this account asks"),
        (
            f"{ON} because no identity-based policy allows the kms:Decrypt action",
            "this needs kms:Decrypt, see",
        ),
        (
            f"User: {KIM} is not authorized to perform: kms:Decrypt {THERE}, no resource-based policies allow access, "
            "or a resource-based policy explicitly denies access",
            "the KMS key does not exist in this region, or its policy does not let " + KIM,
        ),
        (
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you "
            "are not allowed to access.",
            "the KMS key does not exist in this region",
        ),
        (
            "You are not authorized to perform this operation. Encoded authorization failure message: 4f2aQ",
            "`aws sts decode-authorization-message --encoded-message TEXT` shows which policy refuses it",
        ),
    ],
)
def test_advice_follows_the_words_of_the_answer(message: str, advice: str) -> None:
    hint = failure(ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, "Decrypt"), KIM).hint
    assert advice in (hint or "")
    # A code of an MFA device helps against a policy of the caller's own, and against no other.
    assert ("mfa refresh" in (hint or "")) == ("identity-based" in message)


def at(region: str, *, is_global: bool = False) -> dict[str, Any]:
    return {"Region": region, "Global": is_global}


@pytest.mark.parametrize(
    ("operation", "where", "code"),
    [
        ("ListKeys", at("us-east-1"), "RegionClosed"),
        ("ListKeys", at("eu-west-1"), "AccessDeniedException"),
        ("ListKeys", {}, "AccessDeniedException"),
        ("ListKeys", at("us-east-1", is_global=True), "AccessDeniedException"),
        ("CreateKey", at("us-east-1"), "AccessDeniedException"),
    ],
    ids=["another region", "at home", "unknown where", "no region of its own", "to write may need more, such as tags"],
)
def test_a_region_is_closed_that_may_not_even_be_looked_at(operation: str, where: dict[str, Any], code: str) -> None:
    error = {"Code": "AccessDeniedException", "Message": f"{ON} with an explicit deny in a {SCP}"}
    response: Any = {"Error": error, "ResponseMetadata": where}
    refused = failure(ClientError(response, operation), KIM, home="eu-west-1", ways_out={"us-east-1": "leave it"})
    assert refused.code == code
    assert (refused.hint == "leave it", refused.region) == (
        (True, "us-east-1") if code == "RegionClosed" else (False, None)
    )


def test_an_error_that_is_no_refusal_names_no_action() -> None:
    assert failure(ClientError({"Error": {"Code": "NoSuchBucket", "Message": "none"}}, "HeadBucket"), KIM).hint is None
