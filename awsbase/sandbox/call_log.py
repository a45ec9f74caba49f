"""The log of the calls that a sandbox received."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from awsbase.sandbox.callers import Caller
from awsbase.sandbox.http import Reply

READS = ("Get", "List", "Describe", "Head", "Search", "Simulate", "Lookup", "Generate", "Decode", "Test", "AssumeRole")


@dataclass(frozen=True)
class Call:
    """One request, and how it ended for AWS: `lost` is what never arrived there.

    `caller` is None for a request that nobody's key signed; `address` and `agent` are where it came from.
    """

    service: str
    operation: str
    region: str
    params: dict[str, Any] = field(repr=False)
    error: str | None = None
    at: datetime | None = None
    key: str = ""
    caller: Caller | None = None
    address: str = ""
    agent: str = ""
    reply: Reply | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Return the call as `iam:CreateRole`."""
        return f"{self.service}:{self.operation}"

    @property
    def writes(self) -> bool:
        """Return whether the call changes an account."""
        return writes(self.operation)


def writes(operation: str) -> bool:
    """Return whether an operation changes an account."""
    return not operation.startswith(READS)
