"""Clients of this process: boto3 sessions whose requests the sandbox answers, so that nothing leaves the machine."""

from collections.abc import Callable
from copy import copy
from functools import cache
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from awsbase.sandbox import wire
from awsbase.sandbox.callers import Key
from awsbase.sandbox.client_parts import Aliases, share_parts
from awsbase.sandbox.clock import Clock
from awsbase.sandbox.faults import LostReply, TooSlow
from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.model_loader import model_loader
from awsbase.sandbox.wire import Refusal

READ_TIMEOUT = 60  # seconds for which botocore waits for a reply
AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


class Answering(Protocol):
    """Answer requests as AWS would: one account, or several."""

    clock: Clock

    def answer(self, message: Message) -> Reply:
        """Answer one request; raise LostReply where the network is to fail."""


def transport(aws: Answering, request: AWSPreparedRequest) -> AWSResponse:
    """Answer a client of this process, as its botocore `before-send` handler.

    Raises ReadTimeoutError or ConnectionClosedError.
    """
    host = urlsplit(request.url).hostname or ""
    if not host.endswith(AWS_DOMAINS):
        refusal = Refusal("SandboxGap", f"{host} is not AWS; nothing was sent")
        return _response(request.url, wire.refuse("sts", refusal))
    try:
        return _response(request.url, aws.answer(_message(request)))
    except TooSlow as slow:
        aws.clock.advance(READ_TIMEOUT)
        raise ReadTimeoutError(endpoint_url=request.url) from slow
    except LostReply as lost:
        raise ConnectionClosedError(endpoint_url=request.url, request=request, response=None) from lost


def session(key: Key, region: str, transport: Callable[..., AWSResponse]) -> boto3.Session:
    """Return a session with these credentials whose clients all speak to a transport."""
    made = boto3.Session(key.id, key.secret, key.token, region_name=region, botocore_session=_bare())
    # botocore's stubs say that a handler returns nothing; before-send takes the response that it returns.
    handler: Any = transport
    made.events.register("before-send", handler)
    return made


class _Raw(BytesIO):
    """A body that botocore can read as it reads one from the network."""

    def stream(self, amt: int = 65536, decode_content: Any = None) -> Any:
        while piece := self.read(amt):
            yield piece


def _response(url: str, reply: Reply) -> AWSResponse:
    raw: Any = _Raw(reply.body)
    return AWSResponse(url, reply.status, wire.headers(reply), raw)


def _message(request: AWSPreparedRequest) -> Message:
    body: Any = request.body
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    headers = {
        str(name): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
        if name.lower() != "transfer-encoding"
    }
    return Message(request.method, request.url, headers, bytes(body or b""))


def _bare() -> Any:
    """Return a botocore session that knows nothing of the user's own configuration."""
    from botocore.session import Session

    # To register botocore's own handlers takes most of what a session takes; to copy them does not.
    share_parts(model_loader())
    session: Any = Session(event_hooks=copy(_handlers()), include_builtin_handlers=False)
    session._events = Aliases(session._original_handler)
    session.register_component("event_emitter", session._events)
    session.set_config_variable("config_file", "/dev/null")
    session.set_config_variable("credentials_file", "/dev/null")
    session.set_config_variable("profile", None)
    session.register_component("data_loader", model_loader())
    return session


@cache
def _handlers() -> Any:
    """Return the handlers that botocore registers in every session."""
    from botocore.session import Session

    session: Any = Session()
    return session._original_handler
