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
    """Show how much of a standard MANIFEST and its account answer, control by control; only reads.

    A control is met, needs you, is not as the manifest says yet, or is not managed by it. In the sandbox the account
    is made first, as the manifest says.
    """
    wanted = read(manifest, options)
    target = connect(options, wanted)
    session = Session(wanted, wanted.resources, target, options)
    if options.sandbox:
        made = session.execute("reconcile")
        if made.failed:
            raise AwsbaseError("the sandbox could not be made as the manifest says", hint="try `awsbase reconcile`")
        if made.interrupted:
            return INTERRUPTED
    plan = session.execute("plan")
    if plan.interrupted:
        return INTERRUPTED
    with looking(target.account) as facts:
        rows = judge(STANDARDS[standard], wanted.resources, plan, facts, target.clock.now())
    if options.json:
        out_json(document(standard, rows, account=wanted.account, sandbox=options.sandbox))
    else:
        out(render(table(standard, rows), sys.stdout))
    return 0
