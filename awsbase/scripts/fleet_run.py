"""`awsbase fleet run`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awsbase.errors import UsageError
from awsbase.scripts.ask import prompt
from awsbase.scripts.fleet_hub import command as typed
from awsbase.scripts.fleet_hub import reached
from awsbase.scripts.options import ALLOW_RISKY, DEBUG, JSON
from awsbase.scripts.organization import ORGANIZATION, read_organization
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.several import split

if TYPE_CHECKING:
    from awsbase.fleet.stepfunctions.hub import Hub
    from awsbase.organization import Member, Organization


@click.command("run", short_help="Start a run on the engine of the hub.")
@ORGANIZATION
@click.option("--account", "accounts", multiple=True, metavar="NAME,...", help="Only these accounts.")
@click.option("--reconcile", is_flag=True, help="Apply the manifests; without it the run only plans.")
@click.option(
    "--approved",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="With --reconcile: apply only what these plans list.",
)
@ALLOW_RISKY
@click.option("--at-once", type=click.IntRange(1, 1000), metavar="N", help="So many accounts at once.")
@click.option("--tolerate", metavar="2%", help="Stop when more accounts fail than this share of them.")
@click.option("-y", "--yes", is_flag=True, help="Start without asking.")
@JSON
@DEBUG
def command(
    organization: Path,
    accounts: tuple[str, ...],
    reconcile: bool,
    approved: Path | None,
    allow_risky: bool,
    at_once: int | None,
    tolerate: str | None,
    yes: bool,
    json: bool,
    debug: bool,
) -> int:
    """Start a run on the engine of the hub: one account of ORG.YAML for each call of its function.

    It goes on when this command has ended, which prints the run's name. `awsbase fleet status RUN` shows how far it is.
    \f
    Raises UsageError for options that do not go together, or an account that does not let the hub in.
    """
    from datetime import UTC, datetime

    from awsbase.fleet.records import new_run
    from awsbase.fleet.stepfunctions import hub as hubs
    from awsbase.fleet.stepfunctions import runs

    if (approved or allow_risky) and not reconcile:
        option = "--approved" if approved else "--allow-risky"
        raise UsageError(f"{option} is about what is applied", hint="add --reconcile, or leave it out")
    found = read_organization(organization)
    hub = hubs.hub_of(found)
    plans = plans_of(approved) if approved else {}
    members = [each for each in chosen(found, hub, accounts) if not approved or each.name in plans]
    if not members:
        raise UsageError("no account is left to work on", hint="the hub is left out, and accounts without a plan are")
    hubs.check_access(hub, members)

    run = new_run(datetime.now(UTC))
    header = runs.Header(
        run,
        "reconcile" if reconcile else "plan",
        {each.name: each.entry.id for each in members},
        at_once or hub.fleet.at_once,
        share(tolerate) if tolerate else hub.fleet.tolerated,
    )
    cost = hubs.estimate(hub, len(members))
    err(f"{header.mode} {len(members)} accounts from {hub.member.name}, {header.at_once} at once; {cost}\n")
    if reconcile and not yes and not prompt(organization)(f"reconcile {len(members)} accounts? [y/N] "):
        err("nothing was started\n")
        return 1
    work = hubs.items(found, hub, members, run, header.mode, approved=plans, allow_risky=allow_risky)
    with reached(found, hub) as aws:
        execution = runs.start(aws, hub, header, work)
    if json:
        out_json({**header.document(), "execution": execution, "cost": cost.document()})
    else:
        out(f"run {run} has started\n")
        err(f"{typed('status', run, organization)} shows how far it is\n")
    return 0


def chosen(found: Organization, hub: Hub, accounts: Sequence[str]) -> list[Member]:
    """Return the accounts to work on, without the hub: a function that is running does not change itself."""
    members = found.chosen(split(accounts))
    if hub.member in members:
        hint = f"`awsbase plan {found.file} --account {hub.member.name}`"
        err(f"{hub.member.name} is the hub, and is left out: {hint}\n")
    return [each for each in members if each.name != hub.member.name]


def share(text: str) -> float:
    """Return how many of a hundred accounts may fail; raises UsageError for a number of accounts."""
    from awsbase.fleet.tolerance import tolerance

    found = tolerance(text)
    if not found.percent:
        raise UsageError(f"--tolerate {text} is no share of the accounts", hint="write 2%")
    return found.most


def plans_of(folder: Path) -> dict[str, dict[str, object]]:
    """Return the approved plans of a folder by account; raises UsageError for plans of the sandbox."""
    from awsbase.fleet.plans import read

    found = read(folder)
    if found.sandbox:
        raise UsageError("the approved plans were made in the sandbox", hint="plan again without --sandbox")
    return {name: dict(plan) for name, plan in found.accounts.items()}
