"""A reconcile of a manifest or of an organization file: plan, ask, apply, and show."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from awsbase import session as sessions
from awsbase.engine.changes import Report
from awsbase.manifest.loaded import LoadedManifest
from awsbase.scripts.ahead import Ahead
from awsbase.scripts.ask import prompt
from awsbase.scripts.connect import connect
from awsbase.scripts.loaded import either
from awsbase.scripts.options import Options
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.session import Session, exit_code, plan_again
from awsbase.scripts.several import Several
from awsbase.view import document
from awsbase.view.totals import calls


def reconcile(
    ahead: Ahead,
    manifest: Path,
    options: Options,
    several: Several,
    *,
    yes: bool,
    approved: Path | None,
    only: tuple[str, ...],
    allow_risky: bool,
    patience: timedelta,
    strict: bool,
) -> int:
    """Reconcile a manifest, or each account of an organization file, and return the exit code."""
    loaded = either(ahead.take(), manifest, options, several)
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
    listed = sessions.approve(plan, loaded, sandbox=options.sandbox) if plan else None
    chosen = sessions.scope(plan, loaded, only) if plan else loaded.only(only)
    target = connect(options, loaded, chosen, ahead)
    session = Session(loaded, chosen, target, options, patience=patience, allow_risky=allow_risky)

    silent = yes or options.sandbox or listed is not None
    ask = None if silent else prompt(manifest, "--yes, or --approved PLAN")
    report, declined = sessions.reconcile(session, ask=ask, approved=listed)
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
