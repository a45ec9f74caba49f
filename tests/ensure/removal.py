"""Helpers for the recipes that take something away: one resource after the other, the last one of a manifest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from awsbase.engine.changes import Mode, Report
from awsbase.engine.kind import Kinds
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure import KINDS
from awsbase.sandbox import Sandbox
from tests.contract.sample import go, problems, said


def removing(*addresses: str) -> Kinds:
    """Return the kinds with recipes that take away what has one of these addresses, and leave the rest."""
    return {kind: replace(known, ensure=removal(known.absent, addresses)) for kind, known in KINDS.items()}


def removal(absent: Any, addresses: Sequence[str]) -> Callable[[Run, Any], None]:
    """Return the recipe of one kind."""

    def remove(run: Run, want: Any) -> None:
        if want.address in addresses and absent and absent.remove:
            absent.remove(run, want)

    return remove


def take_away(
    sandbox: Sandbox, mode: Mode, resources: Sequence[Resource], *addresses: str, caller: str | None = None
) -> Report:
    """Plan or carry out the removal of some of a manifest's resources; of all, when none is named."""
    named = addresses or tuple(each.address for each in resources)
    return go(sandbox, mode, resources, kinds=removing(*named), caller=caller)


def take_all_away(sandbox: Sandbox, resources: Sequence[Resource], caller: str | None = None) -> list[str]:
    """Remove all resources of a manifest, the last one first, and list what was said."""
    done: list[str] = []
    for resource in reversed(resources):
        report = take_away(sandbox, "reconcile", resources, resource.address, caller=caller)
        assert problems(report) == []
        done += said(report)
    return done


def notes(report: Report) -> list[str]:
    """List what a report remarks."""
    return [f"{outcome.address}: {note}" for outcome in report.outcomes for note in outcome.notes]
