"""`awsbase reconcile`."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from awsbase.engine.changes import Report
from awsbase.people import durations
from awsbase.scripts.ask import ask, somebody
from awsbase.scripts.connect import connect
from awsbase.scripts.loaded import read
from awsbase.scripts.options import LOCK_TIMEOUT, LOOSENING, MANIFEST, ONLY, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.session import Session, approve, exit_code, look_again, reconcile
from awsbase.view import document
from awsbase.view.tree import calls


@click.command("reconcile")
@MANIFEST
@click.option("--yes", is_flag=True, help="Apply without asking.")
@click.option(
    "--approved",
    type=click.Path(path_type=Path),
    metavar="PLAN.json",
    help="Apply only what this plan lists, as `awsbase plan -o` wrote it.",
)
@ONLY
@LOOSENING
@LOCK_TIMEOUT
@click.option("--strict", is_flag=True, help="Exit 3 when something is left that only a person can do.")
@common
def command(
    options: Options,
    manifest: Path,
    yes: bool,
    approved: Path | None,
    only: tuple[str, ...],
    allow_risky: bool,
    lock_timeout: str,
    strict: bool,
) -> int:
    """Make the account as MANIFEST says.

    On a terminal it shows the plan and asks first; with --yes, or without a terminal, it applies at once.
    """
    patience = timedelta(seconds=durations.seconds(lock_timeout))
    plan = document.read(approved) if approved else None
    wanted = read(manifest, options)
    chosen = wanted.only(only)
    listed = approve(plan, wanted, sandbox=options.sandbox) if plan else None
    session = Session(wanted, chosen, connect(options, wanted), options, patience, allow_risky)

    silent = yes or options.sandbox or listed is not None or not somebody()
    report, declined = reconcile(session, ask=None if silent else ask, approved=listed)
    if options.sandbox and not report.interrupted:
        report = look_again(session, report)

    if options.json:
        out_json(document.document(report, sandbox=options.sandbox))
    elif not declined:
        out(session.shown(report, sys.stdout) + remark(session, report))
    if declined:
        err("declined, nothing was changed\n")
        return 1
    return exit_code(report, strict=strict)


def remark(session: Session, report: Report) -> str:
    """Say that there was nothing to do, or what the second plan of the sandbox says."""
    lines = ""
    if not report.changes and not report.failed and not report.interrupted:
        lines += "nothing to do for awsbase\n" if report.manual_actions else "nothing to do\n"
    if report.second is None:
        return lines
    if report.failed:
        return lines + f"second plan: what failed is still to be done, {calls(report.second)}\n"
    if report.second.changes or report.second.failed:
        return lines + "second plan: not empty, which is a bug in awsbase\n" + session.shown(report.second, sys.stdout)
    return lines + f"second plan: nothing to do, {calls(report.second)}\n"
