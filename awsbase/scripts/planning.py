"""The plan of a manifest or of an organization file: read, compare, show, and write to files."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from awsbase.disk import is_regular
from awsbase.engine.changes import Report
from awsbase.engine.risk import risky
from awsbase.errors import UsageError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.scripts.ahead import Ahead
from awsbase.scripts.comment import comment_of
from awsbase.scripts.connect import connect
from awsbase.scripts.loaded import either
from awsbase.scripts.options import Options, words_of
from awsbase.scripts.output import STDOUT, as_json, err, is_stdout, out, out_json
from awsbase.scripts.session import Session, exit_code, refuse
from awsbase.scripts.several import Several
from awsbase.view import document
from awsbase.view.stream import is_terminal
from awsbase.view.text import RED, TEAL, Line, render


def plan(
    ahead: Ahead,
    manifest: Path,
    options: Options,
    several: Several,
    *,
    output: Path | None,
    detailed_exitcode: bool,
    who: bool,
    only: tuple[str, ...],
    **commented: Any,
) -> int:
    """Plan a manifest, or each account of an organization file, and return the exit code."""
    if is_stdout(output):
        output = STDOUT
    loaded = either(ahead.take(), manifest, options, several)
    if not isinstance(loaded, LoadedManifest):
        from awsbase.scripts import fleet_local

        only_for_one(output, who=who, markdown=commented["markdown"])
        return fleet_local.plan(loaded, several, options, output=output, only=only, detailed_exitcode=detailed_exitcode)
    if output not in (None, STDOUT):
        document.check(output)
    comment = comment_of(**commented, stdout_is_taken=options.json or output == STDOUT)
    chosen = loaded.only(only)
    with comment.of_refusal(loaded):
        session = Session(loaded, chosen, connect(options, loaded, chosen, ahead), options)
        report = session.execute("plan", guarded=True, cache=session.target.cache())
    if who and not report.interrupted:
        report = session.with_authors(report)
    comment.write(report, loaded, only, sandbox=options.sandbox)
    result = document.document(report, sandbox=options.sandbox, only=only)

    if options.json or output == STDOUT:
        out_json(result)
    elif not comment.on_stdout:
        out(session.result(report, sys.stdout) + refused(report))
    if output not in (None, STDOUT) and not report.interrupted:
        document.save(as_json(result), output)
        if is_regular(output):
            err(f"plan written to {output}; {next_step(report, manifest, output, options, only)}\n")
    if not is_terminal(sys.stdout):
        refuse(report.refusals)

    code = exit_code(report)
    return 2 if detailed_exitcode and code == 0 and report.changes else code


def only_for_one(output: Path | None, *, who: bool, markdown: Path | None) -> None:
    """Raise UsageError for options that are about the plan of one account."""
    for given, option in ((output == STDOUT, "-o -"), (who, "--who"), (markdown, "--markdown")):
        if given:
            raise UsageError(
                f"{option} is about the plan of one account",
                hint="leave it out, or plan the manifest that `awsbase accounts show FILE NAME` prints",
            )


def refused(report: Report) -> str:
    """Return what a reconcile would refuse, each with what to do, as text; empty when there is nothing."""
    if not report.refusals:
        return ""
    lines = [Line(0, ""), Line(0, "reconcile would refuse this, and change nothing", style=f"bold {RED}")]
    for each in report.refusals:
        lines.append(Line(2, each.message, mark="✗", mark_style=f"bold {RED}"))
        lines += [Line(4, each.hint, mark="→", mark_style=TEAL)] if each.hint else []
    return render(lines, sys.stdout)


def next_step(report: Report, manifest: Path, plan: Path, options: Options, only: Sequence[str]) -> str:
    """Return what a saved plan is good for: the whole command that applies it."""
    if report.refusals:
        return "reconcile would refuse it"
    words = ["awsbase", "reconcile", str(manifest), "--approved", str(plan)]
    words += [*words_of(only=only), *options.of_account]
    words += ["--allow-risky"] if risky(report) else []
    return f"`{shlex.join(words)}` applies it and nothing else"
