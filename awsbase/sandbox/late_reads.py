"""Reads that lag behind a write: for some seconds AWS can answer with the state before it.

So do IAM (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency),
EC2 (https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html), KMS ("follows an eventual consistency
model", its API reference), Systems Manager (https://github.com/aws/aws-cdk-cli/issues/830) and the tag index. A fault
`stale` at a write makes the sandbox keep what its service had before, and answer late from that.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.service import AccountState

LATE_READS = 2
LATE_SECONDS = 10
TAG_INDEX = "resourcegroupstaggingapi"


@dataclass
class Past:
    """What a service had at one time, as moto keeps it and as our rules do, and the late answers given from it."""

    since: float
    backends: Any
    memories: dict[type, Any]
    given: Counter[str] = field(default_factory=Counter)


@dataclass
class LateReads:
    """Answer each read of a service that was written to late, twice at most and for ten seconds at most."""

    pasts: dict[str, Past] = field(default_factory=dict)

    def keep(self, sandbox: AccountState, service: str) -> None:
        """Keep what a service has now, before a write, unless reads still answer with something older."""
        now = sandbox.clock.time()
        if service not in self.pasts or now - self.pasts[service].since >= LATE_SECONDS:
            own = {kind: held for kind, held in sandbox.memories.items() if belongs(kind, service)}
            self.pasts[service] = Past(now, sandbox.moto_state.copied(service), deepcopy(own))

    @contextmanager
    def answering(self, sandbox: AccountState, service: str, read: str) -> Iterator[None]:
        """Let a read find what was there before the last writes, if it is to be late; `read` tells it from others."""
        late = [
            (name, past)
            for name, past in self.pasts.items()
            if service in (name, TAG_INDEX)
            and past.given[read] < LATE_READS
            and sandbox.clock.time() - past.since < LATE_SECONDS
        ]
        present = [(name, exchange(sandbox, name, past.backends, past.memories)) for name, past in late]
        try:
            yield
        finally:
            for name, (backends, memories) in present:
                exchange(sandbox, name, backends, memories)
            for _, past in late:
                past.given[read] += 1


def exchange(sandbox: AccountState, service: str, backends: Any, memories: dict[type, Any]) -> tuple[Any, Any]:
    """Put another state of a service in place of the present one, and return that."""
    before = {kind: sandbox.memories.pop(kind) for kind in list(sandbox.memories) if belongs(kind, service)}
    sandbox.memories.update(memories)
    return sandbox.moto_state.exchange(service, backends), before


def belongs(kind: type, service: str) -> bool:
    """Tell whether a rule's memory is about what one service has."""
    return kind.__module__.startswith(f"awsbase.sandbox.services.{service}")
