"""`awsbase plan`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from awsbase.disk import is_regular
from awsbase.scripts.comment import comment_of, comment_options
from awsbase.scripts.connect import connect
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, ONLY, Options, common, detailed
from awsbase.scripts.output import ALSO_STDOUT, STDOUT, as_json, err, out, out_json
from awsbase.scripts.session import Session, exit_code
from awsbase.view import document


@click.command("plan")
@MANIFEST
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PLAN.json", help="Write the plan to a file.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 0: nothing to do, 2: changes, 1: any error.")
@click.option("--who", is_flag=True, help="Say who changed what differs, by CloudTrail's last 90 days.")
@comment_options
@ONLY
@common
@detailed
def command(
    options: Options,
    manifest: Path,
    output: Path | None,
    detailed_exitcode: bool,
    who: bool,
    only: tuple[str, ...],
    **commented: Any,
) -> int:
    """Show the changes that reconcile would make for MANIFEST; only reads."""
    if output in ALSO_STDOUT:
        output = STDOUT
    if output not in (None, STDOUT):
        document.check(output)
    comment = comment_of(**commented, stdout_is_taken=options.json or output == STDOUT)
    loaded = read(manifest, options)
    chosen = loaded.only(only)
    with comment.of_refusal(loaded):
        session = Session(loaded, chosen, connect(options, loaded), options)
        report = session.execute("plan", guarded=True)
    if who and not report.interrupted:
        report = session.with_authors(report)
    comment.write(report, loaded, only, sandbox=options.sandbox)
    result = document.document(report, sandbox=options.sandbox)

    if options.json or output == STDOUT:
        out_json(result)
    elif not comment.on_stdout:
        out(session.result(report, sys.stdout))
    if output not in (None, STDOUT) and not report.interrupted:
        document.save(as_json(result), output)
        if is_regular(output):
            apply = f"awsbase reconcile {manifest} --approved {output}"
            err(f"plan written to {output}; `{apply}` applies it and nothing else\n")

    code = exit_code(report)
    return 2 if detailed_exitcode and code == 0 and report.changes else code
