"""Clients that the tests of one process share: creating them costs more than most runs do."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.retries.standard import RetryEventAdapter, StandardRetryConditions

from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.wire import Wire
from awsbase.sandbox import Sandbox
from awsbase.sandbox.callers import Key

REGION = "eu-west-1"
ATTEMPTS = 8


class Switchboard(Sandbox):
    """Connects its clients to another sandbox, and then to the next."""

    inside: Sandbox

    def transport(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Let the other sandbox answer."""
        return self.inside.transport(request)


class Connection:
    """Clients that act in one sandbox as one caller, until they are connected to another."""

    def __init__(self, *, resend: bool) -> None:
        self.switchboard, self.wire = Switchboard(), Wire()
        attach = [self.wire.attach, at_once] if resend else [self.wire.attach]
        self.aws = Aws(self.switchboard.session(), REGION, attach=attach, attempts=1)

    def to(self, sandbox: Sandbox, key: Key) -> Account:
        """Return the account of a sandbox as the owner of the key reaches it."""
        self.use(sandbox, key)
        return identify(self.aws, self.wire)

    def use(self, sandbox: Sandbox, key: Key) -> None:
        """Act in a sandbox with a key from now on."""
        self.switchboard.inside = sandbox
        self.wire.reads = self.wire.writes = 0
        credentials = self.aws.clients.session.get_credentials()
        assert credentials is not None
        credentials.access_key, credentials.secret_key, credentials.token = key.id, key.secret, key.token


@cache
def connection(purpose: str, *, resend: bool = False) -> Connection:
    """Return the clients of one purpose: two that are used side by side need one each.

    They send nothing twice, since botocore waits before it does, unless they `resend` without waiting.
    """
    return Connection(resend=resend)


def at_once(client: BaseClient) -> None:
    """Send again what botocore would send again, as often, without the pauses: no test has time for them."""
    conditions, adapter = StandardRetryConditions(max_attempts=ATTEMPTS), RetryEventAdapter()

    def again(**sent: Any) -> int | None:
        return 0 if conditions.is_retryable(adapter.create_retry_context(**sent)) else None

    # botocore's stubs say that a handler returns nothing; needs-retry takes the pause that it returns.
    handler: Any = again
    client.meta.events.register(f"needs-retry.{client.meta.service_model.service_id.hyphenize()}", handler)
