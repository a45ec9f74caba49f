"""Lambda and SQS in the sandbox: what moto lets through."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from awsbase.sandbox.services import lambda_
from tests.sandbox.machines import REGION, role, trust
from tests.sandbox.refused import refused

WORK = "arn:aws:iam::123456789012:role/work"


def zipped(text: str = "pass") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(zipfile.ZipInfo("handler.py"), text)
    return packed.getvalue()


GOOD: dict[str, Any] = {
    "FunctionName": "work",
    "Role": WORK,
    "Handler": "handler.work",
    "Runtime": "python3.12",
    "Code": {"ZipFile": zipped()},
}


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox()
    role(sandbox, "work", "lambda.amazonaws.com")
    return sandbox


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Role": WORK.replace("work", "nobody")}, "InvalidParameterValueException"),
        ({"Role": WORK.replace("work", "other")}, "InvalidParameterValueException"),
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException"),
    ],
    ids=["a role that is not there", "a role of another service", "no zip"],
)
def test_a_function_that_aws_does_not_take_is_refused(sandbox: Sandbox, changes: dict[str, Any], code: str) -> None:
    role(sandbox, "other", "states.amazonaws.com")
    assert refused(sandbox.client("lambda", REGION).create_function, **{**GOOD, **changes}) == code


def test_moto_alone_lets_a_role_of_another_service_run_any_code_and_change_at_once() -> None:
    lenient = Sandbox(strict=False)
    lenient.client("iam").create_role(RoleName="work", AssumeRolePolicyDocument=trust("states.amazonaws.com"))
    client = lenient.client("lambda", REGION)
    assert refused(client.create_function, **{**GOOD, "Code": {"ZipFile": b"no zip"}}) is None
    assert refused(client.update_function_code, FunctionName="work", ZipFile=zipped()) is None


def test_code_that_is_too_large_is_refused(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    create = sandbox.client("lambda", REGION).create_function
    monkeypatch.setattr(lambda_, "UNZIPPED", 3)
    assert refused(create, **GOOD) == "InvalidParameterValueException"
    monkeypatch.setattr(lambda_, "ZIPPED", 3)
    assert refused(create, **GOOD) == "RequestEntityTooLargeException"


def test_a_new_role_is_unknown_at_first_and_a_name_is_taken_once(sandbox: Sandbox) -> None:
    sandbox.client("iam").create_role(RoleName="new", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    create = sandbox.client("lambda", REGION).create_function
    new = {**GOOD, "Role": WORK.replace("work", "new")}
    early = "InvalidParameterValueException"
    assert [refused(create, **new) for _ in range(4)] == [early, early, None, "ResourceConflictException"]


def test_a_function_is_busy_for_a_while_after_each_change(sandbox: Sandbox) -> None:
    client = sandbox.client("lambda", REGION)
    made = client.create_function(**GOOD)
    assert (made["State"], made["LastUpdateStatus"]) == ("Pending", "InProgress")
    other = {"FunctionName": "work", "ZipFile": zipped("other")}
    assert refused(client.update_function_code, **other) == "ResourceConflictException"
    sandbox.clock.advance(20)
    assert client.get_function(FunctionName="work")["Configuration"]["State"] == "Active"
    changed = client.update_function_code(**other)
    assert changed["CodeSha256"] != made["CodeSha256"]
    assert client.get_function_configuration(FunctionName="work")["LastUpdateStatus"] == "InProgress"
    longer = {"FunctionName": "work", "Timeout": 900}
    assert refused(client.update_function_configuration, **longer) == "ResourceConflictException"
    sandbox.clock.advance(20)
    assert refused(client.update_function_configuration, **longer) is None
    assert sandbox.snapshot()["lambda"][REGION]["work"]["Timeout"] == 900


def test_a_function_runs_only_what_a_test_gave_it(sandbox: Sandbox) -> None:
    client = sandbox.client("lambda", REGION)
    client.create_function(**GOOD)
    assert refused(client.invoke, FunctionName="work") == "SandboxGap"
    sandbox.memory(lambda_.Functions).bodies["work"] = lambda event: {"got": event}
    answered = client.invoke(FunctionName="work", Payload=b'{"a": 1}')
    assert json.loads(answered["Payload"].read()) == {"got": {"a": 1}}
    assert refused(client.invoke, FunctionName="other") == "ResourceNotFoundException"


def test_the_name_of_a_deleted_queue_is_free_after_a_minute() -> None:
    for sandbox, expected in ((Sandbox(), "QueueDeletedRecently"), (Sandbox(strict=False), None)):
        sqs = sandbox.client("sqs", REGION)
        queue = sqs.create_queue(QueueName="work")["QueueUrl"]
        sqs.delete_queue(QueueUrl=queue)
        found = refused(sqs.create_queue, QueueName="work")
        assert (found or "").rpartition(".")[2] == (expected or "")
        sandbox.clock.advance(61)
        assert refused(sqs.create_queue, QueueName="work") is None


def test_nobody_waits_for_a_message() -> None:
    sqs = Sandbox().client("sqs", REGION)
    queue = sqs.create_queue(QueueName="work", Attributes={"ReceiveMessageWaitTimeSeconds": "20"})["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)
