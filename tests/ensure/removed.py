"""Helpers for what takes a resource away again: against the sandbox, on its own, whatever order a run gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.kind import Kind, nothing_early
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.ensure import KINDS
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import account


def remove(
    sandbox: Sandbox, mode: Mode, resources: Sequence[Resource], *addresses: str, caller: str | None = None
) -> Report:
    """Plan or carry out that these addresses, of these resources, are taken away."""

    def without(kind: Kind) -> Kind:
        def recipe(run: Run, want: Any) -> None:
            if want.address in addresses and kind.absent and kind.absent.remove:
                kind.absent.remove(run, want)

        return replace(kind, ensure=recipe, reads=nothing_early)

    kinds = {type(each): without(KINDS[type(each)]) for each in resources}
    report = execute(mode, resources, kinds, account(sandbox, caller), clock=sandbox.clock)
    return replace(report, outcomes=tuple(each for each in report.outcomes if each.address in addresses))


def notes(report: Report) -> list[str]:
    """List what the report remarks."""
    return [note for outcome in report.outcomes for note in outcome.notes]
