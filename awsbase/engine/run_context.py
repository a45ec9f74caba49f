"""What all resources of one run share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from awsbase.engine.run import none

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from awsbase.engine.changes import Change, Mode
    from awsbase.engine.clock import Clock
    from awsbase.engine.resource import Resource
    from awsbase.engine.run import Approved, Observer
    from awsbase.engine.wire import Wire

# Services that refuse a write while another one of the account is under way.
SERIAL = ("organizations",)


@dataclass
class RunContext:
    """What all resources of one run share."""

    mode: Mode
    wire: Wire
    clock: Clock
    observer: Observer
    stop: threading.Event
    approved: Approved | None
    allow_risky: bool = True
    before_write: Callable[[], None] = lambda: None
    """Called before each write: raises when this run must not write any more."""
    one_by_one: Mapping[str, threading.Lock] = field(
        default_factory=lambda: {name: threading.Lock() for name in SERIAL}
    )
    """A lock for each service that takes one write at a time."""
    results: dict[str, Any] = field(default_factory=dict)
    touched: dict[str, datetime] = field(default_factory=dict)
    resources: Sequence[Resource] = ()
    """All resources of the run: together they may want more than AWS takes in one place."""
    manifest: str = ""
    """The fingerprint of the manifest; empty when there is none, and then nothing is left over from another run."""
    derived: dict[Any, tuple[Any, Any]] = field(default_factory=dict)
    deriving: threading.Lock = field(default_factory=threading.Lock)
    applies: Callable[[str, Change], bool] = none
    """Which changes of which address a plan applies nevertheless; it approves them, and all others stay planned."""
    removing: bool = False
    """Whether things are taken away: then what is gone already is no failure."""
    gone: set[str] = field(default_factory=set)
    """The addresses of what this run has taken away, or plans to."""
    pool: Executor | None = None
    """Threads that help with what a recipe does side by side; without any it is done in turn."""
