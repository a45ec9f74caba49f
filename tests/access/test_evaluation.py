"""What documents permit is told without a request: conditions count for nothing, except on MFA."""

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
    ("documents", "permitted"),
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
def test_rights_on_everything(documents: list[Document], permitted: bool) -> None:
    assert permits(documents, ATTACH) == permitted


@pytest.mark.parametrize(("user", "permitted"), [("alice", True), ("bob", False)], ids=["the own", "another's"])
def test_a_user_enrols_with_self_service(user: str, permitted: bool) -> None:
    device = "arn:aws:iam::123456789012:mfa/alice"
    assert permits([render("self-service", VALUES)], "iam:CreateVirtualMFADevice", device, user=user) == permitted


def test_what_needs_a_code_does_not_help_to_get_one() -> None:
    assert not permits([document({**ALL, "Condition": MFA})], "iam:CreateVirtualMFADevice", mfa=False)


@pytest.mark.parametrize(
    ("denied", "permitted"),
    [({"Action": "iam:*"}, False), ({"NotAction": "iam:*"}, True), ({"NotAction": "s3:*"}, False)],
    ids=["all of IAM", "all but IAM", "all but S3"],
)
def test_what_is_denied_without_a_code_is_no_help_to_get_one(denied: Document, permitted: bool) -> None:
    gate = {**denied, "Effect": "Deny", "Resource": "*", "Condition": {"BoolIfExists": NO_MFA}}
    assert permits([document(ALL, gate)], "iam:CreateVirtualMFADevice", mfa=False) == permitted
    assert permits([document(ALL, gate)], "iam:CreateVirtualMFADevice", mfa=True)
