"""Helpers for what takes things away: some of a manifest's resources go, as a run orders it or on their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from awsbase.engine.changes import Mode, Report
from awsbase.engine.kind import Kind, nothing_early
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure import KINDS
from awsbase.sandbox import Sandbox
from awsbase.testing.removal import away
from awsbase.testing.sample import go, problems, said

STAYS = "it stays"

Recipe = Callable[[Run, Any], object]


def take_away(sandbox: Sandbox, mode: Mode, resources: Sequence[Resource], *addresses: str) -> Report:
    """Plan or carry out the removal of some of a manifest's resources; of all, when none is named."""
    stays = {each.address: STAYS for each in resources if addresses and each.address not in addresses}
    return away(sandbox, mode, resources, stays=stays)


def take_all_away(sandbox: Sandbox, resources: Sequence[Resource], caller: str | None = None) -> list[str]:
    """Take all resources of a manifest away, and list what was said."""
    report = away(sandbox, "reconcile", resources, caller=caller)
    assert problems(report) == []
    return said(report)


def remove(
    sandbox: Sandbox,
    mode: Mode,
    resources: Sequence[Resource],
    address: str,
    recipe: Recipe | None = None,
    **other: Any,
) -> Report:
    """Plan or carry out that one resource is taken away, by its own recipe or another, whatever still uses it."""

    def alone(kind: Kind) -> Kind:
        def at_address(run: Run, want: Resource) -> None:
            chosen = recipe or (kind.absent and kind.absent.remove)
            if want.address == address and chosen:
                chosen(run, want)

        return replace(kind, ensure=at_address, reads=nothing_early)

    kinds = {resource: alone(kind) for resource, kind in KINDS.items()}
    report = go(sandbox, mode, resources, kinds=kinds, **other)
    return replace(report, outcomes=tuple(each for each in report.outcomes if each.address == address))


def notes(report: Report) -> list[str]:
    """List what a report remarks."""
    return [note for outcome in report.outcomes for note in outcome.notes]


def remarks(report: Report, *addresses: str) -> list[str]:
    """List what a report remarks, and about what: these addresses, or all but what was to stay anyway."""
    outcomes = [each for each in report.outcomes if not addresses or each.address in addresses]
    every = [f"{outcome.address}: {note}" for outcome in outcomes for note in outcome.notes]
    return [each for each in every if not each.endswith(f": {STAYS}")]
