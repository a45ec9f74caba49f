"""What AWS answers, believed only as far as it makes sense.

A proxy's sign-in page comes with status 200; a connection ends in the middle of a document. botocore takes what it
recognises and leaves out the rest, which reads as if AWS had said that there is none: here that is an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from http.client import responses
from typing import Any
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

LONGEST = 2000  # characters; what EC2 encodes of a missing permission takes a thousand


class Answer(dict[str, Any]):
    """An answer of AWS, or a part of one, that says so when what is asked of it is not there."""

    def __init__(self, operation: str, said: Mapping[str, Any]) -> None:
        super().__init__(said)
        self._operation = operation

    def __missing__(self, name: str) -> Any:
        raise MalformedResponse(
            f"AWS answered {self._operation} without {name}", hint="run again; report it if that stays so"
        )


class StrictParsers(ResponseParserFactory):
    """Makes botocore's parsers, each behind a `Careful` one."""

    def __init__(self) -> None:
        super().__init__()
        self.set_parser_defaults(timestamp_parser=moment)

    def create_parser(self, protocol_name: str) -> Any:
        return Careful(super().create_parser(protocol_name), protocol_name)


class Careful:
    """Parses like botocore, and raises MalformedResponse for what is not a whole answer to what was asked."""

    def __init__(self, parser: Any, protocol: str) -> None:
        self._parser = parser
        self._protocol = protocol

    def parse(self, response: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        """Return what a response says; `shape` is that of the operation's output, None when it has none."""
        if response["status_code"] >= 300:
            return self._refusal(response, shape)
        operation: str = response["context"]["operation_name"]
        try:
            check(response["body"], self._protocol, operation, shape)
            said: dict[str, Any] = self._parser.parse(response, shape)
            metadata = said.pop("ResponseMetadata")
            answer: dict[str, Any] = understood(said, shape, operation) if shape else said
        except Exception:  # noqa: BLE001, the parsers trip over garbage in every way there is
            # Without the cause: it quotes the body, which may hold a secret.
            raise MalformedResponse(
                f"what came back for {operation} is no answer of AWS, or not a whole one",
                hint="does a proxy or its sign-in page stand in between? check the network, then run again",
            ) from None
        answer["ResponseMetadata"] = metadata
        return answer

    def _refusal(self, response: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        """Return a refusal, always with a code and a message: a proxy's page has neither."""
        status = response["status_code"]
        try:
            said: dict[str, Any] = self._parser.parse(response, shape)
        except Exception:  # noqa: BLE001, as above
            said = {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}}}
        # botocore asks twice: for the refusal, and then for the fields of its own that this code has.
        if shape is None or not shape.metadata.get("exception"):
            error = said.get("Error")
            given = error if isinstance(error, dict) else {}
            code, message = str(given.get("Code") or status), str(given.get("Message") or "")
            # Where JSON is expected, botocore takes a whole page for the message.
            if not message or message.lstrip().startswith("<"):
                message = responses.get(status, "")
            said["Error"] = {**given, "Code": code[:LONGEST], "Message": message[:LONGEST]}
        return said


def moment(said: str | float) -> datetime:
    """Return the time that a timestamp tells, in any of the ways in which AWS writes one."""
    # Two for each user in IAM's answers; botocore's own parser, which tries every format, needs 80 µs for each.
    if isinstance(said, str) and "T" in said:
        with suppress(ValueError):
            return datetime.fromisoformat(said)
    told: datetime = parse_timestamp(said)  # type: ignore[arg-type]  # a number too, as its own text says
    return told


def check(body: Any, protocol: str, operation: str, shape: Any) -> None:
    """Raise for a body that botocore would take for an empty answer."""
    if not isinstance(body, bytes):
        return  # an object of S3, which is still on its way
    members = shape.members if shape else {}
    payload = members.get(shape.serialization.get("payload")) if shape else None
    if not body.strip():
        if any("location" not in member.serialization for member in members.values()):
            raise ValueError("nothing was said")
    elif payload is not None and payload.type_name == "string":
        return  # a text of its own, such as a bucket's policy
    elif protocol in ("query", "ec2"):
        if root(body) != f"{operation}Response":
            raise ValueError("something else was said")
    elif protocol == "rest-xml":
        if root(body) == "html":
            raise ValueError("a page was shown")
    elif not isinstance(json.loads(body), dict) and members:
        raise ValueError("no object was sent")


def root(document: bytes) -> str:
    """Return the name of the first element of a whole XML document."""
    parser, names = expat.ParserCreate(), []

    def first(name: str, _: object) -> None:
        names.append(name.rpartition(":")[2])
        parser.StartElementHandler = None

    parser.StartElementHandler = first
    parser.Parse(document, True)
    return names[0]


def understood(said: Any, shape: Any, operation: str) -> Any:
    """Return what was said with every part of the type that the API promises."""
    match shape.type_name:
        case "structure" if not shape.is_document_type:
            members = shape.members
            # What is newer than this botocore is passed on: of unions it tells that there is something.
            return Answer(
                operation,
                {
                    name: understood(part, members[name], operation) if name in members else part
                    for name, part in said.items()
                },
            )
        case "list":
            return [understood(part, shape.member, operation) for part in said]
        case "map":
            return Answer(operation, {name: understood(part, shape.value, operation) for name, part in said.items()})
        case simple if simple in TYPES and not isinstance(said, TYPES[simple]):
            raise TypeError(f"{shape.name} is no {simple}")
    return said
