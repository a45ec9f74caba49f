"""Documents are evaluated without a request: statements with conditions are ignored, except for conditions on MFA."""

from __future__ import annotations

import pytest

from awsbase.access.evaluation import permits
from awsbase.policies import render
from awsbase.policies.document import Document
from tests.policies.test_document import document, statement

VALUES = {"partition": "aws", "account": "123456789012"}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
NO_MFA = {"aws:MultiFactorAuthPresent": "false"}
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
ALL = statement(Action="*")
NO_IAM = statement(Effect="Deny", Action="iam:*")
ATTACH = "iam:AttachUserPolicy"


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param([document(ALL)], True, id="everything"),
        pytest.param([document(statement(Action=["s3:*", "IAM:*"]))], True, id="a service, in other letters"),
        pytest.param([document(statement(Action="*", Resource="arn:aws:iam::123456789012:user/a"))], False, id="one"),
        pytest.param([document({**ALL, "Condition": MFA})], True, id="with MFA"),
        pytest.param([document({**ALL, "Condition": OFFICE})], False, id="in the office"),
        pytest.param([document({**ALL, "Condition": {**OFFICE, **MFA}})], False, id="in the office, with MFA"),
        pytest.param([document(ALL), document(NO_IAM)], False, id="denied"),
        pytest.param([document(ALL, {**NO_IAM, "Condition": OFFICE})], True, id="denied in the office"),
        pytest.param([], False, id="nothing"),
        pytest.param([render("administrator", VALUES), render("require-mfa", VALUES)], True, id="our administrator"),
        pytest.param([render("self-service", VALUES)], False, id="our self-service"),
    ],
)
def test_permission_on_all_resources(documents: list[Document], expected: bool) -> None:
    assert permits(documents, ATTACH) == expected


@pytest.mark.parametrize(("user", "expected"), [("alice", True), ("bob", False)], ids=["the own", "another's"])
def test_user_can_enrol_own_device_with_self_service(user: str, expected: bool) -> None:
    device = "arn:aws:iam::123456789012:mfa/alice"
    assert permits([render("self-service", VALUES)], "iam:CreateVirtualMFADevice", device, user=user) == expected


def test_allow_that_requires_mfa_does_not_permit_enrolment() -> None:
    assert not permits([document({**ALL, "Condition": MFA})], "iam:CreateVirtualMFADevice", mfa=False)


@pytest.mark.parametrize(
    ("denied", "expected"),
    [({"Action": "iam:*"}, False), ({"NotAction": "iam:*"}, True), ({"NotAction": "s3:*"}, False)],
    ids=["all of IAM", "all but IAM", "all but S3"],
)
def test_enrolment_is_permitted_unless_denied_without_mfa(denied: Document, expected: bool) -> None:
    gate = {**denied, "Effect": "Deny", "Resource": "*", "Condition": {"BoolIfExists": NO_MFA}}
    assert permits([document(ALL, gate)], "iam:CreateVirtualMFADevice", mfa=False) == expected
    assert permits([document(ALL, gate)], "iam:CreateVirtualMFADevice", mfa=True)
