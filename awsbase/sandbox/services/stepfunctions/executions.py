"""Executions and map runs, as the sandbox remembers them. There are no threads: each call carries them on."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
UNSUCCESSFUL = ENDED[1:]


@dataclass
class Execution:
    """One execution of a machine, or of one child of a map run."""

    arn: str
    machine: str
    role: str
    program: Mapping[str, Any] = field(repr=False)
    given: Any = field(repr=False)
    started: datetime
    root: "Execution | None" = None
    map_run: "MapRun | None" = None
    index: int = 0
    status: str = "RUNNING"
    ended: datetime | None = None
    state: str = ""
    data: Any = field(default=None, repr=False)
    error: str = ""
    cause: str = ""
    token: str | None = None
    """What somebody may answer the present task with."""
    due: datetime | None = None
    """When the present task times out."""
    again: datetime | None = None
    """When the present task is tried again."""
    tries: dict[str, int] = field(default_factory=dict)
    redrives: int = 0
    redriven: datetime | None = None
    runs: "list[MapRun]" = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the name of the execution."""
        return self.arn.rpartition(":")[2]

    @property
    def whole(self) -> "Execution":
        """Return the execution that this one is a child of, or itself."""
        return self.root or self

    def context(self) -> dict[str, Any]:
        """Return the context object, which paths that begin with `$$` look into."""
        whole = self.whole
        said: dict[str, Any] = {
            "Execution": {"Id": whole.arn, "Name": whole.name, "Input": whole.given, "RoleArn": whole.role},
            "StateMachine": {"Id": whole.machine, "Name": whole.machine.rpartition(":")[2]},
            "State": {"Name": self.state},
        }
        if self.token:
            said["Task"] = {"Token": self.token}
        return said

    def new_token(self, now: datetime) -> str:
        """Return a token for the present task, another one at each try."""
        self.token = str(uuid5(NAMESPACE_URL, f"{self.arn} {self.state} {self.redrives} {self.tries} {now}"))
        return self.token

    def begin(self) -> None:
        """Stand at the first state, with the input."""
        self.status, self.ended, self.error, self.cause = "RUNNING", None, "", ""
        self.state, self.data = str(self.program["StartAt"]), self.given
        self.idle()

    def idle(self) -> None:
        """Forget the present task."""
        self.token = self.due = self.again = None
        self.tries = {}

    def end(self, status: str, now: datetime, error: str = "", cause: str = "") -> None:
        """End in a status."""
        self.status, self.ended, self.error, self.cause = status, now, error, cause
        self.token = self.due = self.again = None


@dataclass
class MapRun:
    """One run of a Distributed Map: its children, those that still wait, and how many may fail."""

    arn: str
    parent: Execution = field(repr=False)
    label: str
    waiting: list[tuple[int, Any]] = field(repr=False)
    at_once: int
    tolerated_percentage: float | None
    tolerated_count: int | None
    started: datetime
    status: str = "RUNNING"
    ended: datetime | None = None
    children: list[Execution] = field(default_factory=list, repr=False)
    redrives: int = 0
    redriven: datetime | None = None

    @property
    def total(self) -> int:
        """Return how many items it has."""
        return len(self.children) + sum(1 for index, _ in self.waiting if index >= len(self.children))

    @property
    def running(self) -> int:
        """Return how many children are under way."""
        return sum(each.status == "RUNNING" for each in self.children)

    def exceeded(self) -> bool:
        """Return whether more have failed than are tolerated: none, unless the map says so.

        https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html#maprun-fail-threshold
        """
        failed = sum(each.status in ("FAILED", "TIMED_OUT") for each in self.children)
        limits = []
        if self.tolerated_count is not None:
            limits.append(failed > self.tolerated_count)
        if self.tolerated_percentage is not None:
            limits.append(failed * 100 > self.tolerated_percentage * self.total)
        return any(limits) if limits else failed > 0

    def counts(self) -> dict[str, int]:
        """Return how many items are where."""
        found = {status: sum(each.status == status for each in self.children) for status in ("RUNNING", *ENDED)}
        return {
            "pending": sum(1 for index, _ in self.waiting if index >= len(self.children)),
            "running": found["RUNNING"],
            "succeeded": found["SUCCEEDED"],
            "failed": found["FAILED"],
            "timedOut": found["TIMED_OUT"],
            "aborted": found["ABORTED"],
            "total": self.total,
            "resultsWritten": 0,
            "pendingRedrive": sum(each.status == "PENDING_REDRIVE" for each in self.children),
        }


@dataclass
class Executions:
    """All executions of an account by ARN, without the children of map runs, and who waits for which token."""

    held: dict[str, Execution] = field(default_factory=dict)
    runs: dict[str, MapRun] = field(default_factory=dict)
    children: dict[str, Execution] = field(default_factory=dict)
    tokens: dict[str, Execution] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    """Tokens of tasks that are over."""

    def under_way(self) -> Iterator[Execution]:
        """Yield the executions that have not ended."""
        yield from [each for each in self.held.values() if each.status == "RUNNING"]

    def found(self, arn: str) -> Execution | None:
        """Return an execution or a child of a map run."""
        return self.held.get(arn) or self.children.get(arn)

    def state(self) -> dict[str, Any]:
        """Return what a snapshot shows."""
        return {
            each.arn: {
                "input": each.given,
                "status": each.status,
                "error": each.error,
                "runs": [[run.status, run.counts()] for run in each.runs],
            }
            for each in self.held.values()
        }


def as_text(value: Any) -> str:
    """Return a value as Step Functions hands it out."""
    return json.dumps(value, separators=(",", ":"))
