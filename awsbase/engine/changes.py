"""What a run finds, wants and does, as plain values; everything that is shown is made from these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Literal, NoReturn

from awsbase.records import record

Action = Literal["create", "update", "delete", "replace"]
Status = Literal["unchanged", "planned", "changed", "failed", "blocked", "skipped"]
Mode = Literal["plan", "reconcile"]
# The code of the failure of what was interrupted after its first change.
INTERRUPTED = "Interrupted"
STATUSES: tuple[Status, ...] = ("unchanged", "planned", "changed", "failed", "blocked", "skipped")


class UnknownValueUsed(TypeError):
    """A recipe looked into a value that planning cannot know; the plan would have lied."""


class Unknown:
    """A value that exists only once a planned change has been made, such as the ARN of a new key.

    It may be handed on, indexed and put into documents; asking what it is raises UnknownValueUsed.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def __getitem__(self, key: object) -> Unknown:
        return Unknown(self.origin)

    def _refuse(self, *_: object) -> NoReturn:
        raise UnknownValueUsed(f"{self.origin} is not known before it is made")

    __bool__ = __str__ = __format__ = __len__ = __iter__ = __contains__ = __add__ = __radd__ = _refuse

    def __repr__(self) -> str:
        return f"<{self.origin}, once made>"


class Deferred(Unknown):
    """A value that is made in the moment of its call, such as a password: no plan, digest or report ever holds it."""

    def __init__(self, origin: str, make: Callable[[], str]) -> None:
        super().__init__(origin)
        self._make = make

    def resolve(self) -> str:
        """Make the value, for the call that takes it and nothing else."""
        return self._make()


@record
class Drift:
    """One field that is not as the manifest wants it."""

    field: str
    have: object
    want: object


def compare(have: Mapping[str, object], want: Mapping[str, object]) -> list[Drift]:
    """List the fields of `want` that `have` does not equal; what only `have` names is not managed."""
    return [Drift(name, have.get(name), value) for name, value in want.items() if have.get(name) != value]


RiskKind = Literal["access", "visibility", "deletion"]


@record
class Risk:
    """Why a change needs approval: it widens access, hides something from people, or deletes for good."""

    kind: RiskKind
    reason: str


@record
class Change:
    """One write: what it is for people, which call it is, and a digest of all of the call's known arguments.

    `risk` says why it needs approval; None when it does not.
    """

    action: Action
    what: str
    api: str
    drift: tuple[Drift, ...] = ()
    risk: Risk | None = None
    digest: str = ""
    unknown: tuple[str, ...] = ()

    def same_step(self, other: Change) -> bool:
        """Tell whether this is the same step of a recipe, whatever its arguments."""
        return (self.action, self.what, self.api) == (other.action, other.what, other.api)


def is_whole_resource(address: str, change: Change) -> bool:
    """Tell whether a change makes or removes a whole resource: `create log group` of `log-group/trail`."""
    kind = address.partition("/")[0]
    bare = change.what.replace(" ", "").replace("-", "").casefold()
    return change.action != "update" and bare == kind.replace("-", "").replace("_", "").casefold()


@record
class ManualAction:
    """Something that AWS lets only a person do, and how awsbase will see that it was done."""

    address: str
    title: str
    steps: tuple[str, ...]
    probe: str


@record
class Failure:
    """Why a resource is not as wanted: what was tried, what AWS said, what to do."""

    code: str
    message: str
    tried: str | None = None
    api: str | None = None
    hint: str | None = None


@record
class Outcome:
    """What became of one resource."""

    address: str
    region: str
    status: Status
    changes: tuple[Change, ...] = ()
    error: Failure | None = None
    blocked_by: str | None = None
    notes: tuple[str, ...] = ()
    # Told only where something is made: what is there has been paid for knowingly.
    price: str | None = None

    @property
    def was_interrupted(self) -> bool:
        """Tell whether it was begun and only interrupted: it counts as failed, but nothing went wrong."""
        return self.error is not None and self.error.code == INTERRUPTED


@record
class Report:
    """What became of all resources, in manifest order."""

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
    second: Report | None = field(default=None, compare=False)

    def totals(self) -> dict[Status, int]:
        """Count the outcomes by status."""
        return {status: sum(outcome.status == status for outcome in self.outcomes) for status in STATUSES}

    @property
    def changes(self) -> list[tuple[str, Change]]:
        """Every change with the address it belongs to."""
        return [(outcome.address, change) for outcome in self.outcomes for change in outcome.changes]

    @property
    def failed(self) -> bool:
        return any(outcome.status in ("failed", "blocked") for outcome in self.outcomes)


def unknowns(value: object, path: str = "") -> Iterator[str]:
    """Yield the dotted paths at which `value` holds something that is not known yet."""
    if isinstance(value, Unknown):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from unknowns(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from unknowns(item, f"{path}.{index}" if path else str(index))


def digest(arguments: Mapping[str, object], unknown: Sequence[str] = ()) -> str:
    """Digest the arguments of a call without what stands at the `unknown` paths.

    A plan cannot know the ARN of a key that it would make; leaving out the same places when the call is made lets
    an approved plan be compared with what is done.
    """
    canonical = _plain(arguments, "", frozenset(unknown))
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any, path: str, holes: frozenset[str]) -> Any:
    if path in holes or isinstance(value, Unknown):
        return "?"
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{path}.{key}" if path else str(key), holes) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{path}.{index}" if path else str(index), holes) for index, item in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value
