"""What Step Functions demands of a state machine's definition, and what of the language the sandbox can carry out."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.sandbox.wire import Refusal

Json = Mapping[str, Any]

MOST_BYTES = 1024 * 1024
FIELDS = {
    "Map": "ItemReader ItemSelector MaxConcurrency MaxConcurrencyPath ToleratedFailurePercentage Label "
    "ToleratedFailurePercentagePath ToleratedFailureCount ToleratedFailureCountPath ItemProcessor ItemsPath",
    "Task": "Resource Parameters TimeoutSeconds HeartbeatSeconds Retry",
    "Pass": "Result Parameters",
    "Succeed": "",
    "Fail": "Error Cause",
}
COMMON = {"Type", "Comment", "Next", "End", "OutputPath", "ResultPath", "QueryLanguage"}
TOKEN = ".waitForTaskToken"  # noqa: S105, a part of the language
TASKS = re.compile(r"arn:aws[a-z-]*:states:::(lambda:invoke|sqs:sendMessage)(\.waitForTaskToken)?")
READER = re.compile(r"arn:aws[a-z-]*:states:::s3:getObject")


def checked(text: str, kind: str) -> Json:
    """Return a definition that Step Functions takes. Raises Refusal with InvalidDefinition, or SandboxGap.

    https://states-language.net/spec.html, and https://docs.aws.amazon.com/step-functions/latest/dg/concepts-standard-vs-express.html
    for what an Express workflow cannot do.
    """
    try:
        written = json.loads(text)
    except ValueError as error:
        raise invalid(f"INVALID_JSON_DESCRIPTION: {error}") from None
    if len(text.encode()) > MOST_BYTES:
        raise invalid("the definition is longer than 1 MiB")
    if mistake := next(mistakes(written, "", kind), None):
        raise invalid(f"SCHEMA_VALIDATION_FAILED: {mistake}")
    for missing in gaps(written):
        raise Refusal("SandboxGap", f"the sandbox does not carry out {missing} of Amazon States Language")
    definition: Json = written
    return definition


def invalid(why: str) -> Refusal:
    """Return the refusal of a definition."""
    return Refusal("InvalidDefinition", f"Invalid State Machine Definition: '{why}'")


def mistakes(program: Any, at: str, kind: str) -> Iterator[str]:
    """Yield what is wrong with a program, the whole one or that of a map's children."""
    states = program.get("States") if isinstance(program, Mapping) else None
    if not isinstance(states, Mapping) or not states:
        yield f"These fields are required: [States] at {at or '/'}"
        return
    if program.get("StartAt") not in states:
        yield f"MISSING_TRANSITION_TARGET: Missing 'StartAt' target: {program.get('StartAt')} at {at}/StartAt"
    for name, state in states.items():
        yield from state_mistakes(name, state, states, f"{at}/States/{name}", kind)


def state_mistakes(name: str, state: Json, states: Json, at: str, kind: str) -> Iterator[str]:
    """Yield what is wrong with one state."""
    if state.get("Type") not in ("Map", "Task", "Pass", "Succeed", "Fail", "Choice", "Wait", "Parallel"):
        yield f"Value is not a state type: {state.get('Type')} at {at}/Type"
        return
    if state["Type"] not in ("Succeed", "Fail", "Choice"):
        if "Next" not in state and state.get("End") is not True:
            yield f"These fields are required: [Next, End] at {at}"
        elif "Next" in state and state["Next"] not in states:
            yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {state['Next']} at {at}/Next"
    if state["Type"] == "Task":
        if not state.get("Resource"):
            yield f"The field 'Resource' is required at {at}"
        # An Express workflow cannot wait for somebody who has a token.
        elif kind == "EXPRESS" and str(state["Resource"]).endswith(TOKEN):
            yield f"Express state machine does not support '{TOKEN}' at {at}/Resource"
        elif str(state["Resource"]).endswith(TOKEN) and "$$.Task.Token" not in json.dumps(state.get("Parameters")):
            yield f"The task token is not handed on at {at}/Parameters"
    if state["Type"] == "Map":
        yield from map_mistakes(state, at, kind)


def map_mistakes(state: Json, at: str, kind: str) -> Iterator[str]:
    """Yield what is wrong with a map."""
    inner = state.get("ItemProcessor", state.get("Iterator"))
    config = (inner or {}).get("ProcessorConfig", {})
    distributed = config.get("Mode") == "DISTRIBUTED"
    # https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
    if distributed and kind == "EXPRESS":
        yield f"Express state machine does not support a Distributed Map at {at}"
    if distributed and config.get("ExecutionType") not in ("STANDARD", "EXPRESS"):
        yield f"ExecutionType is required for Mode DISTRIBUTED at {at}/ItemProcessor/ProcessorConfig"
    if not distributed and any(each in state for each in ("ItemReader", "ResultWriter", "Label")):
        yield f"ItemReader, ResultWriter and Label need Mode DISTRIBUTED at {at}"
    for field, most in (("ToleratedFailurePercentage", 100), ("ToleratedFailureCount", None), ("MaxConcurrency", None)):
        value = state.get(field, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or (most and value > most):
            range_of = f"between 0 and {most}" if most else "that is not negative"
            yield f"Expected value of {field}: a number {range_of} at {at}"
        if field in state and f"{field}Path" in state:
            yield f"{field} and {field}Path exclude each other at {at}"
    if len(str(state.get("Label", ""))) > 40:
        yield f"Label has more than 40 characters at {at}/Label"
    yield from mistakes(inner, f"{at}/ItemProcessor", config.get("ExecutionType", kind))


def gaps(program: Json) -> Iterator[str]:
    """Yield what is right by the language and what the sandbox cannot carry out."""
    for name, state in program["States"].items():
        kind = state["Type"]
        if kind not in FIELDS:
            yield f"the {kind} state {name}"
            continue
        yield from (f"the field {each} of {name}" for each in state.keys() - {*COMMON, *FIELDS[kind].split()})
        if kind == "Task" and not TASKS.fullmatch(state["Resource"]):
            yield f"the task {state['Resource']}"
        if kind == "Map":
            processor = state.get("ItemProcessor", {})
            if processor.get("ProcessorConfig") != {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}:
                yield f"the map {name}, which is not one of Standard children,"
            elif "ItemReader" in state and not READER.fullmatch(state["ItemReader"].get("Resource", "")):
                yield f"the item reader of {name}"
            else:
                yield from gaps(processor)
        if re.search(r'"States\.\w+\(', json.dumps(state)):
            yield f"the intrinsic functions of {name}"


def filled(template: Any, given: Any, context: Json) -> Any:
    """Return a payload template with its paths filled in: a key that ends in `.$` names one."""
    if isinstance(template, Mapping):
        return {
            key.removesuffix(".$"): at(value, given, context) if key.endswith(".$") else filled(value, given, context)
            for key, value in template.items()
        }
    if isinstance(template, list):
        return [filled(each, given, context) for each in template]
    return template


def at(path: str, given: Any, context: Json) -> Any:
    """Return what stands at a path of the input, or of the context object; raises PathFailure."""
    found, steps = (context, path[2:]) if path.startswith("$$") else (given, path[1:])
    for step in filter(None, steps.split(".")):
        if not isinstance(found, Mapping) or step not in found:
            raise PathFailure(f"The JSONPath '{path}' could not be found in the input")
        found = found[step]
    return found


class PathFailure(Exception):
    """A path leads nowhere."""
