"""`awsbase coverage`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from awsbase.coverage import STANDARDS, judge
from awsbase.errors import AwsbaseError
from awsbase.scripts.connect import connect, looking
from awsbase.scripts.interrupt import INTERRUPTED
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import out, out_json
from awsbase.scripts.session import Session
from awsbase.view.coverage import document, table
from awsbase.view.text import render


@click.command("coverage")
@MANIFEST
@click.option(
    "--standard", type=click.Choice(list(STANDARDS)), default="cis-3", show_default=True, help="What to compare with."
)
@common
def command(options: Options, manifest: Path, standard: str) -> int:
    """Show how much of a standard MANIFEST and its account meet, control by control; only reads.

    A control is met, needs you, is not yet as the manifest says, or is not managed by it. In the sandbox the account
    is reconciled first.
    \f
    Raises AwsbaseError when the sandbox cannot be reconciled.
    """
    loaded = read(manifest, options)
    target = connect(options, loaded)
    session = Session(loaded, loaded.resources, target, options)
    if options.sandbox:
        report = session.execute("reconcile")
        if report.failed:
            raise AwsbaseError("the sandbox could not be reconciled with the manifest", hint="try `awsbase reconcile`")
        if report.interrupted:
            return INTERRUPTED
    plan = session.execute("plan")
    if plan.interrupted:
        return INTERRUPTED
    with looking(target.account) as facts:
        rows = judge(STANDARDS[standard], loaded.resources, plan, facts, target.clock.now())
    if options.json:
        out_json(document(standard, rows, account=loaded.account, sandbox=options.sandbox))
    else:
        out(render(table(standard, rows), sys.stdout))
    return 0
