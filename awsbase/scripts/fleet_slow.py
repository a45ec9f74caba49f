"""`awsbase fleet slow`."""

from __future__ import annotations

from pathlib import Path

import click

from awsbase.scripts.fleet_hub import of_run, reached
from awsbase.scripts.organization import read_organization
from awsbase.scripts.output import out, out_json


@click.command("slow", short_help="Change how many accounts a run works on at once.")
@of_run
@click.argument("number", metavar="N", type=click.IntRange(1, 1000))
def command(run: str, number: int, organization: Path, json: bool, debug: bool) -> None:
    """Let RUN work on N accounts at once from now on; what is under way goes on."""
    from awsbase.fleet.stepfunctions import hub as hubs
    from awsbase.fleet.stepfunctions import runs

    found = read_organization(organization)
    hub = hubs.hub_of(found)
    with reached(found, hub) as aws:
        before = runs.slow(aws, hub, run, number)
    if json:
        out_json({"schema": 1, "run": run, "at_once": number, "before": before})
    else:
        out(f"run {run} works on {number} accounts at once" + (f", before {before}" if before else "") + "\n")
