"""What tests of Step Functions share: a role that all services know, a map over accounts, and a worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from awsbase.sandbox import Sandbox

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/map"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/work"
ITEMS = "acme-items"
MAY = [
    {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:work"},
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{ITEMS}/*"},
]


def trust(service: str) -> str:
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def role(sandbox: Sandbox, name: str, service: str, may: list[dict[str, Any]] | None = None) -> str:
    """Make a role that every service knows by now; return its ARN."""
    iam = sandbox.client("iam")
    arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"])
    if may:
        document = json.dumps({"Version": "2012-10-17", "Statement": may})
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document)
    sandbox.clock.advance(600)
    return arn


def definition(task: Mapping[str, Any] | None = None, **of_map: Any) -> str:
    """Return a map whose children send a token to the queue, unless another task is given."""
    sends = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": QUEUE, "MessageBody": {"item.$": "$", "token.$": "$$.Task.Token"}},
        "End": True,
        **(task or {}),
    }
    accounts = {
        "Type": "Map",
        "Label": "accounts",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": ITEMS, "Key.$": "$.items"},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Account",
            "States": {"Account": sends},
        },
        "End": True,
        **of_map,
    }
    return json.dumps({"StartAt": "Accounts", "States": {"Accounts": accounts}})


class Fleet:
    """A sandbox with a machine, items and a queue, and a worker that answers each item."""

    def __init__(self, sandbox: Sandbox, text: str, items: list[Any]) -> None:
        self.sandbox = sandbox
        self.sfn = sandbox.client("stepfunctions", REGION)
        self.sqs = sandbox.client("sqs", REGION)
        role(sandbox, "map", "states.amazonaws.com", MAY)
        self.sqs.create_queue(QueueName="work")
        s3 = sandbox.client("s3", REGION)
        s3.create_bucket(Bucket=ITEMS, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=ITEMS, Key="items.json", Body=json.dumps(items).encode())
        made = self.sfn.create_state_machine(name="fleet", definition=text, roleArn=ROLE)
        self.machine = made["stateMachineArn"]

    def start(self, name: str = "run-1", **given: Any) -> str:
        """Start an execution over the items; return its ARN."""
        said = json.dumps({"items": "items.json", **given})
        return str(self.sfn.start_execution(stateMachineArn=self.machine, name=name, input=said)["executionArn"])

    def messages(self, most: int = 10) -> list[dict[str, Any]]:
        """Take messages from the queue."""
        found = self.sqs.receive_message(QueueUrl=QUEUE, MaxNumberOfMessages=most).get("Messages", [])
        for each in found:
            self.sqs.delete_message(QueueUrl=QUEUE, ReceiptHandle=each["ReceiptHandle"])
        return [json.loads(each["Body"]) for each in found]

    def work(self, failing: tuple[Any, ...] = ()) -> list[Any]:
        """Answer what waits until nothing does; return the items in their order."""
        seen = []
        while batch := self.messages():
            for each in batch:
                seen.append(each["item"])
                if each["item"] in failing:
                    self.answer(each["token"], error="AccountFailed")
                else:
                    self.answer(each["token"])
        return seen

    def answer(self, token: str, error: str = "") -> None:
        """Answer one task; one that is over is left."""
        try:
            if error:
                self.sfn.send_task_failure(taskToken=token, error=error)
            else:
                self.sfn.send_task_success(taskToken=token, output="{}")
        except self.sfn.exceptions.TaskTimedOut:
            pass

    def run(self, execution: str) -> dict[str, Any]:
        """Return the last map run of an execution."""
        arn = self.sfn.list_map_runs(executionArn=execution)["mapRuns"][-1]["mapRunArn"]
        found: dict[str, Any] = self.sfn.describe_map_run(mapRunArn=arn)
        return found
