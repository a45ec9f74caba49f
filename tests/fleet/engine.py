"""The engine of a fleet in a sandbox: a hub that is reconciled, and a worker on a queue in place of its functions."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from awsbase.aws import Aws
from awsbase.engine.changes import Mode
from awsbase.engine.execution import execute
from awsbase.ensure import KINDS
from awsbase.ensure.function import Code, Function
from awsbase.ensure.state_machine import StateMachine
from awsbase.fleet.item import Item
from awsbase.fleet.results import Result
from awsbase.fleet.stepfunctions.handler import AccountFailed, carry_out
from awsbase.fleet.stepfunctions.hub import Hub
from awsbase.manifest.manifest import resources
from awsbase.samples.connections import connection
from awsbase.samples.fleet import CODE
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import problems

HUB, PROD, DEV = "222222222222", "333333333333", "444444444444"
FILE = """\
version: 1
organization: {name: acme, home: eu-west-1}
defaults: {tags: {owner: platform}}
accounts:
  ops:  {id: "222222222222", profile: acme-ops, manifest: hub.yaml}
  prod: {id: "333333333333", profile: acme-prod, manifest: account.yaml}
  dev:  {id: "444444444444", profile: acme-dev, manifest: account.yaml}
"""
QUEUE = "work"
# What a worker on a queue has in place of the function: the event, and the token to answer with.
EXCHANGED = {
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "MessageBody": {"event.$": "$", "token.$": "$$.Task.Token"},
}


def reconciled(hub: Hub, sandbox: Sandbox) -> None:
    """Reconcile the fleet of a hub, with a small zip in place of awsbase's own."""
    wanted = [
        replace(each, code=Code(CODE.data)) if isinstance(each, Function) else each
        for each in resources(hub.member.manifest)["fleet"]
    ]
    reached = connection("hub", resend=True).to(sandbox, sandbox.key())
    found = problems(execute("reconcile", wanted, KINDS, reached, clock=sandbox.clock))
    assert found == [], found


def shipped(hub: Hub) -> dict[str, Any]:
    """Return the definition that is shipped, as the hub's manifest has it."""
    (found, _) = [each for each in resources(hub.member.manifest)["fleet"] if isinstance(each, StateMachine)]
    return dict(found.definition)


def exchanged(definition: Mapping[str, Any], queue: str) -> dict[str, Any]:
    """Return a definition whose task sends its token to a queue; nothing else differs."""
    changed = copy.deepcopy(dict(definition))
    task = changed["States"]["Accounts"]["ItemProcessor"]["States"]["Account"]
    task["Resource"] = EXCHANGED["Resource"]
    task["Parameters"] = {"QueueUrl": queue, "MessageBody": EXCHANGED["MessageBody"]}
    return changed


def differences(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Yield the paths at which two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            yield from differences(one.get(name, ...), other.get(name, ...), f"{at}.{name}".lstrip("."))
    elif one != other:
        yield at


class Worker:
    """Answers the tasks of a hub's state machines from a queue, with the function's own handler."""

    unit: Callable[[Item], Result]

    def __init__(self, sandbox: Sandbox, hub: Hub, modes: Sequence[Mode] = ("plan",)) -> None:
        region = hub.scope.home
        self.sqs, self.sfn = sandbox.client("sqs", region), sandbox.client("stepfunctions", region)
        self.s3: Any = sandbox.client("s3", region)
        self.queue = self.sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        self.accounts: list[str] = []
        may = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        iam, definition = sandbox.client("iam"), json.dumps(exchanged(shipped(hub), self.queue))
        for mode in modes:
            iam.put_role_policy(RoleName=hub.names(mode).map_role, PolicyName="queue", PolicyDocument=document)
            self.sfn.update_state_machine(stateMachineArn=hub.machine(mode), definition=definition)

    def work(self, most: int | None = None) -> list[str]:
        """Answer what waits until nothing does, or so many tasks; return the accounts in their order."""
        begun = len(self.accounts)
        while most is None or len(self.accounts) - begun < most:
            left = min(10, most - (len(self.accounts) - begun)) if most else 10
            if not (messages := self.take(left)):
                break
            for each in messages:
                self.answer(json.loads(each))
        return self.accounts[begun:]

    def take(self, most: int) -> list[str]:
        """Take so many messages from the queue at most."""
        found = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=most).get("Messages", [])
        entries = [{"Id": each["MessageId"], "ReceiptHandle": each["ReceiptHandle"]} for each in found]
        if entries:
            self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries)
        return [each["Body"] for each in found]

    def forget(self) -> None:
        """Let go of the tasks that wait, as AWS does once the map has ended."""
        while self.take(10):
            pass

    def answer(self, message: Mapping[str, Any]) -> None:
        """Carry out one task as the function does, and answer it; one that the map has given up is left."""
        self.accounts.append(message["event"]["item"]["account"])
        token = {"taskToken": message["token"]}
        try:
            output = json.dumps(carry_out(message["event"], self.s3, lambda item, stop: self.unit(item), 60))
            self.sfn.send_task_success(**token, output=output)
        except AccountFailed as error:
            self.sfn.send_task_failure(**token, error=type(error).__name__, cause=str(error))
        except self.sfn.exceptions.TaskTimedOut:
            pass


def aws_of(sandbox: Sandbox, hub: Hub) -> Aws:
    """Return the clients of the hub as its administrator."""
    return Aws(sandbox.session(region=hub.scope.home), hub.scope.home)
