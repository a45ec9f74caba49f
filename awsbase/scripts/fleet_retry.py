"""`awsbase fleet retry`."""

from __future__ import annotations

from pathlib import Path

import click

from awsbase.scripts.fleet_hub import command as typed
from awsbase.scripts.fleet_hub import of_run, reached
from awsbase.scripts.organization import read_organization
from awsbase.scripts.output import err, out, out_json
from awsbase.view.plurals import counted


@click.command("retry", short_help="Restart the accounts of a run that failed.")
@of_run
def command(run: str, organization: Path, json: bool, debug: bool) -> int:
    """Restart the accounts of RUN that failed, or that have no result; nothing is done again in the others.

    Step Functions restarts what failed within 14 days, with the definition that the run began with. Where it cannot, a
    new execution gets the accounts that are left.
    """
    from awsbase.fleet.stepfunctions import hub as hubs
    from awsbase.fleet.stepfunctions import runs

    found = read_organization(organization)
    hub = hubs.hub_of(found)
    with reached(found, hub) as aws:
        retried = runs.retry(aws, hub, run)
    if json:
        out_json(
            {
                "schema": 1,
                "run": run,
                "accounts": list(retried.accounts),
                "execution": retried.execution or None,
                "redriven": retried.redrive,
            }
        )
        return 0
    if not retried.accounts:
        out(f"run {run} has nothing left to do\n")
        return 0
    how = "by a redrive" if retried.redrive else f"by {retried.execution}, since {retried.why}"
    out(f"{counted(len(retried.accounts), 'account')} restarted {how}\n")
    err(f"{typed('status', run, organization)} shows how far it is\n")
    return 0
