"""Runs of a fleet on Step Functions: start one, say how far it is, restart what failed, change how many at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from typing import TYPE_CHECKING, Any

from awsbase.aws import Aws
from awsbase.engine.changes import Mode
from awsbase.errors import AwsbaseError, UsageError
from awsbase.fleet.item import Item
from awsbase.fleet.results import Result, read_result
from awsbase.fleet.stepfunctions.hub import Hub
from awsbase.fleet.tolerance import Tolerance, exit_code
from awsbase.manifest.fleet_map import LABEL
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

SCHEMA = "awsbase.fleet.stepfunctions/1"
AT_ONCE = 16  # objects of S3
# Step Functions numbers nothing: a run's later executions are called after it.
AGAIN = "{run}-retry-{number}"
MOST_RETRIES = 99


class NotPossible(AwsbaseError):
    """A run does not allow what was asked, such as a retry while it goes on."""


@record
class Header:
    """What a run was started with, as its bucket keeps it."""

    run: str
    mode: Mode
    accounts: Mapping[str, str]
    """The ids of its accounts, by name."""
    at_once: int
    tolerate: float

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "schema": SCHEMA,
            "run": self.run,
            "mode": self.mode,
            "accounts": dict(self.accounts),
            "at_once": self.at_once,
            "tolerate": self.tolerate,
        }


@record
class Execution:
    """One execution of a run: its first one, or a retry with the accounts that were left."""

    name: str
    arn: str
    status: str
    error: str = ""
    redrivable: bool = False
    redriven: int = 0
    map_run: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    at_once: int | None = None

    @property
    def running(self) -> bool:
        """Tell whether it goes on."""
        return self.status in ("RUNNING", "PENDING_REDRIVE")


@record
class Standing:
    """How far a run is: its executions, and the result of each account that has one."""

    header: Header
    executions: Sequence[Execution]
    results: Mapping[str, Result]

    @property
    def running(self) -> bool:
        """Tell whether it goes on."""
        return self.executions[-1].running

    @property
    def left(self) -> list[str]:
        """Return the accounts that have failed, or that have no result."""
        return [name for name in self.header.accounts if name not in self.results or self.results[name].failing]

    @property
    def exit(self) -> int:
        """Return the exit code: 0 as long as it goes on, then that of the same run on one machine."""
        if self.running:
            return 0
        allowed = Tolerance(self.header.tolerate, percent=True)
        return exit_code(self.results.values(), len(self.header.accounts), allowed)


def key(run: str, *parts: str) -> str:
    """Return the key of an object of a run."""
    return "/".join(("runs", run, *parts))


def start(aws: Aws, hub: Hub, header: Header, items: Iterable[Item]) -> str:
    """Keep the items and start a run over them; returns the ARN of its execution.

    Started again under the same name it is the same run: Step Functions starts it once.
    """
    bucket = hub.names(header.mode).bucket
    pointers = [pointer(header.run, name, id) for name, id in header.accounts.items()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(put, aws, bucket, key(header.run, "items", f"{each.account}.json"), each.document())
                     for each in items]:  # fmt: skip
            done.result()
    put(aws, bucket, key(header.run, "run.json"), header.document())
    return execute(aws, hub, header, header.run, pointers)


def pointer(run: str, name: str, id: str) -> dict[str, str]:
    """Return what the map has of an account: where its item is, and where its result belongs."""
    return {
        "account": name,
        "id": id,
        "key": key(run, "items", f"{name}.json"),
        "result": key(run, "results", f"{name}.json"),
    }


def execute(aws: Aws, hub: Hub, header: Header, name: str, pointers: Sequence[Mapping[str, str]]) -> str:
    """Start one execution over some accounts of a run; returns its ARN."""
    names = hub.names(header.mode)
    listed = key(header.run, "items.json") if name == header.run else key(header.run, name, "items.json")
    put(aws, names.bucket, listed, list(pointers))
    given = {"run": header.run, "items": listed, "at_once": header.at_once, "tolerate": header.tolerate}
    # The same text each time: Step Functions takes the same name again only with the same input.
    text = json.dumps(given, sort_keys=True, separators=(",", ":"))
    started = aws.stepfunctions.start_execution(stateMachineArn=hub.machine(header.mode), name=name, input=text)
    return str(started["executionArn"])


def put(aws: Aws, bucket: str, name: str, value: Any) -> None:
    """Keep a JSON value as an object."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    aws.s3.put_object(Bucket=bucket, Key=name, Body=body, ContentType="application/json")


def get(aws: Aws, bucket: str, name: str) -> Any:
    """Return the JSON value of an object; None when there is none."""
    from botocore.exceptions import ClientError

    try:
        return json.loads(aws.s3.get_object(Bucket=bucket, Key=name)["Body"].read())
    except ClientError as error:
        if code(error) != "NoSuchKey":
            raise
        return None


def code(error: ClientError) -> str:
    """Return the code of an error of AWS."""
    return str(error.response["Error"].get("Code", ""))


def standing(aws: Aws, hub: Hub, run: str) -> Standing:
    """Return how far a run is; raises UsageError for one that the hub does not know."""
    header = header_of(aws, hub, run)
    bucket = hub.names(header.mode).bucket
    executions = list(executions_of(aws, hub, header))
    if not executions:
        raise UsageError(f"the run {run} has no execution any more", hint="Step Functions keeps them for 90 days")
    return Standing(header, executions, dict(results(aws, bucket, run)))


def header_of(aws: Aws, hub: Hub, run: str) -> Header:
    """Return what a run was started with; raises UsageError."""
    found = get(aws, hub.names("plan").bucket, key(run, "run.json"))
    try:
        if found["schema"] != SCHEMA or found["mode"] not in ("plan", "reconcile"):
            raise ValueError(found["schema"])
        return Header(
            str(found["run"]), found["mode"], dict(found["accounts"]), int(found["at_once"]), float(found["tolerate"])
        )
    except (TypeError, KeyError, ValueError):
        hint = f"`aws s3 ls s3://{hub.names('plan').bucket}/runs/` lists those that there are"
        raise UsageError(f"the hub {hub.member.name} knows no run {run}", hint=hint) from None


def executions_of(aws: Aws, hub: Hub, header: Header) -> Iterator[Execution]:
    """Yield the executions of a run, the first one first."""
    from botocore.exceptions import ClientError

    names = [header.run, *(AGAIN.format(run=header.run, number=number) for number in range(1, MOST_RETRIES + 1))]
    for name in names:
        arn = hub.execution(header.mode, name)
        try:
            said = aws.stepfunctions.describe_execution(executionArn=arn)
        except ClientError as error:
            if code(error) != "ExecutionDoesNotExist":
                raise
            return
        yield with_map_run(aws, arn, name, said)


def with_map_run(aws: Aws, arn: str, name: str, said: Mapping[str, Any]) -> Execution:
    """Return an execution with what its map run counts."""
    runs = aws.stepfunctions.list_map_runs(executionArn=arn)["mapRuns"]
    found = [each["mapRunArn"] for each in runs if f"/{LABEL}:" in each["mapRunArn"]]
    counted = aws.stepfunctions.describe_map_run(mapRunArn=found[-1]) if found else {}
    return Execution(
        name,
        arn,
        said["status"],
        said.get("error", ""),
        said.get("redriveStatus") == "REDRIVABLE",
        said.get("redriveCount", 0),
        found[-1] if found else None,
        counted.get("itemCounts", {}),
        counted.get("maxConcurrency"),
    )


def results(aws: Aws, bucket: str, run: str) -> Iterator[tuple[str, Result]]:
    """Yield the result of each account that has one."""
    pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key(run, "results", ""))
    names = [each["Key"] for page in pages for each in page.get("Contents", ())]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for value in pool.map(lambda name: get(aws, bucket, name), names):
            result = read_result(value)
            yield result.account, result


@record
class Retried:
    """What a retry started: which accounts, by a redrive of the execution or by a new one, and why."""

    accounts: Sequence[str]
    execution: str = ""
    redrive: bool = False
    why: str = ""


def retry(aws: Aws, hub: Hub, run: str) -> Retried:
    """Restart the accounts of a run that failed or have no result; raises NotPossible while it goes on.

    An execution that failed is redriven, which restarts its unsuccessful children. One that succeeded, is older than
    14 days, or ran another definition than the machine has now, cannot be: a new one gets the accounts that are left.
    """
    found = standing(aws, hub, run)
    if found.running:
        raise NotPossible(f"the run {run} goes on", hint=f"`awsbase fleet status {run}` shows how far it is")
    if not (left := found.left):
        return Retried(())
    last = found.executions[-1]
    why = no_redrive(aws, hub, found)
    if not why:
        aws.stepfunctions.redrive_execution(executionArn=last.arn)
        return Retried(left, last.name, redrive=True)
    name = AGAIN.format(run=run, number=len(found.executions))
    pointers = [pointer(run, each, found.header.accounts[each]) for each in left]
    execute(aws, hub, found.header, name, pointers)
    return Retried(left, name, why=why)


def no_redrive(aws: Aws, hub: Hub, found: Standing) -> str:
    """Say why the last execution of a run cannot be redriven; empty when it can."""
    last = found.executions[-1]
    if not last.redrivable:
        return "it succeeded" if last.status == "SUCCEEDED" else "it ended too long ago"
    ran = aws.stepfunctions.describe_state_machine_for_execution(executionArn=last.arn)["definition"]
    now = aws.stepfunctions.describe_state_machine(stateMachineArn=hub.machine(found.header.mode))["definition"]
    return "" if json.loads(ran) == json.loads(now) else "the state machine has another definition now"


def slow(aws: Aws, hub: Hub, run: str, at_once: int) -> int | None:
    """Let so many accounts be worked on at once from now on; returns how many it were. Raises NotPossible.

    What is under way goes on: a smaller number holds once enough of it is done.
    """
    header = header_of(aws, hub, run)
    last = list(executions_of(aws, hub, header))[-1:]
    if not last or not last[0].running or last[0].map_run is None:
        raise NotPossible(f"the run {run} does not go on", hint=f"`awsbase fleet status {run}` shows how it ended")
    aws.stepfunctions.update_map_run(mapRunArn=last[0].map_run, maxConcurrency=at_once)
    return last[0].at_once
