"""`awsbase outputs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from awsbase.engine.changes import Outcome, Report, is_whole_resource, unknowns
from awsbase.engine.dependencies import select
from awsbase.engine.references import Reference
from awsbase.errors import UsageError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.manifest.manifest import outputs
from awsbase.manifest.outputs import Output
from awsbase.scripts.connect import connect
from awsbase.scripts.interrupt import INTERRUPTED
from awsbase.scripts.loaded import read_either
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import err, is_stdout, out_document
from awsbase.scripts.session import Session
from awsbase.scripts.several import Several, takes_accounts
from awsbase.view import document
from awsbase.view.outputs import Format, Given, render, render_accounts


@click.command("outputs")
@MANIFEST
@click.option(
    "--format",
    "style",
    type=click.Choice(["json", "tfvars", "env", "tf"]),
    default="json",
    show_default=True,
    help="JSON, values of Terraform's variables, exports for a shell, or data sources.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write them to a file.")
@click.option("--complete", is_flag=True, help="Exit 1 when something of the manifest is not there.")
@takes_accounts
@common
def command(
    options: Options, several: Several, manifest: Path, style: Format, output: Path | None, complete: bool
) -> int:
    """Print the ids, ARNs and names that others need of MANIFEST, by its own names; only reads.

    Values of secrets are never among them. Those of an organization file stand below the names of its accounts.
    \f
    Raises UsageError for a format that is about one account.
    """
    if is_stdout(output):
        output = None
    if output:
        document.check(output)
    loaded = read_either(manifest, options, several)
    style = "json" if options.json else style
    if isinstance(loaded, LoadedManifest):
        report, given = looked_up(Session(loaded, loaded.resources, connect(options, loaded), options))
        text, found = render(style, given), {"": (report, given)}
    else:
        from awsbase.scripts.each import reach_all

        members = several.chosen(loaded)
        if style in ("env", "tf") and len(members) > 1:
            raise UsageError(f"--format {style} is about one account", hint="choose one with --account")
        found = {each.name: looked_up(each.session) for each in reach_all(loaded, members, options)}
        text = render_accounts(style, {name: given for name, (_, given) in found.items()})
    if any(report.interrupted for report, _ in found.values()):
        return INTERRUPTED
    if output:
        document.save(text, output)
    else:
        out_document(text)
    absent = [(name, each) for name, (_, given) in found.items() for each in given if each.value is None]
    for name, each in absent:
        label = each.output.name if each.output.key is None else f"{each.output.name}.{each.output.key}"
        err(f"{f'{name}: ' if name else ''}{label} is left out: {each.why}\n")
    failed = any(outcome.error for report, _ in found.values() for outcome in report.outcomes)
    return 1 if failed or (complete and absent) else 0


def looked_up(session: Session) -> tuple[Report, list[Given]]:
    """Return the plan of what the outputs of a manifest need, and the outputs as the account has them now."""
    wanted = outputs(session.loaded.manifest)
    known = {each.address for each in session.resources}
    needed = [each.address for each in wanted if each.address in known]
    results: dict[str, Any] = {}
    report = replace(session, resources=select(session.resources, needed)).execute("plan", results=results)
    return report, evaluate(wanted, {outcome.address: outcome for outcome in report.outcomes}, results)


def evaluate(wanted: Sequence[Output], outcomes: Mapping[str, Outcome], results: Mapping[str, Any]) -> list[Given]:
    """Return each output with its value as the account has it now."""
    return [value_of(each, outcomes, results) for each in wanted]


def value_of(output: Output, outcomes: Mapping[str, Outcome], results: Mapping[str, Any]) -> Given:
    """Return one output with its value, or with why there is none."""
    address = output.address
    if address is not None and (why := absence(address, outcomes)):
        return Given(output, None, why)
    if not isinstance(output.value, Reference):
        return Given(output, output.value)
    value = results.get(output.value.address)
    if output.value.part is not None and isinstance(value, Mapping):
        value = value.get(output.value.part)
    elif isinstance(value, Mapping):
        value = value.get("id")
    if value is None or any(True for _ in unknowns(value)):
        return Given(output, None, f"{address} is not there")
    return Given(output, str(value))


def absence(address: str, outcomes: Mapping[str, Outcome]) -> str:
    """Return why a resource is not there; empty when it is."""
    outcome = outcomes.get(address)
    if outcome is None:
        return f"{address} is not managed here"
    if outcome.error:
        return f"{address}: {outcome.error.code}: {outcome.error.message}"
    if outcome.blocked_by:
        return f"{address} could not be read: {outcome.blocked_by} failed"
    if any(change.action == "create" and is_whole_resource(address, change) for change in outcome.changes):
        return f"{address} is not there yet: `awsbase reconcile` makes it"
    return ""
