"""`awsbase coverage`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from awsbase.coverage import STANDARDS, Row, judge
from awsbase.engine.changes import Report
from awsbase.errors import AwsbaseError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.scripts.connect import connect, looking
from awsbase.scripts.interrupt import INTERRUPTED
from awsbase.scripts.loaded import read_either
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import out, out_json
from awsbase.scripts.session import Session
from awsbase.scripts.several import Several, takes_accounts
from awsbase.view.coverage import document, table, table_of_accounts
from awsbase.view.text import render

if TYPE_CHECKING:
    from awsbase.organization import Organization

SCHEMA = 1
STANDARD = click.option(
    "--standard", type=click.Choice(list(STANDARDS)), default="cis-3", show_default=True, help="What to compare with."
)


@click.command("coverage")
@MANIFEST
@STANDARD
@takes_accounts
@common
def command(options: Options, several: Several, manifest: Path, standard: str) -> int:
    """Show how much of a standard MANIFEST and its account meet, control by control; only reads.

    A control is met, needs you, is not yet as the manifest says, or is not managed by it. In the sandbox the account
    is reconciled first. Of an organization file it shows each control once, with the accounts where it differs.
    \f
    Raises AwsbaseError when the sandbox cannot be reconciled.
    """
    loaded = read_either(manifest, options, several)
    if not isinstance(loaded, LoadedManifest):
        return accounts(loaded, several, options, standard)
    session = Session(loaded, loaded.resources, connect(options, loaded), options)
    _, rows = judged(session, standard)
    if options.json:
        out_json(document(standard, rows, account=loaded.account, sandbox=options.sandbox))
    else:
        out(render(table(standard, rows), sys.stdout))
    return 0


def accounts(organization: Organization, several: Several, options: Options, standard: str) -> int:
    """Print how much of a standard the accounts of an organization meet."""
    from awsbase.scripts.each import reach_all

    reached = reach_all(organization, several.chosen(organization), options)
    rows = {each.name: judged(each.session, standard)[1] for each in reached}
    if options.json:
        of = {each.name: each.session.loaded.account for each in reached}
        documents = {
            name: document(standard, found, account=of[name], sandbox=options.sandbox) for name, found in rows.items()
        }
        out_json({"schema": SCHEMA, "standard": standard, "accounts": documents})
    else:
        out(render(table_of_accounts(standard, rows), sys.stdout))
    return 0


def judged(session: Session, standard: str) -> tuple[Report, list[Row]]:
    """Return the plan of an account, and the verdict on each control; the sandbox's is reconciled first.

    Raises AwsbaseError when the sandbox cannot be reconciled, and Exit when the run is interrupted.
    """
    if session.options.sandbox:
        # Nobody is in the sandbox whom a change could let in, or keep out.
        report = session.execute("reconcile", allow_risky=True)
        if report.failed:
            raise AwsbaseError(
                "the sandbox could not be reconciled with the manifest", hint="`awsbase reconcile --sandbox` says why"
            )
        if report.interrupted:
            raise Exit(INTERRUPTED)
    plan = session.execute("plan")
    if plan.interrupted:
        raise Exit(INTERRUPTED)
    target = session.target
    with looking(target.account) as facts:
        return plan, judge(STANDARDS[standard], session.resources, plan, facts, target.clock.now())
