"""Helpers for the recipes that take something away, each on its own: the order of a run is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from awsbase.engine.changes import Report
from awsbase.engine.kind import Kind, Kinds, nothing_early
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure import KINDS


def removing(address: str, recipe: Callable[[Run, Any], None] | None = None) -> Kinds:
    """Return kinds that take away what has this address, and leave all else alone."""

    def only(kind: Kind) -> Kind:
        def at_address(run: Run, want: Resource) -> None:
            remove = recipe or (kind.absent and kind.absent.remove)
            if want.address == address and remove:
                remove(run, want)

        return replace(kind, ensure=at_address, reads=nothing_early)

    return {resource: only(kind) for resource, kind in KINDS.items()}


def notes(report: Report) -> list[str]:
    """List what the report remarks."""
    return [note for outcome in report.outcomes for note in outcome.notes]
