"""Between HTTP and what it means: which operation a request asks for, and how an answer or a refusal is written."""

import json
import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

from botocore.compat import HTTPHeaders
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from moto.core.errors import ErrorLookupFactory
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.model_loader import model_loader

# Names that a service signs with, where they are not its name in boto3.
SIGNED_AS = {
    "servicequotas": "service-quotas",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "access-analyzer": "accessanalyzer",
    "states": "stepfunctions",
    "elasticloadbalancing": "elbv2",
    "email": "ses",
}

# Headers that say who sends a request and when, and not what it asks for.
ANEW = frozenset(
    (
        "authorization",
        "x-amz-date",
        "x-amz-security-token",
        "user-agent",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
    )
)

# In bytes: what is larger, such as an object of S3, is not kept.
LARGE = 16 * 1024

# Services whose host has no region.
GLOBAL = ("budgets", "cloudfront")

# What S3 and IAM answer with besides 400, where their models do not say.
STATUS = {
    "AccessDenied": 403,
    "AllAccessDisabled": 403,
    "ExpiredToken": 403,
    "InvalidClientTokenId": 403,
    "MissingAuthenticationToken": 403,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchBucketPolicy": 404,
    "NoSuchTagSet": 404,
    "NoSuchLifecycleConfiguration": 404,
    "NoSuchPublicAccessBlockConfiguration": 404,
    "BucketAlreadyExists": 409,
    "BucketAlreadyOwnedByYou": 409,
    "OperationAborted": 409,
    "MethodNotAllowed": 405,
    "PreconditionFailed": 412,
    "SlowDown": 503,
    "InternalError": 500,
    "InternalFailure": 500,
    "SandboxGap": 501,
}


class Refusal(Exception):
    """What AWS would refuse a request with; `reason` is what some services say beside a code for many mistakes."""

    def __init__(self, code: str, message: str, status: int | None = None, *, reason: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Scope:
    """Who signed a request, for which service and where."""

    service: str
    region: str
    access_key: str
    token: str = ""


def scope(message: Message) -> Scope | None:
    """Read service, region and access key from a request's signature, or nothing when it has none."""
    query = parse_qs(urlsplit(message.url).query)
    signed = re.search(r"Credential=([^,\s]+)", message.header("Authorization"))
    credential = signed.group(1) if signed else query.get("X-Amz-Credential", [""])[0]
    parts = credential.split("/")
    if len(parts) != 5:
        return unsigned(message)
    access_key, _, region, signed_as, _ = parts
    service = SIGNED_AS.get(signed_as, signed_as)
    if service == "s3" and "/v20180820/" in message.url:
        service = "s3control"
    if service == "ses" and "/v2/email/" in message.url:
        service = "sesv2"
    token = message.header("X-Amz-Security-Token") or query.get("X-Amz-Security-Token", [""])[0]
    return Scope(service, region, access_key, token)


def unsigned(message: Message) -> Scope | None:
    """Return where a request without a signature goes: only a token of somebody else takes its place."""
    asked = parse_qs(message.body.decode("latin-1")).get("Action", [""])[0]
    if asked != "AssumeRoleWithWebIdentity":
        return None
    region = re.match(r"sts\.([a-z0-9-]+)\.amazonaws", urlsplit(message.url).hostname or "")
    return Scope("sts", region[1] if region else "us-east-1", "")


def unsigned_role(message: Message) -> str:
    """Return the ARN of the role that a request without a signature asks for."""
    return parse_qs(message.body.decode("latin-1")).get("RoleArn", [""])[0]


def read(service: str, message: Message) -> tuple[OperationModel, dict[str, Any], str]:
    """Return the operation that a request asks for, its parameters in the API's own words, and its protocol.

    Some services have several protocols, and SDKs choose differently. Raises Refusal.
    """
    sent = {**message.headers, **full_target(service, message)}
    headers = tuple((name, value) for name, value in sent.items() if name.lower() not in ANEW)
    meaning = _read if len(message.body) <= LARGE else _read.__wrapped__
    operation, params, protocol = meaning(service, message.method, message.url, headers, message.body)
    # A copy of one's own: rules change it.
    return operation, pickle.loads(params), protocol  # noqa: S301, written by this process


@lru_cache(maxsize=4096)
def _read(
    service: str, method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes
) -> tuple[OperationModel, bytes, str]:
    """Return what a request asks for. Neither its sender nor its time changes that, and runs often send the same."""
    request = Request.from_primitives(method, url, dict(headers), body)
    data = request.data
    try:
        operation, labels = get_service_router(service).match(request)
    except NotFound:
        raise gap(service, f"{method} {urlsplit(url).path}") from None
    protocol = str(determine_request_protocol(model(service), request.content_type))
    params = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": data,
            "url_path": request.path,
            "url_params": labels,
        }
    )
    # The parser reads a query parameter that is not there as an empty list.
    members: Any = operation.input_shape.members if operation.input_shape else {}
    queried = {name for name, shape in members.items() if shape.serialization.get("location") == "querystring"}
    given = {name: value for name, value in params.items() if value or name not in queried}
    return operation, pickle.dumps(given), protocol


def full_target(service: str, message: Message) -> dict[str, str]:
    """Return the header that names a JSON operation as its model does.

    AWS's SDK for Go leaves out the name space: `CloudTrail_20131101.CreateTrail`.
    """
    prefix, _, name = message.header("X-Amz-Target").rpartition(".")
    full = str(model(service).metadata.get("targetPrefix", ""))
    return {"X-Amz-Target": f"{full}.{name}"} if prefix and full.endswith(f".{prefix}") else {}


def translated(operation: OperationModel, reply: Reply, protocol: str) -> Reply:
    """Return a reply in the protocol that the client speaks."""
    if protocol == protocol_of(operation):
        return reply
    try:
        return answer(operation, understand(operation, reply), protocol)
    except Refusal as refusal:
        return refuse(operation.service_model.service_name, refusal, operation, protocol)


def write(operation: OperationModel, params: Mapping[str, Any], at: Message) -> Message:
    """Return a request for the operation, signed by and addressed to the same as another one."""
    protocol = protocol_of(operation)
    written = create_serializer(protocol, include_validation=False).serialize_to_request(dict(params), operation)
    host = urlsplit(at.url)
    path, _, fixed = written["url_path"].partition("?")
    query = "&".join(filter(None, [fixed, urlencode(written.get("query_string") or {})]))
    body = written["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    kept = {name: value for name, value in at.headers.items() if name.lower() in ("authorization", "x-amz-date")}
    return Message(
        written["method"],
        f"{host.scheme}://{host.netloc}{path}" + (f"?{query}" if query else ""),
        {**kept, **{name: str(value) for name, value in written["headers"].items()}},
        body.encode() if isinstance(body, str) else bytes(body),
    )


def understand(operation: OperationModel, reply: Reply) -> dict[str, Any]:
    """Return the response in a reply, in the API's own words. Raises Refusal when the reply is an error."""
    answer: dict[str, Any] = create_parser(protocol_of(operation)).parse(
        {"status_code": reply.status, "headers": headers(reply), "body": reply.body}, operation.output_shape
    )
    answer.pop("ResponseMetadata", None)
    if reply.status >= 300:
        error = answer.get("Error", {})
        raise Refusal(error.get("Code") or str(reply.status), error.get("Message", ""), reply.status)
    return answer


def headers(reply: Reply) -> HTTPHeaders:
    """Return a reply's headers, found whatever their case."""
    free = HTTPHeaders()
    for name, value in reply.headers.items():
        free[name] = value
    return free


def error_code(operation: OperationModel, reply: Reply) -> str | None:
    """Return the code that a reply refuses with, or nothing when it does not."""
    if reply.status < 300:
        return None
    try:
        understand(operation, reply)
    except Refusal as refusal:
        return refusal.code
    return None


def answer(operation: OperationModel, response: Mapping[str, Any], protocol: str | None = None) -> Reply:
    """Write an answer as the operation's service would, in botocore's protocol unless another is given."""
    service = operation.service_model
    serializer = get_serializer_class(service.service_name, protocol or protocol_of(operation))(operation)
    written = serializer.serialize(response)
    body = written["body"]
    sent = {name: str(value) for name, value in written["headers"].items()}
    sent["x-amzn-RequestId"] = str(uuid4())
    return Reply(written["status_code"], sent, body.encode() if isinstance(body, str) else bytes(body))


def refuse(
    service: str, refusal: Refusal, operation: OperationModel | None = None, protocol: str | None = None
) -> Reply:
    """Write a refusal as the service would, in botocore's protocol unless another is given."""
    status = refusal.status or _status(service, refusal.code)
    request_id = str(uuid4())
    sent = {"x-amzn-RequestId": request_id, "x-amz-request-id": request_id}
    protocol = protocol or (protocol_of(operation) if operation else str(model(service).protocol))
    code, message = escape(refusal.code), escape(refusal.message)
    if operation and operation.http.get("method") == "HEAD":
        return Reply(status, sent, b"")
    if protocol in ("query", "ec2", "rest-xml"):
        said = f"<Code>{code}</Code><Message>{message}</Message>"
        if service == "s3":
            body = f"<Error>{said}<RequestId>{request_id}</RequestId></Error>"
        elif protocol == "ec2":
            # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
            body = f"<Response><Errors><Error>{said}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        else:
            error = f"<Error><Type>Sender</Type>{said}</Error>"
            body = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
        return Reply(status, {**sent, "Content-Type": "text/xml"}, body.encode())
    sent |= {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": refusal.code}
    if "awsQueryCompatible" in model(service).metadata:
        sent["x-amzn-query-error"] = f"{refusal.code};Sender"
    reason = {"Reason": refusal.reason} if refusal.reason else {}
    return Reply(status, sent, json.dumps({"__type": refusal.code, "message": refusal.message, **reason}).encode())


def reworded(refusal: Refusal, service: str, words: Mapping[str, str]) -> Refusal:
    """Return a refusal of moto's in AWS's words, where its message is among those that moto words otherwise."""
    for pattern, template in words.items():
        if found := re.fullmatch(pattern, refusal.message, re.DOTALL):
            status = refusal.status if answers_in_xml(service) else None
            return Refusal(refusal.code, found.expand(template), status)
    return refusal


def gap(service: str, what: str) -> Refusal:
    """Return the refusal for what the sandbox cannot do."""
    return Refusal("SandboxGap", f"the sandbox has no {service}:{what}; nothing was sent to AWS")


def address(service: str, region: str, account: str = "") -> str:
    """Return where AWS would answer for a service in a region."""
    prefix = model(service).endpoint_prefix
    host = f"{prefix}.amazonaws.com" if service in GLOBAL else f"{prefix}.{region}.amazonaws.com"
    if service == "s3control":
        host = f"{account}.{host}"
    return f"https://{host}"


def operation(service: str, name: str) -> OperationModel:
    """Return the model of one operation."""
    return model(service).operation_model(name)


def answers_in_xml(service: str) -> bool:
    """Return whether a service answers in XML."""
    return str(model(service).protocol) in ("query", "ec2", "rest-xml")


@cache
def model(service: str) -> Any:
    """Return the model of one service."""
    return get_service_model(service)


def known(service: str) -> bool:
    """Return whether there is an AWS service of this name."""
    return service in _all_services()


@cache
def _all_services() -> frozenset[str]:
    return frozenset(model_loader().list_available_services("service-2"))


def protocol_of(operation: OperationModel) -> str:
    """Return the protocol that botocore speaks with the operation's service."""
    return str(operation.service_model.resolved_protocol)


def _status(service: str, code: str) -> int:
    if code in STATUS:
        return STATUS[code]
    shape = ErrorLookupFactory().for_service(model(service)).from_code(code)
    return int(shape.metadata.get("error", {}).get("httpStatusCode", 400)) if shape else 400
