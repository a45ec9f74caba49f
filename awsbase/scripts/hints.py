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
COMMAND = re.compile(r"(?<!\bruns )`awsbase ([^`]*)`")
WITHOUT_PROFILE = ("init", "schema", "explain", "sandbox", "completion", "help", "keys credentials")
WITH_MANIFEST = (
    *("reconcile", "plan", "validate", "graph", "permissions", "cost", "report", "outputs"),
    *("drill", "coverage", "bootstrap", "own", "unlock", "state backend"),
    *(f"bastion {name}" for name in ("up", "down", "status", "connect", "doctor")),
)


def complete(text: str, profile: str | None, manifest: str | None = None) -> str:
    """Return a text whose commands name this profile and manifest, unless they name one themselves."""
    return COMMAND.sub(lambda found: f"`awsbase {_with(found[1], profile, manifest)}`", text)


def _with(command: str, profile: str | None, manifest: str | None) -> str:
    if manifest and command in WITH_MANIFEST:
        command += f" {shlex.quote(manifest)}"
    takes_profile = not command.startswith(WITHOUT_PROFILE) and "--profile" not in command
    return f"{command} --profile {shlex.quote(profile)}" if profile and takes_profile else command


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
