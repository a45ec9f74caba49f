"""`awsbase fleet status`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awsbase.scripts.fleet_hub import command as typed
from awsbase.scripts.fleet_hub import of_run, reached
from awsbase.scripts.organization import read_organization
from awsbase.scripts.output import err, out, out_json
from awsbase.view.plurals import counted

if TYPE_CHECKING:
    from awsbase.fleet.stepfunctions.runs import Standing

# In the order in which people want to know.
STATUSES = ("unchanged", "changes", "done", "failed", "refused", "unreachable")


@click.command("status", short_help="Show how far a run is, and who has failed.")
@of_run
def command(run: str, organization: Path, json: bool, debug: bool) -> int:
    """Show how far RUN is: accounts done, failing, and left, and why each of those has failed.

    Exit 0: it goes on, or all is done. 1: more failed than is tolerated. 4: within the tolerance, but not all.
    """
    from awsbase.fleet.stepfunctions import hub as hubs
    from awsbase.fleet.stepfunctions import runs

    found = read_organization(organization)
    hub = hubs.hub_of(found)
    with reached(found, hub) as aws:
        standing = runs.standing(aws, hub, run)
    if json:
        out_json(document(standing))
    else:
        out("".join(f"{line}\n" for line in lines(standing)))
        if standing.left and not standing.running:
            left = counted(len(standing.left), "account")
            err(f"{typed('retry', run, organization)} restarts {left}\n")
    return standing.exit


def ended(standing: Standing) -> dict[str, int]:
    """Return how many accounts ended how."""
    counts = {status: sum(each.status == status for each in standing.results.values()) for status in STATUSES}
    return {**counts, "without result": len(standing.header.accounts) - len(standing.results)}


def lines(standing: Standing) -> list[str]:
    """Return how far a run is, in lines for people."""
    header, last = standing.header, standing.executions[-1]
    told = ", ".join(f"{number} {status}" for status, number in ended(standing).items() if number)
    state = "goes on" if standing.running else last.status.lower().replace("_", " ")
    found = [f"run {header.run}: {header.mode}, {counted(len(header.accounts), 'account')}: {told}"]
    more = f", {last.error}" if last.error else ""
    more += f", {last.at_once} at once" if last.at_once and standing.running else ""
    found.append(f"{last.name} {state}{more}")
    if standing.running and last.counts:
        found.append(f"{last.counts['running']} under way, {last.counts['pending']} waiting")
    for name, result in standing.results.items():
        if result.failing:
            found.append(f"  ✗ {name} ({result.id}): {result.status}: {result.message or 'see its report'}")
            found += [f"    → {result.hint}"] if result.hint else []
    return found


def document(standing: Standing) -> dict[str, Any]:
    """Return how far a run is as JSON values; the results are without their reports."""
    header = standing.header
    return {
        **header.document(),
        "running": standing.running,
        "exit": standing.exit,
        "totals": {name.replace(" ", "_"): number for name, number in ended(standing).items()},
        "left": standing.left,
        "executions": [
            {
                "name": each.name,
                "arn": each.arn,
                "status": each.status,
                "error": each.error or None,
                "redriven": each.redriven,
                "counts": dict(each.counts),
            }
            for each in standing.executions
        ],
        "results": {name: {**each.document(), "report": None} for name, each in standing.results.items()},
    }
