"""Plain values for what a run finds, plans and does; all output is made from these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Any, Literal, NoReturn

from awsbase.records import record

Action = Literal["create", "update", "delete", "replace"]
Status = Literal["unchanged", "planned", "changed", "failed", "blocked", "skipped"]
Mode = Literal["plan", "reconcile"]
# What a run is for: `plan` and `reconcile` say only whether it writes.
Goal = Literal["reconcile", "destroy", "prune"]
# The failure code of a resource that was interrupted after its first change.
INTERRUPTED = "Interrupted"
# The failure code of a resource in a region that a policy of the organization closes.
CLOSED = "RegionClosed"
# The failure code of a resource for which AWS has no room, as counted before anything is written.
FULL = "QuotaExceeded"
# What the user agent of awsbase begins with.
PROGRAM = "awsbase/"
STATUSES: tuple[Status, ...] = ("unchanged", "planned", "changed", "failed", "blocked", "skipped")


class UnknownValueUsed(TypeError):
    """A recipe inspected a value that is unknown while planning; the plan would have been wrong."""


class Unknown:
    """A value that exists only after a planned change is applied, such as the ARN of a new key.

    A recipe can pass it on, index it and put it into documents; inspecting it raises UnknownValueUsed.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def __getitem__(self, key: object) -> Unknown:
        return Unknown(self.origin)

    def _refuse(self, *_: object) -> NoReturn:
        raise UnknownValueUsed(f"{self.origin} is not known before it is created")

    __bool__ = __str__ = __format__ = __len__ = __iter__ = __contains__ = __add__ = __radd__ = _refuse

    def __repr__(self) -> str:
        return f"<{self.origin}, once made>"


class Deferred(Unknown):
    """A value computed only for its call, such as a password: no plan, digest or report holds it."""

    def __init__(self, origin: str, compute: Callable[[], object]) -> None:
        super().__init__(origin)
        self._compute = compute

    def resolve(self) -> object:
        """Return the value, for the call that takes it and nothing else."""
        return self._compute()


@record
class Drift:
    """One field that differs from the manifest."""

    field: str
    have: object
    want: object


def compare(have: Mapping[str, object], want: Mapping[str, object]) -> list[Drift]:
    """Return the fields of `want` that differ in `have`; fields that only `have` contains are not managed."""
    return [Drift(name, have.get(name), value) for name, value in want.items() if have.get(name) != value]


RiskKind = Literal["access", "outage", "visibility", "deletion"]


@record
class Risk:
    """Why a change needs approval: it widens access, cuts somebody off, hides something, or deletes for good."""

    kind: RiskKind
    reason: str


@record
class Subject:
    """What a call is about, as CloudTrail's event history knows it: where, at which service, which names.

    The region is empty for a service without regions.
    """

    region: str
    source: str
    names: tuple[str, ...] = ()


@record
class Author:
    """Who made what differs now, by an event of CloudTrail: when, from which address, with what program."""

    arn: str
    at: datetime
    address: str
    event: str
    event_id: str
    program: str = ""

    @property
    def with_awsbase(self) -> bool:
        return self.program.startswith(PROGRAM)


@record
class Change:
    """One write: its description for people, its API call, and a digest of the call's known arguments.

    `risk` says why it needs approval; None when it does not. `changed_by` is known where somebody asked for it.
    """

    action: Action
    what: str
    api: str
    drift: tuple[Drift, ...] = ()
    risk: Risk | None = None
    digest: str = ""
    unknown: tuple[str, ...] = ()
    subject: Subject | None = field(default=None, compare=False)
    changed_by: Author | None = field(default=None, compare=False)

    def same_step(self, other: Change) -> bool:
        """Tell whether this is the same step of a recipe, whatever its arguments."""
        return (self.action, self.what, self.api) == (other.action, other.what, other.api)


def is_whole_resource(address: str, change: Change) -> bool:
    """Tell whether a change creates or deletes a whole resource: `create log group` of `log-group/trail`."""
    kind = address.partition("/")[0]
    bare = change.what.replace(" ", "").replace("-", "").casefold()
    return change.action != "update" and bare == kind.replace("-", "").replace("_", "").casefold()


@record
class ManualAction:
    """A step that AWS lets only a person do, and the probe by which awsbase detects that it is done.

    A summary says in one line what each person needs: `need` is that of `who`, in a few words.
    """

    address: str
    title: str
    steps: tuple[str, ...]
    probe: str
    who: str = ""
    need: str = ""


@record
class Failure:
    """Why a resource failed: what was tried, what AWS answered, what to do; `region` is one that is closed."""

    code: str
    message: str
    tried: str | None = None
    api: str | None = None
    hint: str | None = None
    region: str | None = None


@record
class Refusal:
    """Why a reconcile refuses all of a plan, such as a lock-out ahead, and what to do."""

    message: str
    hint: str | None = None


@record
class Outcome:
    """The result for one resource."""

    address: str
    region: str
    status: Status
    changes: tuple[Change, ...] = ()
    error: Failure | None = None
    blocked_by: str | None = None
    notes: tuple[str, ...] = ()
    # Set only for a resource that this run creates: for an existing one the cost is known.
    price: str | None = None
    # Since when it exists, in a plan, where AWS returns that with it.
    since: datetime | None = field(default=None, compare=False)
    # Whether a run that takes things away leaves this one; a note says why.
    stays: bool = False

    def held_back(self) -> Outcome:
        """Return a planned outcome as one of which nothing was written."""
        status: Status = "skipped" if self.status == "planned" else self.status
        return replace(self, status=status, changes=(), price=None)

    @property
    def was_interrupted(self) -> bool:
        """Tell whether it started and was then interrupted: it counts as failed, but nothing went wrong."""
        return self.error is not None and self.error.code == INTERRUPTED


@record
class Report:
    """The results for all resources, in manifest order; `seconds` is the duration."""

    mode: Mode
    account: str
    region: str
    fingerprint: str
    caller: str
    outcomes: tuple[Outcome, ...]
    manual_actions: tuple[ManualAction, ...]
    reads: int
    writes: int
    seconds: float
    interrupted: bool = False
    # What a reconcile of this plan would refuse; it then writes nothing.
    refusals: tuple[Refusal, ...] = ()
    second: Report | None = field(default=None, compare=False)
    # Why it is not known of some changes who made what differs; None where nobody asked.
    authors_missing: tuple[str, ...] | None = field(default=None, compare=False)
    goal: Goal = "reconcile"
    # When each resource was begun and done, in seconds since the run began, by address.
    steps: Mapping[str, tuple[float, float]] = field(default_factory=dict, compare=False)

    def totals(self) -> dict[Status, int]:
        """Return the number of outcomes of each status."""
        return {status: sum(outcome.status == status for outcome in self.outcomes) for status in STATUSES}

    @property
    def changes(self) -> list[tuple[str, Change]]:
        """Return each change with the address of its resource."""
        return [(outcome.address, change) for outcome in self.outcomes for change in outcome.changes]

    @property
    def failed(self) -> bool:
        """Tell whether something failed, or would be refused."""
        return bool(self.refusals) or any(outcome.status in ("failed", "blocked") for outcome in self.outcomes)

    @property
    def exceeds_quota(self) -> bool:
        """Tell whether the manifest wants more than AWS takes: then nothing of it is written."""
        return any(outcome.error is not None and outcome.error.code == FULL for outcome in self.outcomes)

    def held_back(self) -> Report:
        """Return this plan as a reconcile that wrote nothing: what it would change is not begun."""
        return replace(self, mode="reconcile", outcomes=tuple(outcome.held_back() for outcome in self.outcomes))


def unknowns(value: object, path: str = "") -> Iterator[str]:
    """Yield the dotted paths at which `value` holds an Unknown."""
    if isinstance(value, Unknown):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from unknowns(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from unknowns(item, f"{path}.{index}" if path else str(index))


def digest(arguments: Mapping[str, object], unknown: Sequence[str] = ()) -> str:
    """Return a digest of a call's arguments, without the values at the `unknown` paths.

    A plan cannot know the ARN of a key that it would create. The call leaves out the same paths, so that an approved
    plan can be compared with the call.
    """
    canonical = _plain(arguments, "", frozenset(unknown))
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any, path: str, unknown: frozenset[str]) -> Any:
    if path in unknown or isinstance(value, Unknown):
        return "?"
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{path}.{key}" if path else str(key), unknown) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{path}.{index}" if path else str(index), unknown) for index, item in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value
