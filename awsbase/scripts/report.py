"""`awsbase report`."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awsbase.disk import is_regular
from awsbase.errors import UsageError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.scripts.connect import connect
from awsbase.scripts.coverage import STANDARD, judged
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import STDOUT, err, is_stdout, out_document, out_json
from awsbase.scripts.session import Session, exit_code
from awsbase.view import cost, coverage, document

if TYPE_CHECKING:
    from awsbase.report.page import Subject
    from awsbase.report.saved import Saved

SCHEMA = 1
DEFAULT = Path("report.html")
OURS = b'<meta name="generator" content="awsbase '


@click.command("report")
@MANIFEST
@click.argument("saved", nargs=-1, type=click.Path(path_type=Path), metavar="[SAVED.json]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="REPORT.html",
    help="Write the page to this file; default report.html.",
)
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@STANDARD
@common
def command(
    options: Options, manifest: Path, saved: tuple[Path, ...], output: Path | None, show: bool, standard: str
) -> int:
    """Write a page about the account and MANIFEST, for people who look: one file that loads nothing; only reads.

    It shows what is left to do, the plan, coverage, costs, who may do what, and the graph. SAVED.json is what `plan`,
    `reconcile`, `coverage`, `drill` or `report` printed with --json: the history and the results of a drill come from
    it. In the sandbox the account is reconciled first.
    \f
    Raises UsageError when there would be no file to open.
    """
    if is_stdout(output):
        output = STDOUT
    if show and (options.json or output == STDOUT):
        raise UsageError("--open needs a file to open", hint="leave --json out, and name a file with -o")
    path = output or DEFAULT
    if not options.json and path != STDOUT:
        document.check(path)
    if output is None and not options.json:
        check_ours(path)

    loaded = read(manifest, options)
    earlier = [saved_of(each, loaded, sandbox=options.sandbox) for each in saved]
    session = Session(loaded, loaded.resources, connect(options, loaded), options)
    plan, rows = judged(session, standard)

    from awsbase.report.page import Subject, render

    subject = Subject(
        name=loaded.name,
        file="standard input" if manifest == STDOUT else manifest.name,
        sections=loaded.sections,
        plan=plan,
        standard=standard,
        rows=rows,
        at=session.target.clock.now(),
        sandbox=options.sandbox,
    )
    if options.json:
        out_json(as_document(subject))
    elif path == STDOUT:
        out_document(render(subject, earlier))
    else:
        document.save(render(subject, earlier), path)
        if is_regular(path):
            err(f"report written to {path}\n")
    if show:
        webbrowser.open(path.resolve().as_uri())
    return exit_code(plan)


def check_ours(path: Path) -> None:
    """Check that the file that nobody named is a report or not there; raises UsageError."""
    if path.is_file() and OURS not in path.read_bytes()[:4096]:
        raise UsageError(f"{path} is there already and is no report of awsbase", hint="name another file with -o")


def saved_of(path: Path, loaded: LoadedManifest, *, sandbox: bool) -> Saved:
    """Read a saved document; raises UsageError for one about another account."""
    from awsbase.report.saved import read

    found = read(path)
    if found.account != loaded.account:
        raise UsageError(f"{path} is about account {found.account}, not {loaded.account}", hint="leave it out")
    if found.sandbox != sandbox:
        about = "about the sandbox, not about the account" if found.sandbox else "about the account, not the sandbox"
        raise UsageError(f"{path} is {about}", hint="leave it out")
    return found


def as_document(subject: Subject) -> dict[str, Any]:
    """Return what the page says as JSON values, for later reports."""
    account, sandbox = subject.plan.account, subject.sandbox
    return {
        "schema": SCHEMA,
        "time": subject.at.isoformat(),
        "account": account,
        "sandbox": sandbox,
        "plan": document.document(subject.plan, sandbox=sandbox),
        "coverage": coverage.document(subject.standard, subject.rows, account=account, sandbox=sandbox),
        "costs": cost.document(subject.sections, account=account, region=subject.plan.region),
    }
