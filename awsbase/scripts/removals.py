"""What `awsbase destroy` and `awsbase prune` have in common: their options, and how a plan is shown or carried out."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from awsbase.disk import is_regular
from awsbase.engine.changes import Report
from awsbase.engine.run import Approved
from awsbase.errors import UsageError
from awsbase.scripts.ask import prompt
from awsbase.scripts.output import STDOUT, as_json, err, is_stdout, out, out_json
from awsbase.scripts.session import Session, exit_code
from awsbase.session import reconcile
from awsbase.view import document

PLAN = click.option("--plan", "plan_only", is_flag=True, help="Only show what would be deleted.")
OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PLAN.json",
    help="With --plan: also write it to a file, which --approved takes; - is stdout.",
)
APPROVED = click.option(
    "--approved",
    type=click.Path(path_type=Path),
    metavar="PLAN.json",
    help="Delete only what this plan lists, as --plan -o wrote it, and do not ask.",
)

Told = Callable[[Report], Mapping[str, object]]


def carry_out(
    session: Session,
    approved: Approved | None,
    told: Told,
    *,
    plan_only: bool,
    output: Path | None,
    more: Sequence[str] = (),
) -> int:
    """Show the plan of a removal, or ask for consent and carry it out; return the exit code.

    `told` returns a report as JSON, and `more` are the options that the command was given. Raises UsageError for
    options that contradict each other.
    """
    if output and not plan_only:
        raise UsageError("-o writes a plan", hint="add --plan")
    if plan_only and approved is not None:
        raise UsageError("--approved carries out a plan, and --plan only shows one", hint="leave one of them out")
    if plan_only:
        return show_plan(session, told, STDOUT if is_stdout(output) else output, more)
    ask = None if approved is not None else prompt(session.manifest, "--approved PLAN")
    report, declined = reconcile(session, ask=ask, approved=approved)
    if session.options.json:
        out_json(told(report))
    elif not declined:
        out(session.result(report, sys.stdout) + nothing(session, report))
    if declined:
        err("declined, nothing was changed\n")
        return 1
    return exit_code(report)


def show_plan(session: Session, told: Told, output: Path | None, more: Sequence[str]) -> int:
    """Show the plan of a removal, and write it to a file if one is named; return the exit code."""
    if output not in (None, STDOUT):
        document.check(output)
    report = session.execute("plan")
    if session.options.json or output == STDOUT:
        out_json(told(report))
    else:
        out(session.result(report, sys.stdout) + nothing(session, report))
    if output not in (None, STDOUT) and not report.interrupted:
        document.save(as_json(told(report)), output)
        if is_regular(output):
            words = ["awsbase", report.goal, session.loaded.file, "--approved", str(output), *more]
            words += session.options.of_account
            err(f"plan written to {output}; `{shlex.join(words)}` deletes what it lists and nothing else\n")
    return exit_code(report)


def nothing(session: Session, report: Report) -> str:
    """Return a remark when there is nothing to delete."""
    idle = not (report.changes or report.failed or report.interrupted)
    return "nothing to do\n" if idle and not session.options.quiet else ""
