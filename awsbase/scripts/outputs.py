"""`awsbase outputs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from awsbase.engine.changes import Outcome, is_whole_resource, unknowns
from awsbase.engine.execution import select
from awsbase.engine.references import Reference
from awsbase.manifest import outputs
from awsbase.manifest.outputs import Output
from awsbase.scripts.connect import connect
from awsbase.scripts.interrupt import INTERRUPTED
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import err, is_stdout, out_document
from awsbase.scripts.session import Session
from awsbase.view import document
from awsbase.view.outputs import Format, Given, render


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
@common
def command(options: Options, manifest: Path, style: Format, output: Path | None, complete: bool) -> int:
    """Print the ids, ARNs and names that others need of MANIFEST, by its own names; only reads.

    Values of secrets are never among them.
    """
    if is_stdout(output):
        output = None
    if output:
        document.check(output)
    loaded = read(manifest, options)
    wanted = outputs(loaded.manifest)
    known = {each.address for each in loaded.resources}
    needed = [each.address for each in wanted if each.address in known]
    results: dict[str, Any] = {}
    session = Session(loaded, select(loaded.resources, needed), connect(options, loaded), options)
    report = session.execute("plan", results=results)
    if report.interrupted:
        return INTERRUPTED

    given = evaluate(wanted, {outcome.address: outcome for outcome in report.outcomes}, results)
    text = render("json" if options.json else style, given)
    if output:
        document.save(text, output)
    else:
        out_document(text)
    absent = [each for each in given if each.value is None]
    for each in absent:
        label = each.output.name if each.output.key is None else f"{each.output.name}.{each.output.key}"
        err(f"{label} is left out: {each.why}\n")
    failed = any(outcome.error for outcome in report.outcomes)
    return 1 if failed or (complete and absent) else 0


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
