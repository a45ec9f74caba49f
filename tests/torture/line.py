"""One set of clients for all sandboxes: making clients costs more than most runs do."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.retries.standard import RetryEventAdapter, StandardRetryConditions

from awsbase.aws import Aws
from awsbase.engine.account import Account, check, identify
from awsbase.engine.wire import Wire
from awsbase.sandbox import Sandbox
from tests.contract.sample import ACCOUNT, HOME

ATTEMPTS = 8


class Switchboard(Sandbox):
    """Connects its callers to another sandbox, and then to the next."""

    inside: Sandbox

    def transport(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Let the other sandbox answer."""
        return self.inside.transport(request)


def connected(sandbox: Sandbox) -> Account:
    """Return the account of a sandbox, reached as the command reaches one."""
    switchboard, aws, wire = line()
    switchboard.inside = sandbox
    return check(identify(aws, wire), ACCOUNT)


@cache
def line() -> tuple[Switchboard, Aws, Wire]:
    """Make the clients that all runs of this process share."""
    switchboard, wire = Switchboard(), Wire()
    return switchboard, Aws(switchboard.session(), HOME.region, attach=[wire.attach, at_once], attempts=1), wire


def at_once(client: BaseClient) -> None:
    """Send again what botocore would send again, as often, without the pauses: no test has time for them."""
    conditions, adapter = StandardRetryConditions(max_attempts=ATTEMPTS), RetryEventAdapter()

    def again(**sent: Any) -> int | None:
        return 0 if conditions.is_retryable(adapter.create_retry_context(**sent)) else None

    # botocore's stubs say that a handler returns nothing; needs-retry takes the pause that it returns.
    handler: Any = again
    client.meta.events.register(f"needs-retry.{client.meta.service_model.service_id.hyphenize()}", handler)
