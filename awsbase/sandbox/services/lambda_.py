"""Lambda: a role that lets it in, sizes of code, and functions that are busy after a change."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.authorization.permissions import act, arn, own, passing, table
from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import Codes, Request, Rule, Service
from awsbase.sandbox.snapshot import by_region
from awsbase.sandbox.wire import Refusal

PRINCIPAL = "lambda.amazonaws.com"
ZIPPED = 50 * 1024 * 1024
UNZIPPED = 262_144_000
BUSY_SECONDS = 10


@dataclass
class Functions:
    """What moto does not keep: until when each function is busy, and what runs when one is invoked."""

    busy: dict[tuple[str, str], float] = field(default_factory=dict)
    bodies: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    """What a function does, by its name: a test gives it, for the sandbox runs no code of a zip.

    It runs within the call that invokes it, so it can call the sandbox from no other thread.
    """


class FunctionError(Exception):
    """A function failed: the name of its error, and the text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def assumable(request: Request) -> None:
    """Refuse a role that does not let Lambda in, or that Lambda does not know yet; raises Refusal.

    Seen in https://github.com/epam/aws-syndicate/issues/63: a new role is refused at first.
    """
    if (wanted := request.params.get("Role")) is None:
        return
    role = next((held for held in request.backend("iam", "aws").roles.values() if held.arn == wanted), None)
    unknown = role is None or request.memory(Propagation).unknown(wanted, request)
    if unknown or not lets_in(request, role, PRINCIPAL):
        raise Refusal(
            "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
        )


def lets_in(request: Request, role: Any, service: str) -> bool:
    """Return whether a role trusts a service of AWS in this account."""
    trust = role.assume_role_policy_document
    document = trust if isinstance(trust, dict) else json.loads(trust)
    statements = [each | {"Resource": "*"} for each in document.get("Statement", [])]
    return permits({"Statement": statements}, service, "sts:AssumeRole", "*", {"aws:sourceaccount": request.account})


def code_fits(request: Request) -> None:
    """Refuse code that is no zip, or too large; raises Refusal.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    given = request.params.get("Code", request.params).get("ZipFile")
    if given is None:
        return
    if len(given) > ZIPPED:
        message = f"Request must be smaller than {ZIPPED} bytes for the CreateFunction operation"
        raise Refusal("RequestEntityTooLargeException", message, 413)
    try:
        size = sum(each.file_size for each in zipfile.ZipFile(io.BytesIO(given)).infolist())
    except zipfile.BadZipFile:
        raise Refusal(
            "InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try again."
        ) from None
    if size > UNZIPPED:
        raise Refusal("InvalidParameterValueException", f"Unzipped size must be smaller than {UNZIPPED} bytes")


def not_busy(request: Request) -> None:
    """Refuse to change a function while the last change is under way; raises Refusal with ResourceConflictException.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    if state := busy(request):
        function = function_arn(request)
        raise Refusal(
            "ResourceConflictException",
            "The operation cannot be performed at this time. "
            + (
                "The function is currently in the following state: Pending"
                if state == "Pending"
                else f"An update is in progress for resource: {function}"
            ),
        )


def note_change(request: Request, response: dict[str, Any]) -> None:
    """Let the function be busy for a while, and say so in the response.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    name = response["FunctionName"]
    request.memory(Functions).busy[request.region, name] = request.sandbox.clock.time() + BUSY_SECONDS
    response |= states(created=request.operation == "CreateFunction")
    held = functions_of(request.backend("lambda"))[name]["latest"]
    held.created_now = request.operation == "CreateFunction"


def show_state(request: Request, response: dict[str, Any]) -> None:
    """Show whether a function is ready.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    if state := busy(request):
        response.get("Configuration", response).update(states(created=state == "Pending"))


def states(*, created: bool) -> dict[str, str]:
    """Return what a function that is busy says of itself."""
    if created:
        return {"State": "Pending", "LastUpdateStatus": "InProgress"}
    return {"State": "Active", "LastUpdateStatus": "InProgress"}


def busy(request: Request) -> str:
    """Return what keeps a function from being changed: `Pending` after its creation, `InProgress` after a change."""
    name = function_name(request)
    held = functions_of(request.backend("lambda")).get(name)
    until = request.memory(Functions).busy.get((request.region, name), 0.0)
    if held is None or until <= request.sandbox.clock.time():
        return ""
    return "Pending" if getattr(held["latest"], "created_now", False) else "InProgress"


def keep_rest(request: Request, response: dict[str, Any]) -> None:
    """Keep what moto forgets of an update: where it runs, its key, and the size of its disk.

    https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
    """
    held = functions_of(request.backend("lambda"))[function_name(request)]["latest"]
    if wanted := request.params.get("Architectures"):
        held.architectures = response["Architectures"] = wanted


def invoke(request: Request) -> dict[str, Any]:
    """Run the body that a test gave the function. Raises Refusal with ResourceNotFoundException or SandboxGap.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    name = function_name(request)
    if name not in functions_of(request.backend("lambda")):
        raise Refusal("ResourceNotFoundException", f"Function not found: {function_arn(request)}", 404)
    body = request.memory(Functions).bodies.get(name)
    if body is None:
        raise Refusal("SandboxGap", f"the sandbox does not run the code of the function {name}")
    event = json.loads(request.params.get("Payload") or b"{}")
    try:
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": json.dumps(body(event)).encode()}
    except FunctionError as error:
        failed = {"errorMessage": str(error), "errorType": error.name}
        return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": json.dumps(failed).encode()}


def functions_of(backend: Any) -> dict[str, Any]:
    """Return moto's own record of the functions of a region, by name."""
    held: dict[str, Any] = backend._lambdas._functions
    return held


def function_name(request: Request) -> str:
    """Return the name of the function that a request is about, which it may name by its ARN."""
    given = str(request.params["FunctionName"])
    return given.split(":")[6] if given.startswith("arn:") else given.partition(":")[0]


def function_arn(request: Request) -> str:
    """Return the ARN of the function that a request is about."""
    return arn(request, f"lambda:{request.region}:{request.account}:function:{function_name(request)}")


def function(request: Request) -> Iterator[str]:
    """Name the function."""
    yield function_arn(request)


def tagged(request: Request) -> Iterator[str]:
    """Name the function whose tags a request is about."""
    yield request.params["Resource"]


ROLE = passing("Role", PRINCIPAL)
CALLS = table(
    {
        "ListFunctions": [own()],
        "CreateFunction": [own(function), act("lambda:TagResource", function, when="Tags"), ROLE],
        "UpdateFunctionConfiguration": [own(function), ROLE],
        "GetFunction GetFunctionConfiguration UpdateFunctionCode DeleteFunction": [own(function)],
        "Invoke": [act("lambda:InvokeFunction", function)],
        "ListTags TagResource UntagResource": [own(tagged)],
    }
)


SHOWN = {
    "CodeSha256", "Description", "Handler", "MemorySize", "Role", "Runtime", "Timeout", "Architectures",
    "EphemeralStorage", "Environment", "Layers", "VpcConfig", "TracingConfig", "PackageType",
}  # fmt: skip


def held_functions(backend: Any) -> dict[str, Any]:
    """Return the functions of a region, by name, without dates."""
    return {
        name: {key: value for key, value in versions["latest"].get_configuration().items() if key in SHOWN and value}
        | {"tags": dict(versions["latest"].tags)}
        for name, versions in functions_of(backend).items()
    }


CHANGES = "lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration"
SERVICE = Service(
    "lambda",
    rules=(
        Rule(CHANGES, before=not_busy),
        Rule(f"lambda:CreateFunction {CHANGES}", before=assumable),
        Rule(f"lambda:CreateFunction {CHANGES}", before=code_fits),
        Rule(CHANGES, after=keep_rest, strict=False),
        Rule(f"lambda:CreateFunction {CHANGES}", after=note_change),
        Rule("lambda:GetFunction lambda:GetFunctionConfiguration", after=show_state),
        Rule("lambda:Invoke", before=invoke, strict=False),
    ),
    calls=CALLS,
    snapshot=by_region("lambda", held_functions),
    codes=Codes(invalid="ValidationException", denied=("AccessDeniedException", 403)),
    warm_up={"ListFunctions": {}},
)
