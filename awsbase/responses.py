"""Strict parsing of AWS's responses.

A proxy's sign-in page has status 200, and a connection can end in the middle of a document. The parsers
of botocore ignore what they do not recognise, which reads as if AWS had returned nothing. Here that is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from http.client import responses as reason_phrases
from typing import Any
from xml.etree.ElementTree import Element
from xml.parsers import expat

from botocore.parsers import ResponseParserFactory
from botocore.utils import parse_timestamp

from awsbase.errors import MalformedResponse

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "boolean": bool,
    "double": (float, int),
    "float": (float, int),
    "integer": int,
    "long": int,
    "string": str,
    "timestamp": datetime,
}

MAX_CHARACTERS = 2000  # EC2's encoded message about a missing permission takes a thousand


class Response(dict[str, Any]):
    """A response of AWS, or a part of one, that raises MalformedResponse when a requested field is missing."""

    __slots__ = ("_operation",)

    def __init__(self, operation: str, fields: Mapping[str, Any]) -> None:
        super().__init__(fields)
        self._operation = operation

    def __missing__(self, name: str) -> Any:
        raise MalformedResponse(
            f"AWS answered {self._operation} without {name}", hint="run again; report it if it happens again"
        )


class StrictParsers(ResponseParserFactory):
    """Creates botocore's parsers, each wrapped in a `StrictParser`."""

    def __init__(self) -> None:
        super().__init__()
        self.set_parser_defaults(timestamp_parser=parse_time)

    def create_parser(self, protocol_name: str) -> Any:
        """Return the strict parser of a protocol."""
        return StrictParser(frugal(super().create_parser(protocol_name)), protocol_name)


def frugal(parser: Any) -> Any:
    """Let a parser of XML drop each item of a list once it is read: the tree of 5,000 users takes 10 MiB."""
    whole: Any = getattr(parser, "_handle_list", None)

    def handle_list(shape: Any, node: Any) -> Any:
        return whole(shape, dropped(node) if isinstance(node, Element) and not flat(shape) else node)

    if whole is not None:
        parser._handle_list = handle_list
    return parser


def flat(shape: Any) -> bool:
    """Tell whether the items of a list stand beside its siblings, and not in an element of their own."""
    return bool(shape.serialization.get("flattened"))


def dropped(node: Element) -> Iterator[Element]:
    """Yield the items of an element, and empty each when the next is asked for."""
    for item in node:
        yield item
        item.clear()


class StrictParser:
    """Parses like botocore, and raises MalformedResponse for an incomplete or foreign response."""

    def __init__(self, parser: Any, protocol: str) -> None:
        self._parser = parser
        self._protocol = protocol

    def parse(self, response: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        """Return the parsed response; `shape` is the operation's output shape, or None.

        Raises MalformedResponse when the response is incomplete or not from AWS.
        """
        if response["status_code"] >= 300:
            return self._refusal(response, shape)
        operation: str = response["context"]["operation_name"]
        try:
            check(response["body"], self._protocol, operation, shape)
            parsed: dict[str, Any] = self._parser.parse(response, shape)
            metadata = parsed.pop("ResponseMetadata")
            result: dict[str, Any] = validated(parsed, shape, operation) if shape else parsed
        except Exception:  # noqa: BLE001, on garbage the parsers raise exceptions of any type
            # Without the cause, which quotes the body: it can contain a secret.
            raise MalformedResponse(
                f"the response to {operation} is incomplete, or not from AWS",
                hint="check the network and for a proxy's sign-in page, then run again",
            ) from None
        result["ResponseMetadata"] = metadata
        return result

    def _refusal(self, response: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        """Return a refusal that always has a code and a message: a proxy's page has neither."""
        status = response["status_code"]
        try:
            parsed: dict[str, Any] = self._parser.parse(response, shape)
        except Exception:  # noqa: BLE001, as above
            parsed = {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}}}
        # botocore parses twice: first the refusal, then the fields that belong to its code.
        if shape is None or not shape.metadata.get("exception"):
            error = parsed.get("Error")
            fields = error if isinstance(error, dict) else {}
            code, message = str(fields.get("Code") or status), str(fields.get("Message") or "")
            # Where botocore expects JSON, it takes a whole page as the message.
            if not message or message.lstrip().startswith("<"):
                message = reason_phrases.get(status, "")
            parsed["Error"] = {**fields, "Code": code[:MAX_CHARACTERS], "Message": message[:MAX_CHARACTERS]}
        return parsed


def parse_time(value: str | float) -> datetime:
    """Return the time of a timestamp, in any format that AWS uses."""
    # IAM returns two for each user; botocore's own parser tries every format and takes 80 µs for each.
    if isinstance(value, str) and "T" in value:
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    time: datetime = parse_timestamp(value)  # type: ignore[arg-type]  # it takes numbers too, as its docstring says
    return time


def check(body: Any, protocol: str, operation: str, shape: Any) -> None:
    """Raise ValueError for a body that botocore would take for an empty response."""
    if not isinstance(body, bytes):
        return  # an object of S3, which is streamed
    members = shape.members if shape else {}
    payload = members.get(shape.serialization.get("payload")) if shape else None
    if not body.strip():
        if any("location" not in member.serialization for member in members.values()):
            raise ValueError("the body is empty")
    elif payload is not None and payload.type_name == "string":
        return  # plain text, such as a bucket's policy
    elif protocol in ("query", "ec2"):
        if root(body) != f"{operation}Response":
            raise ValueError("the root element belongs to another operation")
    elif protocol == "rest-xml":
        if root(body) == "html":
            raise ValueError("the body is an HTML page")
    elif not isinstance(json.loads(body), dict) and members:
        raise ValueError("the body is no JSON object")


def root(document: bytes) -> str:
    """Return the name of the root element of a complete XML document."""
    parser, names = expat.ParserCreate(), []

    def first(name: str, _: object) -> None:
        names.append(name.rpartition(":")[2])
        parser.StartElementHandler = None

    parser.StartElementHandler = first
    parser.Parse(document, True)
    return names[0]


def validated(value: Any, shape: Any, operation: str) -> Any:
    """Return a value whose parts all have the types of the API model; raises TypeError when one does not."""
    match shape.type_name:
        case "structure" if not shape.is_document_type:
            members = shape.members
            # Fields newer than this botocore are kept: in unions they show that there is a value.
            return Response(
                operation,
                {
                    name: validated(part, members[name], operation) if name in members else part
                    for name, part in value.items()
                },
            )
        case "list":
            # In place, so that thousands of users are not held twice.
            for index, part in enumerate(value):
                value[index] = validated(part, shape.member, operation)
        case "map":
            return Response(operation, {name: validated(part, shape.value, operation) for name, part in value.items()})
        case simple if simple in TYPES and not isinstance(value, TYPES[simple]):
            raise TypeError(f"{shape.name} is no {simple}")
    return value
