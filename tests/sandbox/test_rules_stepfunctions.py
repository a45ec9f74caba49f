"""Step Functions in the sandbox: what moto lets through or ignores, and a Distributed Map without threads."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.lambda_ import FunctionError, Functions
from tests.sandbox.machines import ITEMS, MAY, QUEUE, REGION, ROLE, Fleet, definition, role, trust
from tests.sandbox.refused import refused

TEN = [f"account-{number}" for number in range(10)]
TWO = ("account-2", "account-7")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def machine(sandbox: Sandbox, text: str, **more: Any) -> str | None:
    """Return what making a machine is refused with, once its role is known."""
    if "map" not in {each["RoleName"] for each in sandbox.client("iam").list_roles()["Roles"]}:
        role(sandbox, "map", "states.amazonaws.com", MAY)
    made = {"name": "fleet", "definition": text, "roleArn": ROLE, **more}
    return refused(sandbox.client("stepfunctions", REGION).create_state_machine, **made)


@pytest.mark.parametrize(
    ("of_map", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailurePercentage": 19}, "FAILED"),
        ({"ToleratedFailurePercentage": 20}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 20.5}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 50}, "FAILED"),
        ({"ToleratedFailurePercentagePath": "$.tolerate"}, "SUCCEEDED"),
    ],
    ids=["none", "19 %", "20 %", "20.5 %", "one", "two", "one, or half", "as the input says"],
)
def test_two_of_ten_failed_accounts_end_the_run_unless_they_are_tolerated(
    sandbox: Sandbox, of_map: dict[str, Any], status: str
) -> None:
    fleet = Fleet(sandbox, definition(MaxConcurrency=10, **of_map), TEN)
    execution = fleet.start(tolerate=20)
    fleet.work(failing=TWO)
    ended = fleet.sfn.describe_execution(executionArn=execution)
    assert (ended["status"], fleet.run(execution)["status"]) == (status, status)
    assert ended.get("error") == ("States.ExceedToleratedFailureThreshold" if status == "FAILED" else None)


@pytest.fixture
def moto_alone() -> Iterator[Any]:
    """Return Step Functions as moto carries it out, with its own interpreter."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        boto3.client("iam", REGION).create_role(RoleName="map", AssumeRolePolicyDocument=trust("states.amazonaws.com"))
        yield boto3.client("stepfunctions", REGION)


@pytest.mark.slow
def test_moto_alone_ignores_what_is_tolerated_and_does_not_read_an_integer(moto_alone: Any) -> None:
    sqs, s3 = boto3.client("sqs", REGION), boto3.client("s3", "us-east-1")
    queue = sqs.create_queue(QueueName="work")["QueueUrl"]
    s3.create_bucket(Bucket=ITEMS)
    s3.put_object(Bucket=ITEMS, Key="items.json", Body=json.dumps(TEN))
    percent = definition(ToleratedFailurePercentage=10)
    assert refused(moto_alone.create_state_machine, name="integer", definition=percent, roleArn=ROLE) is not None
    text = definition(MaxConcurrency=10, ToleratedFailurePercentage=10.0).replace(QUEUE, queue)
    arn = moto_alone.create_state_machine(name="fleet", definition=text, roleArn=ROLE)["stateMachineArn"]
    given = json.dumps({"items": "items.json"})
    execution = moto_alone.start_execution(stateMachineArn=arn, name="run", input=given)["executionArn"]
    answered, deadline = 0, time.monotonic() + 30
    while answered < len(TEN) and time.monotonic() < deadline:
        for each in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            said = json.loads(each["Body"])
            if said["item"] in TWO:
                moto_alone.send_task_failure(taskToken=said["token"], error="AccountFailed")
            else:
                moto_alone.send_task_success(taskToken=said["token"], output="{}")
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
            answered += 1
    while (ended := moto_alone.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
    assert ended["status"] == "SUCCEEDED"  # two of ten failed, and one is tolerated


def test_a_redrive_restarts_what_did_not_succeed_and_nothing_else(sandbox: Sandbox) -> None:
    fleet = Fleet(sandbox, definition(MaxConcurrency=3), TEN)
    execution = fleet.start()
    first = fleet.messages(3)
    fleet.answer(first[0]["token"])
    fleet.answer(first[1]["token"], error="AccountFailed")
    counts = fleet.run(execution)["itemCounts"]
    assert (counts["succeeded"], counts["failed"], counts["aborted"], counts["pending"]) == (1, 1, 2, 6)
    assert fleet.sfn.describe_execution(executionArn=execution)["redriveStatus"] == "REDRIVABLE"

    fleet.messages()
    fleet.sfn.redrive_execution(executionArn=execution)
    assert sorted(fleet.work()) == sorted(set(TEN) - {first[0]["item"]})
    run = fleet.run(execution)
    assert (run["status"], run["redriveCount"], run["itemCounts"]["succeeded"]) == ("SUCCEEDED", 1, 10)
    assert refused(fleet.sfn.redrive_execution, executionArn=execution) == "ExecutionNotRedrivable"


def test_nothing_is_redriven_after_14_days(sandbox: Sandbox) -> None:
    fleet = Fleet(sandbox, definition(), TEN)
    execution = fleet.start()
    fleet.work(failing=("account-0",))
    sandbox.clock.advance(15 * 24 * 3600)
    assert refused(fleet.sfn.redrive_execution, executionArn=execution) == "ExecutionNotRedrivable"


def test_a_map_run_slows_down_and_tolerates_more_while_it_runs(sandbox: Sandbox) -> None:
    fleet = Fleet(sandbox, definition(MaxConcurrency=4), TEN)
    execution = fleet.start()
    run = fleet.run(execution)
    assert (run["maxConcurrency"], run["itemCounts"]["running"]) == (4, 4)
    fleet.sfn.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=1, toleratedFailureCount=2)
    for each in fleet.messages(4):
        fleet.answer(each["token"])
    assert fleet.run(execution)["itemCounts"]["running"] == 1
    fleet.work(failing=("account-7", "account-8"))
    assert fleet.run(execution)["status"] == "SUCCEEDED"
    children = fleet.sfn.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED")["executions"]
    assert len(children) == 2
    assert fleet.sfn.describe_execution(executionArn=children[0]["executionArn"])["error"] == "AccountFailed"


def test_one_name_is_one_execution(sandbox: Sandbox) -> None:
    fleet = Fleet(sandbox, definition(), TEN)
    assert fleet.start("run") == fleet.start("run")
    again = {"stateMachineArn": fleet.machine, "name": "run"}
    assert refused(fleet.sfn.start_execution, **again, input='{"items": "x"}') == "ExecutionAlreadyExists"
    fleet.work()
    assert refused(fleet.sfn.start_execution, **again, input='{"items": "items.json"}') == "ExecutionAlreadyExists"
    assert refused(fleet.sfn.start_execution, stateMachineArn=fleet.machine, name="a b") == "InvalidName"
    assert refused(fleet.sfn.start_execution, stateMachineArn=fleet.machine, input="{") == "InvalidExecutionInput"


def test_a_role_that_does_not_let_step_functions_in_is_refused(sandbox: Sandbox) -> None:
    lenient = Sandbox(strict=False)
    assert (
        refused(
            lenient.client("stepfunctions", REGION).create_state_machine,
            name="fleet",
            definition=definition(),
            roleArn=ROLE,
        )
        is None
    )
    assert machine(sandbox, definition(), roleArn=role(sandbox, "other", "lambda.amazonaws.com")) == (
        "AccessDeniedException"
    )
    sandbox.client("iam").create_role(RoleName="new", AssumeRolePolicyDocument=trust("states.amazonaws.com"))
    arn = ROLE.replace("map", "new")
    assert [machine(sandbox, definition(), roleArn=arn) for _ in range(3)] == [
        "AccessDeniedException",
        "AccessDeniedException",
        None,
    ]


def test_passing_the_role_has_to_be_allowed() -> None:
    sandbox = Sandbox(enforce=True)
    role(sandbox, "map", "states.amazonaws.com", MAY)
    may = {"Effect": "Allow", "Action": ["states:CreateStateMachine", "states:TagResource"], "Resource": "*"}
    iam = sandbox.client("iam")
    iam.create_user(UserName="kim")
    for statements, expected in (
        ([may], "AccessDeniedException"),
        ([may, {"Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE}], None),
    ):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName="kim", PolicyName="may", PolicyDocument=document)
        sfn = sandbox.client("stepfunctions", REGION, caller="user/kim")
        assert refused(sfn.create_state_machine, name="m", definition=definition(), roleArn=ROLE) == expected


@pytest.mark.parametrize(
    ("missing", "error"),
    [("sqs:SendMessage", "States.ExceedToleratedFailureThreshold"), ("s3:GetObject", "States.ItemReaderFailed")],
)
def test_the_machine_can_do_no_more_than_its_role(sandbox: Sandbox, missing: str, error: str) -> None:
    fleet = Fleet(sandbox, definition(), TEN)
    kept = [each for each in MAY if each["Action"] != missing]
    document = json.dumps({"Version": "2012-10-17", "Statement": kept})
    sandbox.client("iam").put_role_policy(RoleName="map", PolicyName="may", PolicyDocument=document)
    ended = fleet.sfn.describe_execution(executionArn=fleet.start())
    assert (ended["status"], ended["error"]) == ("FAILED", error)


def of_processor(**config: str) -> str:
    """Return a definition whose map runs its children so."""
    written = json.loads(definition())
    written["States"]["Accounts"]["ItemProcessor"]["ProcessorConfig"] = config
    return json.dumps(written)


@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        ("{", {}, "InvalidDefinition"),
        ('{"StartAt": "A", "States": {}}', {}, "InvalidDefinition"),
        ('{"StartAt": "A", "States": {"B": {"Type": "Succeed"}}}', {}, "InvalidDefinition"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}', {}, "InvalidDefinition"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}', {}, "InvalidDefinition"),
        (definition(ToleratedFailurePercentage=101), {}, "InvalidDefinition"),
        (definition(ToleratedFailureCount=True), {}, "InvalidDefinition"),
        (definition(MaxConcurrency=4, MaxConcurrencyPath="$.at_once"), {}, "InvalidDefinition"),
        (definition({"Parameters": {"QueueUrl": QUEUE}}), {}, "InvalidDefinition"),
        (definition(), {"type": "EXPRESS"}, "InvalidDefinition"),
        (of_processor(Mode="DISTRIBUTED", ExecutionType="EXPRESS"), {}, "InvalidDefinition"),
        (of_processor(Mode="DISTRIBUTED"), {}, "InvalidDefinition"),
        (definition({"Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {}}), {}, "SandboxGap"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": true}}}', {}, "SandboxGap"),
    ],
    ids=["no JSON", "no states", "starts nowhere", "leads nowhere", "no end", "more than all", "true failures",
         "two concurrencies", "nobody has the token", "an Express map", "a token of an Express child", "no type",
         "another task", "a wait"],
)  # fmt: skip
def test_a_definition_that_aws_does_not_take_is_refused(
    sandbox: Sandbox, text: str, more: dict[str, Any], expected: str
) -> None:
    assert machine(sandbox, text, **more) == expected


def test_moto_alone_takes_any_definition() -> None:
    sfn = Sandbox(strict=False).client("stepfunctions", REGION)
    assert refused(sfn.create_state_machine, name="m", definition="{", roleArn=ROLE) is None


def test_a_name_stands_for_one_definition(sandbox: Sandbox) -> None:
    assert machine(sandbox, definition()) is None
    assert machine(sandbox, definition(), tags=[{"key": "a", "value": "b"}]) is None
    assert machine(sandbox, definition(MaxConcurrency=3)) == "StateMachineAlreadyExists"
    lenient = Sandbox(strict=False).client("stepfunctions", REGION)
    for text in (definition(), definition(MaxConcurrency=3)):
        assert refused(lenient.create_state_machine, name="m", definition=text, roleArn=ROLE) is None


def test_a_lambda_is_tried_again_after_its_pause_and_a_task_times_out(sandbox: Sandbox) -> None:
    again = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 60, "MaxAttempts": 1}]
    invoke = {
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "work", "Payload.$": "$"},
        "Retry": again,
    }
    fleet = Fleet(sandbox, definition(invoke, ToleratedFailureCount=1), ["a", "b"])
    role(sandbox, "work", "lambda.amazonaws.com")
    code = {"ZipFile": EMPTY_ZIP}
    made = {"FunctionName": "work", "Role": ROLE.replace("map", "work"), "Handler": "a.b", "Runtime": "python3.12"}
    sandbox.client("lambda", REGION).create_function(**made, Code=code)
    may = [*MAY, {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]
    document = json.dumps({"Version": "2012-10-17", "Statement": may})
    sandbox.client("iam").put_role_policy(RoleName="map", PolicyName="may", PolicyDocument=document)
    seen: list[str] = []

    def body(event: str) -> dict[str, str]:
        seen.append(event)
        if event == "b":
            raise FunctionError("Busy", "come back later")
        return {"done": event}

    sandbox.memory(Functions).bodies["work"] = body
    execution = fleet.start()
    assert seen == ["a", "b"]
    assert fleet.sfn.describe_execution(executionArn=execution)["status"] == "RUNNING"
    sandbox.clock.advance(61)
    ended = fleet.sfn.describe_execution(executionArn=execution)
    assert seen == ["a", "b", "b"]
    assert (ended["status"], json.loads(ended["output"])[0]["Payload"]) == ("SUCCEEDED", {"done": "a"})


def test_a_task_that_nobody_answers_times_out(sandbox: Sandbox) -> None:
    fleet = Fleet(sandbox, definition({"TimeoutSeconds": 900}), ["a"])
    execution = fleet.start()
    (message,) = fleet.messages()
    sandbox.clock.advance(901)
    assert fleet.sfn.describe_execution(executionArn=execution)["status"] == "FAILED"
    late = {"taskToken": message["token"], "output": "{}"}
    assert refused(fleet.sfn.send_task_success, **late) == "TaskTimedOut"
    assert refused(fleet.sfn.send_task_success, taskToken="made up", output="{}") == "InvalidToken"


def test_results_that_do_not_fit_into_the_state_fail_the_run(sandbox: Sandbox) -> None:
    fleet = Fleet(sandbox, definition(), TEN)
    execution = fleet.start()
    large = json.dumps("x" * 30_000)
    for each in fleet.messages():
        fleet.sfn.send_task_success(taskToken=each["token"], output=large)
    ended = fleet.sfn.describe_execution(executionArn=execution)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


EMPTY_ZIP = b"PK\x05\x06" + b"\0" * 18
