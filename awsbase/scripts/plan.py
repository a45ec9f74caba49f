"""`awsbase plan`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from awsbase.disk import is_regular
from awsbase.errors import AwsbaseError, UsageError
from awsbase.scripts.connect import connect
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, ONLY, Options, common
from awsbase.scripts.output import as_json, err, out, out_json
from awsbase.scripts.session import Session, exit_code
from awsbase.view import document
from awsbase.view.markdown import LIMIT, LONGEST, SHORTEST, refusal
from awsbase.view.markdown import markdown as as_markdown

STDOUT = Path("-")
ALSO_STDOUT = (Path("/dev/stdout"), Path("/dev/fd/1"), Path("/proc/self/fd/1"))


@click.command("plan")
@MANIFEST
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PLAN.json", help="Write the plan to a file.")
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a comment to a file.")
@click.option(
    "--limit",
    type=click.IntRange(SHORTEST, LONGEST),
    default=LIMIT,
    show_default=True,
    help="How many characters --markdown may take.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 0: nothing to do, 2: changes, 1: any error.")
@ONLY
@common
def command(
    options: Options,
    manifest: Path,
    output: Path | None,
    markdown: Path | None,
    limit: int,
    detailed_exitcode: bool,
    only: tuple[str, ...],
) -> int:
    """Show the changes that reconcile would make for MANIFEST; only reads."""
    output, markdown = destination(output), destination(markdown)
    if markdown == STDOUT:
        check_stdout_is_free(options, output)
    loaded = read(manifest, options)
    chosen = loaded.only(only)
    try:
        session = Session(loaded, chosen, connect(options, loaded), options)
        report = session.execute("plan", guarded=True)
    except AwsbaseError as error:
        if markdown is not None:
            write(refusal(error, name=loaded.name, account=loaded.account, region=loaded.region, limit=limit), markdown)
        raise
    result = document.document(report, sandbox=options.sandbox)
    comment = partial(
        as_markdown, name=loaded.name, sections=loaded.section_of, only=only, sandbox=options.sandbox, limit=limit
    )

    if options.json or output == STDOUT:
        out_json(result)
    elif markdown != STDOUT:
        out(session.shown(report, sys.stdout))
    if output not in (None, STDOUT) and not report.interrupted:
        document.save(as_json(result), output)
        if is_regular(output):
            apply = f"awsbase reconcile {manifest} --approved {output}"
            err(f"plan written to {output}; `{apply}` applies it and nothing else\n")

    if markdown == STDOUT or (markdown is not None and not report.interrupted):
        write(comment(report), markdown)

    code = exit_code(report)
    return 2 if detailed_exitcode and code == 0 and report.changes else code


def write(comment: str, markdown: Path) -> None:
    """Write a comment to its file, or print it."""
    if markdown == STDOUT:
        out(comment)
    else:
        document.save(comment, markdown)


def destination(path: Path | None) -> Path | None:
    """Return where an output goes, with one name for stdout; raises UsageError for a path that cannot be written."""
    if path in (STDOUT, *ALSO_STDOUT):
        return STDOUT
    if path is not None:
        document.check(path)
    return path


def check_stdout_is_free(options: Options, output: Path | None) -> None:
    """Refuse JSON and Markdown on stdout together; raises UsageError."""
    if options.json or output == STDOUT:
        raise UsageError("stdout takes either JSON or Markdown", hint="write one of them to a file")
