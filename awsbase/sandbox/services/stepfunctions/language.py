"""The states of a machine that the sandbox carries out, with tolerated failures, retries and timeouts as in AWS."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from awsbase.sandbox.authorization.enforce import authorize
from awsbase.sandbox.callers import Caller
from awsbase.sandbox.service import Request
from awsbase.sandbox.services import lambda_
from awsbase.sandbox.services.stepfunctions.definition import TOKEN, PathFailure, at, filled
from awsbase.sandbox.services.stepfunctions.executions import UNSUCCESSFUL, Execution, Executions, MapRun, as_text
from awsbase.sandbox.wire import Refusal

MOST_PAYLOAD = 262_144
MOST_AT_ONCE = 10_000
A_YEAR = 365 * 24 * 3600
BY_DEFAULT = {"MaxAttempts": 3, "IntervalSeconds": 1, "BackoffRate": 2.0}


class TaskFailed(Exception):
    """A state failed with an error of the language, or of the task."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(cause)
        self.error, self.cause = error, cause


def carry_on(request: Request) -> None:
    """Carry all executions on as far as they get by themselves.

    https://states-language.net/spec.html
    """
    for execution in request.memory(Executions).under_way():
        advance(request, execution)


def advance(request: Request, execution: Execution) -> None:
    """Carry one execution on until it ends or waits."""
    while execution.status == "RUNNING":
        state = execution.program["States"][execution.state]
        try:
            output = DOES[state["Type"]](request, execution, state)
        except TaskFailed as failure:
            if try_again(request, execution, state, failure):
                return
            execution.end("FAILED", request.sandbox.clock(), failure.error, failure.cause)
            return
        except PathFailure as failure:
            execution.end("FAILED", request.sandbox.clock(), "States.Runtime", str(failure))
            return
        if output is WAITS:
            return
        leave(request, execution, state, output)


WAITS = object()


def leave(request: Request, execution: Execution, state: Mapping[str, Any], output: Any) -> None:
    """Go on from a state with its result."""
    data = output if state.get("ResultPath", "$") is not None else execution.data
    if "OutputPath" in state:
        data = {} if state["OutputPath"] is None else at(state["OutputPath"], data, execution.context())
    if len(as_text(data).encode()) > MOST_PAYLOAD:
        why = f"The state/task '{execution.state}' returned a result with a size exceeding the maximum number of bytes"
        execution.end("FAILED", request.sandbox.clock(), "States.DataLimitExceeded", why)
        return
    execution.data = data
    execution.idle()
    if state["Type"] == "Succeed" or state.get("End"):
        execution.end("SUCCEEDED", request.sandbox.clock())
    else:
        execution.state = state["Next"]


def try_again(request: Request, execution: Execution, state: Mapping[str, Any], failure: TaskFailed) -> bool:
    """Tell whether a task is tried again, and note when.

    https://states-language.net/spec.html#errors
    """
    for number, retrier in enumerate(state.get("Retry", ())):
        names = retrier["ErrorEquals"]
        by_task = failure.error != "States.Timeout" and "States.TaskFailed" in names
        if failure.error not in names and "States.ALL" not in names and not by_task:
            continue
        rule = {**BY_DEFAULT, **retrier}
        tried = execution.tries.get(str(number), 0)
        if tried >= rule["MaxAttempts"]:
            return False
        execution.tries[str(number)] = tried + 1
        pause = rule["IntervalSeconds"] * rule["BackoffRate"] ** tried
        pause = min(pause, rule.get("MaxDelaySeconds", pause))
        execution.token = execution.due = None
        execution.again = request.sandbox.clock() + timedelta(seconds=pause)
        return True
    return False


def task(request: Request, execution: Execution, state: Mapping[str, Any]) -> Any:
    """Call what a task names, once, and wait for whoever has its token. Raises TaskFailed."""
    now = request.sandbox.clock()
    if execution.due and now >= execution.due:
        forget_token(request, execution)
        raise TaskFailed("States.Timeout")
    if execution.token or (execution.again and now < execution.again):
        return WAITS
    execution.again = None
    seconds = min(state.get("TimeoutSeconds", A_YEAR), state.get("HeartbeatSeconds", A_YEAR))
    waits = state["Resource"].endswith(TOKEN)
    if waits:
        request.memory(Executions).tokens[execution.new_token(now)] = execution
    parameters = filled(state.get("Parameters", {}), execution.data, execution.context())
    try:
        result = call(request, execution, state["Resource"].removesuffix(TOKEN).rpartition(":::")[2], parameters)
    except TaskFailed:
        forget_token(request, execution)
        raise
    if not waits:
        return result
    execution.due = now + timedelta(seconds=seconds)
    return WAITS


def forget_token(request: Request, execution: Execution) -> None:
    """Let nobody answer the present task any more."""
    if token := execution.token:
        memory = request.memory(Executions)
        memory.tokens.pop(token, None)
        memory.spent.add(token)
        execution.token = None


def call(request: Request, execution: Execution, what: str, parameters: Mapping[str, Any]) -> Any:
    """Call a service as the machine's role. Raises TaskFailed with the error that the language names it by."""
    if what == "sqs:sendMessage":
        body = parameters["MessageBody"]
        text = body if isinstance(body, str) else as_text(body)
        return as_role(
            request, execution, "sqs:SendMessage", "SQS.AmazonSQSException", **{**parameters, "MessageBody": text}
        )
    payload = as_text(parameters.get("Payload", {})).encode()
    function = {"FunctionName": parameters["FunctionName"], "Payload": payload}
    answered = as_role(request, execution, "lambda:Invoke", "Lambda.AWSLambdaException", **function)
    result = json.loads(answered["Payload"])
    if answered.get("FunctionError"):
        raise TaskFailed(result["errorType"], as_text(result))
    return {"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200}


def as_role(request: Request, execution: Execution, name: str, error: str, **parameters: Any) -> dict[str, Any]:
    """Call a service as the machine's role, which has to be allowed. Raises TaskFailed."""
    service, _, operation = name.partition(":")
    role = execution.whole.role.rpartition("/")[2]
    caller = Caller("role", role, request.account, request.partition, session=execution.whole.name, temporary=True)
    asked = replace(request, service=service, operation=operation, params=dict(parameters), caller=caller)
    try:
        if request.sandbox.strict:
            authorize(asked)
        return lambda_.invoke(asked) if name == "lambda:Invoke" else request.call_moto(name, **parameters)
    except Refusal as refusal:
        if refusal.code == "SandboxGap":
            raise
        raise TaskFailed(f"{service.upper()}.{refusal.code}" if service == "s3" else error, refusal.message) from None


def distribute(request: Request, execution: Execution, state: Mapping[str, Any]) -> Any:
    """Run the children of a map, so many at once, until all have ended or too many have failed. Raises TaskFailed."""
    run = next((each for each in execution.runs if each.status == "RUNNING"), None)
    run = run or open_run(request, execution, state)
    for child in run.children:
        if child.status == "RUNNING":
            advance(request, child)
    while not run.exceeded() and run.waiting and run.running < (run.at_once or MOST_AT_ONCE):
        start_child(request, execution, run, state)
    if run.exceeded():
        end_run(request, run, "FAILED")
        raise TaskFailed(
            "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
        )
    if run.waiting or run.running:
        return WAITS
    end_run(request, run, "SUCCEEDED")
    return [each.data for each in run.children if each.status == "SUCCEEDED"]


def open_run(request: Request, execution: Execution, state: Mapping[str, Any]) -> MapRun:
    """Read the items of a map and open its run. Raises TaskFailed."""
    now, context = request.sandbox.clock(), execution.context()
    items = read_items(request, execution, state)

    def setting(name: str) -> Any:
        return at(state[f"{name}Path"], execution.data, context) if f"{name}Path" in state else state.get(name)

    for name in ("ToleratedFailurePercentage", "ToleratedFailureCount", "MaxConcurrency"):
        value = setting(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise TaskFailed("States.Runtime", f'The {name}Path field refers to value "{value}" which is no number')
    label = state.get("Label") or str(uuid5(NAMESPACE_URL, f"{execution.machine}/{execution.state}"))
    id = uuid5(NAMESPACE_URL, f"{execution.arn} {label} {len(execution.runs)}")
    arn = f"{execution.machine.replace(':stateMachine:', ':mapRun:')}/{label}:{id}"
    run = MapRun(
        arn,
        execution,
        label,
        list(enumerate(items)),
        int(setting("MaxConcurrency") or 0),
        setting("ToleratedFailurePercentage"),
        setting("ToleratedFailureCount"),
        now,
    )
    execution.runs.append(run)
    request.memory(Executions).runs[arn] = run
    return run


def read_items(request: Request, execution: Execution, state: Mapping[str, Any]) -> list[Any]:
    """Return the items of a map: an object of S3, or the input. Raises TaskFailed."""
    if "ItemReader" not in state:
        items = at(state.get("ItemsPath", "$"), execution.data, execution.context())
        if not isinstance(items, list):
            raise TaskFailed("States.Runtime", "The input of the map is not an array")
        return items
    try:
        where = filled(state["ItemReader"].get("Parameters", {}), execution.data, execution.context())
        answered = as_role(request, execution, "s3:GetObject", "S3", **where)
        body = answered["Body"]
        items = json.loads(body.read() if hasattr(body, "read") else body)
    except (TaskFailed, ValueError) as failure:
        why = failure.cause if isinstance(failure, TaskFailed) else "the object is not JSON"
        raise TaskFailed("States.ItemReaderFailed", why) from None
    if not isinstance(items, list):
        raise TaskFailed("States.ItemReaderFailed", "Attempting to map over non-iterable node.")
    return items


def start_child(request: Request, execution: Execution, run: MapRun, state: Mapping[str, Any]) -> None:
    """Start the child of the next item, or the one that a redrive restarts."""
    index, item = run.waiting.pop(0)
    if index < len(run.children):
        child = run.children[index]
        child.status, child.ended, child.error, child.cause = "RUNNING", None, "", ""
        child.idle()
        advance(request, child)
        return
    context = execution.context() | {"Map": {"Item": {"Index": index, "Value": item}}}
    given = filled(state["ItemSelector"], execution.data, context) if "ItemSelector" in state else item
    machine = f"{execution.machine}/{run.label}"
    name = uuid5(NAMESPACE_URL, f"{run.arn} {index}")
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    child = Execution(
        arn,
        machine,
        execution.role,
        state["ItemProcessor"],
        given,
        request.sandbox.clock(),
        root=execution.whole,
        map_run=run,
        index=index,
    )
    child.begin()
    run.children.append(child)
    request.memory(Executions).children[arn] = child
    advance(request, child)


def end_run(request: Request, run: MapRun, status: str) -> None:
    """End a map run; what is under way is aborted, what waits never starts."""
    now = request.sandbox.clock()
    run.status, run.ended = status, now
    for child in run.children:
        if child.status == "RUNNING":
            forget_token(request, child)
            child.end("ABORTED", now)


def redrive(request: Request, execution: Execution) -> None:
    """Restart an execution at the state that failed, and of its map run the children that did not succeed.

    https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
    """
    now = request.sandbox.clock()
    execution.status, execution.ended, execution.error, execution.cause = "RUNNING", None, "", ""
    execution.idle()
    execution.redrives, execution.redriven = execution.redrives + 1, now
    run = next((each for each in execution.runs if each.status in UNSUCCESSFUL), None)
    if run and execution.program["States"][execution.state]["Type"] == "Map":
        run.status, run.ended = "RUNNING", None
        run.redrives, run.redriven = run.redrives + 1, now
        again = [each for each in run.children if each.status in UNSUCCESSFUL]
        for child in again:
            child.redrives, child.redriven = child.redrives + 1, now
            child.status = "PENDING_REDRIVE"
        run.waiting = [*((each.index, None) for each in again), *run.waiting]
    advance(request, execution)


def passed(request: Request, execution: Execution, state: Mapping[str, Any]) -> Any:
    """Hand the input on, or what the state says instead."""
    if "Result" in state:
        return state["Result"]
    return filled(state["Parameters"], execution.data, execution.context()) if "Parameters" in state else execution.data


def succeed(request: Request, execution: Execution, state: Mapping[str, Any]) -> Any:
    """End well, with the input."""
    return execution.data


def fail(request: Request, execution: Execution, state: Mapping[str, Any]) -> Any:
    """End badly. Raises TaskFailed."""
    raise TaskFailed(state.get("Error", ""), state.get("Cause", ""))


DOES = {"Task": task, "Map": distribute, "Pass": passed, "Succeed": succeed, "Fail": fail}
