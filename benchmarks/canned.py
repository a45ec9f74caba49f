"""A wire whose answers were recorded: one converged account answers for thousands, at next to no cost.

A name and an id of fixed length stand in what was recorded. Each request is looked up with those in place of the
account's own, and the answer gets the account's own back. So what is measured is awsbase, and not a server beside it:
nothing here imports the embedded AWS.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session

from awsbase.organization.reach import with_keys

if TYPE_CHECKING:
    from awsbase.aws import AnySession

ID, NAME = "000000000000", "acme-a00000"
HUB = "999999999999"
# What differs from run to run and means nothing for the answer.
PASSING = re.compile(rb"(StartTime|EndTime)=[^&]*|\"(StartTime|EndTime)\": ?[0-9.]+")
RESULT = "<{0}Response><{0}Result>{1}</{0}Result></{0}Response>"
KEYS = (
    "<Credentials><AccessKeyId>ASIA{0}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
)
CALLER = f"<Arn>arn:aws:sts::{HUB}:assumed-role/hub/run</Arn><UserId>x</UserId><Account>{HUB}</Account>"


def id_of(number: int) -> str:
    """Return the id of one of many accounts."""
    return f"{number:012d}"


def name_of(number: int) -> str:
    """Return the name that one of many accounts has in its manifest."""
    return f"acme-a{number:05d}"


def key_of(method: str, url: str, target: str, body: bytes, id: str = ID, name: str = NAME) -> str:
    """Return what a request is looked up by: the same for all accounts."""
    said = b"\0".join([method.encode(), url.encode(), target.encode(), body])
    said = PASSING.sub(b"", said).replace(id.encode(), ID.encode()).replace(name.encode(), NAME.encode())
    return hashlib.sha256(said).hexdigest()


class Canned:
    """Answers for any account with what was recorded of one."""

    def __init__(self, file: Path) -> None:
        self.replies: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
        self.asked = 0

    def hub(self, region: str) -> boto3.Session:
        """Return the session that roles are assumed from."""
        made = boto3.Session("ASIAHUB", "s", "t", region_name=region, botocore_session=Session(profile=None))
        made.events.register("before-send", self._hub)
        return made

    def member(self, base: AnySession, keys: Mapping[str, Any]) -> Session:
        """Return the session of an account whose role was assumed, with the settings of the first one."""
        made = with_keys(base, keys)
        number = int(str(keys["AccessKeyId"]).removeprefix("ASIA"))
        handler: Any = self._of(id_of(number), name_of(number))
        made.register("before-send", handler)
        return made

    def _of(self, id: str, name: str) -> Callable[..., AWSResponse]:
        def transport(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
            self.asked += 1
            given: Any = request.body or b""
            body = given.encode() if isinstance(given, str) else given if isinstance(given, bytes) else given.read()
            key = key_of(request.method, request.url, text(request.headers.get("X-Amz-Target", "")), body, id, name)
            try:
                status, headers, said = self.replies[key]
            except KeyError:
                raise LookupError(f"{request.method} {request.url} {body[:300]!r} was not recorded") from None
            return response(request.url, status, headers, said.replace(ID, id).replace(NAME, name).encode("latin-1"))

        return transport

    def _hub(self, request: AWSPreparedRequest, **_: Any) -> Any:
        self.asked += 1
        body: Any = request.body or b""
        found = re.search(r"iam%3A%3A(\d{12})%3A", text(body))
        said = (
            RESULT.format("AssumeRole", KEYS.format(found[1])) if found else RESULT.format("GetCallerIdentity", CALLER)
        )
        return response(request.url, 200, {"Content-Type": "text/xml"}, said.encode())


class Body(BytesIO):
    """A body that botocore can read as it reads one from the network."""

    def stream(self, amt: int = 65536, decode_content: Any = None) -> Any:
        """Yield the body in pieces."""
        while piece := self.read(amt):
            yield piece


def response(url: str, status: int, headers: Mapping[str, str], body: bytes) -> AWSResponse:
    """Return an answer as botocore takes it."""
    sent, raw = HTTPHeaders(), Body(body)
    for name, value in headers.items():
        sent[name] = value
    answered: Any = AWSResponse
    made: AWSResponse = answered(url, status, sent, raw)
    return made


def text(value: str | bytes) -> str:
    """Return a text that may come as bytes."""
    return value.decode() if isinstance(value, bytes) else value
