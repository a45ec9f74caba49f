"""The guard on the wire: it refuses every write outside a verb of the run, and counts every request.

It listens to the events of each botocore client, below everything that a recipe can do. So planning makes no write
even when a recipe is wrong.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from awsbase.aws import response_time
from awsbase.engine.changes import unknowns
from awsbase.errors import LostReply

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel

READ_PREFIXES = ("BatchGet", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Search", "Simulate")
# The first three start reports for others to return; they change nothing, and SecurityAudit allows them. A session of a
# role changes nothing either: what is in the members of an organization can be read by no other way.
READS = frozenset(
    {
        ("iam", "GenerateCredentialReport"),
        ("iam", "GenerateOrganizationsAccessReport"),
        ("iam", "GenerateServiceLastAccessedDetails"),
        ("sts", "AssumeRole"),
    }
)
# These return credentials or plaintext: no read of the account's settings, and never needed to plan.
NOT_READS = frozenset({("sts", "GetSessionToken"), ("sts", "GetFederationToken"), ("secretsmanager", "GetSecretValue")})

# Operations that are not idempotent. Most create a new resource at every call, for want of a unique name or a token;
# some use up a code or a password. botocore resends when a reply is lost, and here that would create a duplicate.
NOT_IDEMPOTENT = frozenset(
    {
        ("ce", "CreateAnomalyMonitor"),
        ("ce", "CreateAnomalySubscription"),
        ("dlm", "CreateLifecyclePolicy"),
        ("ec2", "AllocateAddress"),
        ("ec2", "AssociateVpcCidrBlock"),
        ("ec2", "CreateInternetGateway"),
        ("ec2", "CreateSubnet"),
        ("ec2", "CreateVpc"),
        # AWS answers a repeated call with success and a FlowLogAlreadyExists entry.
        ("ec2", "CreateFlowLogs"),
        # AWS refuses to delete rules that are already deleted.
        ("ec2", "DeleteNetworkAclEntry"),
        ("ec2", "RevokeSecurityGroupEgress"),
        ("ec2", "RevokeSecurityGroupIngress"),
        ("ec2", "CreateVpcEndpoint"),
        ("ec2", "RunInstances"),
        ("iam", "ChangePassword"),
        ("iam", "CreateAccessKey"),
        ("iam", "CreatePolicyVersion"),
        # AWS refuses the name, which the first call has taken.
        ("iam", "CreateServiceLinkedRole"),
        # Only this response contains the seed: when it is lost, the device is unusable.
        ("iam", "CreateVirtualMFADevice"),
        ("iam", "EnableMFADevice"),
        ("iam", "ResyncMFADevice"),
        ("kms", "CreateKey"),
        # There is no token, and a second account for the same address is refused only once the first one is there.
        ("organizations", "CreateAccount"),
        # AWS refuses a second call: the account is not where it was.
        ("organizations", "MoveAccount"),
        # AWS refuses a second call: the account is subscribed already.
        ("securityhub", "EnableSecurityHub"),
        ("sns", "Subscribe"),
        ("sts", "AssumeRole"),
        ("sts", "GetSessionToken"),
    }
)


THROTTLES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "TooManyRequestsException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
    }
)


class WriteOutsideVerb(RuntimeError):
    """A call outside a verb of the run would change the account: a bug in a recipe."""


def is_read(service: str, operation: str) -> bool:
    """Tell whether an operation only reads; unknown operations count as writes."""
    if (service, operation) in NOT_READS:
        return False
    return operation.startswith(READ_PREFIXES) or (service, operation) in READS


class Wire:
    """Guards and counts the calls of every client it is attached to."""

    def __init__(self) -> None:
        self.reads = 0
        self.writes = 0
        self.reached: datetime | None = None
        """When AWS answered last, by its own clock."""
        self._count = threading.Lock()
        self._thread = threading.local()

    def attach(self, client: BaseClient) -> None:
        """Guard a client from now on."""
        service = client.meta.service_model.service_id.hyphenize()
        events = client.meta.events
        events.register_first(f"provide-client-params.{service}", self._refuse_unknown)
        events.register_first(f"before-call.{service}", self._refuse_writes)
        events.register_first(f"before-send.{service}", partial(self._tally, client.meta.service_model.service_name))
        events.register(f"after-call.{service}", partial(_note_region, client.meta.region_name))
        events.register(f"after-call.{service}", self._note_time)
        refuse_resends(client)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Allow this thread to write: only the verbs of a run do this."""
        self._thread.open = True
        try:
            yield
        finally:
            self._thread.open = False

    def _refuse_unknown(self, params: Any, model: OperationModel, **_: Any) -> None:
        if unknown := list(unknowns(params)):
            raise WriteOutsideVerb(f"{model.name} was given a value that is only planned: {', '.join(unknown)}")

    def _refuse_writes(self, model: OperationModel, **_: Any) -> None:
        service = model.service_model.service_name
        if not is_read(service, model.name) and not getattr(self._thread, "open", False):
            raise WriteOutsideVerb(f"{service}:{model.name} changes the account, but no verb of the run is open")

    def _note_time(self, parsed: dict[str, Any], **_: Any) -> None:
        self.reached = response_time(parsed) or self.reached

    def _tally(self, service: str, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        with self._count:
            if is_read(service, operation):
                self.reads += 1
            else:
                self.writes += 1


def _note_region(region: str, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Let an error say where its call went, which the messages of AWS often do not.

    Clients of services without regions say `aws-global`; policies see the region that their calls are signed for.
    """
    if "Error" in parsed:
        there = {"Region": context.get("signing", {}).get("region") or region, "Global": region.endswith("-global")}
        parsed.setdefault("ResponseMetadata", {}).update(there)


def refuse_resends(client: BaseClient) -> None:
    """Make botocore raise LostReply instead of resending a call in NOT_IDEMPOTENT whose answer was lost."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"needs-retry.{service}", _refuse_to_resend)


def _refuse_to_resend(operation: OperationModel, response: Any, caught_exception: Exception | None, **_: Any) -> None:
    from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError

    if (operation.service_model.service_name, operation.name) not in NOT_IDEMPOTENT:
        return
    never_sent = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
    if caught_exception is not None and not isinstance(caught_exception, never_sent):
        raise LostReply(f"the answer to {operation.name} was lost") from caught_exception
    if response is not None:
        http, parsed = response
        throttled = parsed.get("Error", {}).get("Code") in THROTTLES
        if http.status_code >= 500 and not throttled:
            raise LostReply(f"AWS answered {operation.name} with HTTP {http.status_code}")
