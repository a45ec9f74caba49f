"""The commands in hints, complete: with the profile and the manifest of the command that gives the hint."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from awsbase.engine.changes import Outcome, Report

# A command that somebody else runs is left alone: "alice runs `awsbase mfa create`".
COMMAND = re.compile(r"(?<!\bruns )`awsbase ([a-z][^`]*)`")
WITHOUT_PROFILE = (
    *(f"fleet {name}" for name in ("package", "retry", "run", "slow", "status", "work")),
    *("init", "schema", "explain", "sandbox", "completion", "help", "version", "keys credentials", "ci ids"),
)
WITH_MANIFEST = (
    *("reconcile", "plan", "validate", "graph", "permissions", "cost", "report", "outputs"),
    *("drill", "coverage", "bootstrap", "own", "unlock", "state backend", "ci workflow", "destroy", "prune"),
    *("backups rehearse", "mail rotate", "tools check", "tools lock"),
    *(f"bastion {name}" for name in ("up", "down", "status", "connect", "doctor")),
)


def complete(text: str, profile: str | None, manifest: str | None = None) -> str:
    """Return a text whose commands name this profile and manifest, unless they name one themselves."""
    return COMMAND.sub(lambda found: f"`awsbase {_with(found[1], profile, manifest)}`", text)


def _with(command: str, profile: str | None, manifest: str | None) -> str:
    path = next((each for each in WITH_MANIFEST if command == each or command.startswith(f"{each} -")), None)
    if manifest and path:
        command = f"{path} {shlex.quote(manifest)}{command.removeprefix(path)}"
    if not profile or command.startswith(WITHOUT_PROFILE) or "--profile" in command:
        return command
    # What stands behind two hyphens is the command of somebody else.
    own, hyphens, others = command.partition(" -- ")
    return f"{own} --profile {shlex.quote(profile)}{hyphens}{others}"


def completed(text: str) -> str:
    """Return a text whose commands name what the running command was given."""
    context = click.get_current_context(silent=True)
    invocation = context.find_root().obj if context else None
    return complete(text, invocation.profile, invocation.manifest) if invocation else text


def completed_report(report: Report) -> Report:
    """Return a report whose advice names what the running command was given."""
    outcomes = tuple(_outcome(each) for each in report.outcomes)
    actions = tuple(
        replace(each, steps=tuple(map(completed, each.steps)), probe=completed(each.probe))
        for each in report.manual_actions
    )
    return replace(report, outcomes=outcomes, manual_actions=actions)


def _outcome(outcome: Outcome) -> Outcome:
    error = outcome.error
    if error and error.hint:
        error = replace(error, hint=completed(error.hint))
    return replace(outcome, error=error, notes=tuple(map(completed, outcome.notes)))
