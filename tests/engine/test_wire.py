"""The guard on the wire refuses writes outside a verb, unknown values, and resends of calls that are not idempotent."""

from __future__ import annotations

import pytest

from awsbase.aws import Aws
from awsbase.engine.changes import Unknown
from awsbase.engine.wire import Wire, WriteOutsideVerb, is_read
from awsbase.errors import LostReply
from awsbase.sandbox import Fault, Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def aws(sandbox: Sandbox, wire: Wire) -> Aws:
    return Aws(sandbox.session(), "eu-west-1", [wire.attach])


@pytest.mark.parametrize(
    ("service", "operation", "reads"),
    [
        ("iam", "GetUser", True),
        ("iam", "GenerateCredentialReport", True),
        ("s3", "HeadBucket", True),
        ("logs", "FilterLogEvents", True),
        ("iam", "CreateUser", False),
        ("sts", "GetSessionToken", False),
        ("secretsmanager", "GetSecretValue", False),
        ("kms", "Decrypt", False),
        ("iam", "SomethingNobodyKnowsYet", False),
    ],
)
def test_reads_and_writes_are_distinguished(service: str, operation: str, reads: bool) -> None:
    assert is_read(service, operation) is reads


def test_a_write_outside_a_verb_is_not_sent(sandbox: Sandbox, aws: Aws) -> None:
    with pytest.raises(WriteOutsideVerb, match="iam:CreateGroup"):
        aws.iam.create_group(GroupName="Ops")
    aws.iam.list_groups()
    assert [call.name for call in sandbox.calls] == ["iam:ListGroups"]


def test_an_unknown_value_is_not_sent(sandbox: Sandbox, aws: Aws, wire: Wire) -> None:
    with wire.open(), pytest.raises(WriteOutsideVerb, match=r"AttachGroupPolicy .* only planned: PolicyArn"):
        aws.iam.attach_group_policy(GroupName="Ops", PolicyArn=Unknown("policy"))  # type: ignore[arg-type]
    assert sandbox.calls == []


def test_every_sent_request_is_counted(aws: Aws, wire: Wire, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("throttle", on="iam:ListGroups"))
    aws.iam.list_groups()
    with wire.open():
        aws.iam.create_group(GroupName="Ops")
    assert (wire.reads, wire.writes) == (2, 1)


def test_a_call_that_is_not_idempotent_is_not_resent_when_its_answer_is_lost(
    aws: Aws, wire: Wire, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault("reset after", on="kms:CreateKey"))
    with wire.open(), pytest.raises(LostReply):
        aws.kms.create_key()
    assert [call.name for call in sandbox.calls] == ["kms:CreateKey"]


def test_other_calls_and_throttled_ones_are_resent(aws: Aws, wire: Wire, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("reset before", on="iam:CreateGroup"))
    sandbox.faults.add(Fault("throttle", on="kms:CreateKey"))
    with wire.open():
        aws.iam.create_group(GroupName="Ops")
        aws.kms.create_key()
    assert [call.name for call in sandbox.calls] == ["iam:CreateGroup"] * 2 + ["kms:CreateKey"] * 2
