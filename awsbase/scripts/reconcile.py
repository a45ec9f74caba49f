"""`awsbase reconcile`."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from awsbase.engine.changes import Report
from awsbase.manifest.loaded import LoadedManifest
from awsbase.people import durations
from awsbase.scripts.ask import prompt
from awsbase.scripts.connect import Ahead, connect
from awsbase.scripts.loaded import read_either
from awsbase.scripts.options import ALLOW_RISKY, LOCK_TIMEOUT, MANIFEST, ONLY, Options, common, detailed
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.session import Session, exit_code, plan_again
from awsbase.scripts.several import Several, runs_several
from awsbase.session import approve, reconcile, scope
from awsbase.view import document
from awsbase.view.totals import calls


@click.command("reconcile")
@MANIFEST
@click.option("-y", "--yes", is_flag=True, help="Apply without asking.")
@click.option(
    "--approved",
    type=click.Path(path_type=Path),
    metavar="PLAN",
    help="Apply only what this plan lists, as `awsbase plan -o` wrote it.",
)
@ONLY
@ALLOW_RISKY
@LOCK_TIMEOUT
@click.option("--strict", is_flag=True, help="Exit 3 when a manual action is left.")
@runs_several(waves=True)
@common
@detailed
def command(
    options: Options,
    several: Several,
    manifest: Path,
    yes: bool,
    approved: Path | None,
    only: tuple[str, ...],
    allow_risky: bool,
    lock_timeout: str,
    strict: bool,
) -> int:
    """Bring the account to the state of MANIFEST.

    It shows the plan and asks on the terminal first. Without a terminal it needs --yes or --approved. For an
    organization file it plans every account, asks once, and applies all plans; --approved names a folder of plans.
    """
    patience = timedelta(seconds=durations.seconds(lock_timeout))
    ahead = Ahead(options)
    loaded = read_either(manifest, options, several, meanwhile=ahead.begin)
    if not isinstance(loaded, LoadedManifest):
        from awsbase.scripts import fleet_local

        return fleet_local.reconcile(
            loaded,
            several,
            options,
            yes=yes,
            approved=approved,
            only=only,
            allow_risky=allow_risky,
            patience=patience.total_seconds(),
            strict=strict,
        )
    plan = document.read(approved) if approved else None
    listed = approve(plan, loaded, sandbox=options.sandbox) if plan else None
    chosen = scope(plan, loaded, only) if plan else loaded.only(only)
    target = connect(options, loaded, chosen, ahead)
    session = Session(loaded, chosen, target, options, patience=patience, allow_risky=allow_risky)

    silent = yes or options.sandbox or listed is not None
    ask = None if silent else prompt(manifest, "--yes, or --approved PLAN")
    report, declined = reconcile(session, ask=ask, approved=listed)
    if options.sandbox and not report.interrupted:
        report = plan_again(session, report)

    if options.json:
        out_json(document.document(report, sandbox=options.sandbox, only=plan.only if plan else only))
    elif not declined:
        out(session.result(report, sys.stdout) + remark(session, report))
    if declined:
        err("declined, nothing was changed\n")
        return 1
    return exit_code(report, strict=strict)


def remark(session: Session, report: Report) -> str:
    """Return a remark: that there was nothing to do, or the result of the sandbox's second plan."""
    lines = ""
    if session.options.quiet and not (report.second and (report.second.changes or report.second.failed)):
        return lines
    if not report.changes and not report.failed and not report.interrupted:
        lines += "nothing to do for awsbase\n" if report.manual_actions else "nothing to do\n"
    if report.second is None:
        return lines
    if report.failed:
        return lines + f"second plan: the failed changes remain, {calls(report.second)}\n"
    if report.second.changes or report.second.failed:
        return lines + "second plan: not empty, which is a bug in awsbase\n" + session.shown(report.second, sys.stdout)
    return lines + f"second plan: nothing to do, {calls(report.second)}\n"
