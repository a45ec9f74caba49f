"""What Step Functions does at each call, and what it refuses that moto takes."""

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.services.lambda_ import lets_in
from awsbase.sandbox.services.stepfunctions.definition import checked
from awsbase.sandbox.services.stepfunctions.executions import (
    ENDED,
    UNSUCCESSFUL,
    Execution,
    Executions,
    MapRun,
    as_text,
)
from awsbase.sandbox.services.stepfunctions.language import (
    TaskFailed,
    advance,
    carry_on,
    forget_token,
    leave,
    redrive,
    try_again,
)
from awsbase.sandbox.wire import Refusal

PRINCIPAL = "states.amazonaws.com"
NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
MOST_INPUT = 262_144
REDRIVABLE = timedelta(days=14)


def machine_fits(request: Request) -> None:
    """Refuse a definition, a name and a role that Step Functions does not take; raises Refusal.

    The role's message is the one that https://github.com/hashicorp/terraform/issues/17726 quotes.
    """
    params = request.params
    held = machine(request, params["stateMachineArn"]) if "stateMachineArn" in params else None
    if held is None and not NAME.fullmatch(params.get("name", "-")):
        raise Refusal("InvalidName", f"Invalid Name: '{params['name']}'")
    if "definition" in params:
        checked(params["definition"], params.get("type") or (held.type if held else "STANDARD"))
    if arn := params.get("roleArn"):
        role = next((one for one in request.backend("iam", "aws").roles.values() if one.arn == arn), None)
        if role is None or request.memory(Propagation).unknown(arn, request) or not lets_in(request, role, PRINCIPAL):
            raise Refusal(
                "AccessDeniedException",
                "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to "
                "assume the provided role.",
            )


def same_machine(request: Request) -> None:
    """Refuse another machine of the same name; raises Refusal with StateMachineAlreadyExists.

    Name, definition, type and logging decide; role and tags do not, and are not changed either.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
    """
    params = request.params
    for held in request.backend("stepfunctions").state_machines:
        logging = params.get("loggingConfiguration", {"level": "OFF"})
        have = [held.definition, held.type, held.loggingConfiguration]
        if held.name == params["name"] and have != [params["definition"], params.get("type", "STANDARD"), logging]:
            raise Refusal("StateMachineAlreadyExists", f"State Machine Already Exists: '{held.arn}'")


def start(request: Request) -> dict[str, Any]:
    """Start an execution, or return the one of that name and input that is under way. Raises Refusal.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    params, memory = request.params, request.memory(Executions)
    held = must_be(machine(request, params["stateMachineArn"]), "StateMachine", params["stateMachineArn"])
    name, text = params.get("name") or str(uuid4()), params.get("input", "{}")
    if not NAME.fullmatch(name):
        raise Refusal("InvalidName", f"Invalid Name: '{name}'")
    try:
        given = json.loads(text)
    except ValueError as error:
        raise Refusal("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from None
    if len(text.encode()) > MOST_INPUT:
        raise Refusal("InvalidExecutionInput", f"Length of the input must not exceed {MOST_INPUT} bytes")
    arn = f"{held.arn.replace(':stateMachine:', ':execution:')}:{name}"
    if known := memory.held.get(arn):
        if known.status != "RUNNING" or known.given != given:
            raise Refusal("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        return {"executionArn": arn, "startDate": known.started}
    program = checked(held.definition, held.type)
    execution = Execution(arn, held.arn, held.roleArn, program, given, request.sandbox.clock())
    memory.held[arn] = execution
    execution.begin()
    advance(request, execution)
    return {"executionArn": arn, "startDate": execution.started}


def stop(request: Request) -> dict[str, Any]:
    """Abort an execution, with its map run.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
    """
    execution, now = execution_of(request), request.sandbox.clock()
    for each in [execution, *(child for run in execution.runs for child in run.children)]:
        if each.status not in ENDED:
            forget_token(request, each)
            each.end("ABORTED", now, request.params.get("error", ""), request.params.get("cause", ""))
    for run in execution.runs:
        if run.status == "RUNNING":
            run.status, run.ended = "ABORTED", now
    return {"stopDate": now}


def redrive_execution(request: Request) -> dict[str, Any]:
    """Restart what did not succeed. Raises Refusal with ExecutionNotRedrivable.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
    """
    execution = execution_of(request)
    if why := not_redrivable(request, execution):
        raise Refusal("ExecutionNotRedrivable", f"Execution is not redrivable. {why}")
    redrive(request, execution)
    return {"redriveDate": execution.redriven}


def not_redrivable(request: Request, execution: Execution) -> str:
    """Say why an execution cannot be redriven; empty when it can."""
    if execution.map_run:
        return "Child workflow executions are redriven through their parent"
    if execution.status not in UNSUCCESSFUL:
        return f"Execution is {execution.status} and cannot be redriven"
    if execution.ended and request.sandbox.clock() - execution.ended > REDRIVABLE:
        return "Execution has exceeded the redrivable period"
    return ""


def describe(request: Request) -> dict[str, Any]:
    """Return what an execution, or a child of a map run, has come to.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
    """
    execution = execution_of(request)
    why = not_redrivable(request, execution)
    said: dict[str, Any] = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started,
        "stopDate": execution.ended,
        "input": as_text(execution.given),
        "inputDetails": {"included": True},
        "redriveCount": execution.redrives,
        "redriveDate": execution.redriven,
        "redriveStatus": "NOT_REDRIVABLE" if why else "REDRIVABLE",
        "redriveStatusReason": why or None,
        "mapRunArn": execution.map_run.arn if execution.map_run else None,
        "error": execution.error or None,
        "cause": execution.cause or None,
    }
    if execution.status == "SUCCEEDED":
        said["output"] = as_text(execution.data)
    return {name: value for name, value in said.items() if value is not None}


def describe_machine(request: Request) -> dict[str, Any]:
    """Return the machine as it was when an execution began, which a redrive uses too.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineForExecution.html
    """
    execution = execution_of(request).whole
    return {
        "stateMachineArn": execution.machine,
        "name": execution.machine.rpartition(":")[2],
        "definition": json.dumps(execution.program),
        "roleArn": execution.role,
        "updateDate": execution.started,
    }


def listed(request: Request) -> dict[str, Any]:
    """Return the executions of a machine, or of a map run, the newest first. Raises Refusal.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
    """
    memory, params = request.memory(Executions), request.params
    if arn := params.get("mapRunArn"):
        found: Iterable[Execution] = run_of(request, arn).children
    else:
        must_be(machine(request, params["stateMachineArn"]), "StateMachine", params["stateMachineArn"])
        found = [each for each in memory.held.values() if each.machine == params["stateMachineArn"]]
    chosen = [each for each in reversed(list(found)) if params.get("statusFilter") in (None, each.status)]
    first, most = int(params.get("nextToken") or 0), params.get("maxResults") or 100
    page = [
        {
            "executionArn": each.arn,
            "stateMachineArn": each.machine,
            "name": each.name,
            "status": each.status,
            "startDate": each.started,
            **({"stopDate": each.ended} if each.ended else {}),
            **({"mapRunArn": each.map_run.arn, "itemCount": 1} if each.map_run else {}),
            "redriveCount": each.redrives,
        }
        for each in chosen[first : first + most]
    ]
    more = {"nextToken": str(first + most)} if len(chosen) > first + most else {}
    return {"executions": page, **more}


def list_map_runs(request: Request) -> dict[str, Any]:
    """Return the map runs of an execution.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListMapRuns.html
    """
    return {
        "mapRuns": [
            {
                "executionArn": each.parent.arn,
                "mapRunArn": each.arn,
                "stateMachineArn": f"{each.parent.machine}/{each.label}",
                "startDate": each.started,
                **({"stopDate": each.ended} if each.ended else {}),
            }
            for each in execution_of(request).runs
        ]
    }


def describe_map_run(request: Request) -> dict[str, Any]:
    """Return how far a map run is. Raises Refusal.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
    """
    run = run_of(request, request.params["mapRunArn"])
    counts = run.counts()
    return {
        "mapRunArn": run.arn,
        "executionArn": run.parent.arn,
        "status": run.status,
        "startDate": run.started,
        **({"stopDate": run.ended} if run.ended else {}),
        "maxConcurrency": run.at_once,
        "toleratedFailurePercentage": run.tolerated_percentage or 0.0,
        "toleratedFailureCount": run.tolerated_count or 0,
        "itemCounts": counts,
        "executionCounts": counts,
        "redriveCount": run.redrives,
        **({"redriveDate": run.redriven} if run.redriven else {}),
    }


def update_map_run(request: Request) -> dict[str, Any]:
    """Change how many children run at once, and how many may fail. Raises Refusal.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateMapRun.html
    """
    run, params = run_of(request, request.params["mapRunArn"]), request.params
    run.at_once = params.get("maxConcurrency", run.at_once)
    run.tolerated_percentage = params.get("toleratedFailurePercentage", run.tolerated_percentage)
    run.tolerated_count = params.get("toleratedFailureCount", run.tolerated_count)
    if run.parent.status == "RUNNING":
        advance(request, run.parent)
    return {}


def task_succeeded(request: Request) -> dict[str, Any]:
    """Take the result of a task from whoever has its token. Raises Refusal.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
    """
    execution = owner(request)
    try:
        output = json.loads(request.params["output"])
    except ValueError as error:
        raise Refusal("InvalidOutput", f"Invalid output: {error}") from None
    forget_token(request, execution)
    leave(request, execution, execution.program["States"][execution.state], output)
    advance(request, execution.whole)
    return {}


def task_failed(request: Request) -> dict[str, Any]:
    """Take the failure of a task from whoever has its token. Raises Refusal.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
    """
    execution = owner(request)
    forget_token(request, execution)
    failure = TaskFailed(request.params.get("error", ""), request.params.get("cause", ""))
    if not try_again(request, execution, execution.program["States"][execution.state], failure):
        execution.end("FAILED", request.sandbox.clock(), failure.error, failure.cause)
    advance(request, execution.whole)
    return {}


def heartbeat(request: Request) -> dict[str, Any]:
    """Let a task wait for longer. Raises Refusal.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html
    """
    execution = owner(request)
    state = execution.program["States"][execution.state]
    if seconds := state.get("HeartbeatSeconds"):
        execution.due = request.sandbox.clock() + timedelta(seconds=seconds)
    return {}


def owner(request: Request) -> Execution:
    """Return the execution whose task a token belongs to. Raises Refusal with TaskTimedOut or InvalidToken.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
    """
    memory, token = request.memory(Executions), request.params["taskToken"]
    if held := memory.tokens.get(token):
        return held
    if token in memory.spent:
        raise Refusal("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    raise Refusal("InvalidToken", f"Invalid Token: '{token}'")


def execution_of(request: Request) -> Execution:
    """Return the execution that a request names. Raises Refusal with ExecutionDoesNotExist."""
    arn = request.params["executionArn"]
    held = request.memory(Executions).found(arn)
    if held is None or arn.split(":")[3] != request.region:
        raise Refusal("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return held


def run_of(request: Request, arn: str) -> MapRun:
    """Return a map run. Raises Refusal with ResourceNotFound."""
    held = request.memory(Executions).runs.get(arn)
    if held is None or arn.split(":")[3] != request.region:
        raise Refusal("ResourceNotFound", f"Resource not found: '{arn}'")
    return held


def machine(request: Request, arn: str) -> Any:
    """Return moto's own object for a state machine."""
    return next((each for each in request.backend("stepfunctions").state_machines if each.arn == arn), None)


def must_be(held: Any, what: str, arn: str) -> Any:
    """Return what there is. Raises Refusal when there is none."""
    if held is None:
        raise Refusal(f"{what}DoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return held


OURS = {
    "StartExecution": start,
    "StopExecution": stop,
    "RedriveExecution": redrive_execution,
    "DescribeExecution": describe,
    "DescribeStateMachineForExecution": describe_machine,
    "ListExecutions": listed,
    "ListMapRuns": list_map_runs,
    "DescribeMapRun": describe_map_run,
    "UpdateMapRun": update_map_run,
    "SendTaskSuccess": task_succeeded,
    "SendTaskFailure": task_failed,
    "SendTaskHeartbeat": heartbeat,
}
RULES = (
    Rule("stepfunctions:CreateStateMachine stepfunctions:UpdateStateMachine", before=machine_fits),
    Rule("stepfunctions:CreateStateMachine", before=same_machine),
    # What has come due since, before anybody looks or answers.
    Rule(" ".join(f"stepfunctions:{name}" for name in OURS), before=carry_on, strict=False),
    *(Rule(f"stepfunctions:{name}", before=does, strict=False) for name, does in OURS.items()),
)
