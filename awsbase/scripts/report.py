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
from awsbase.scripts.loaded import read_either
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import STDOUT, err, is_stdout, out_document, out_json
from awsbase.scripts.session import Session, exit_code
from awsbase.scripts.several import Several, takes_accounts
from awsbase.view import cost, coverage, document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awsbase.organization import Organization
    from awsbase.organization.access_table import Table
    from awsbase.report.page import Subject
    from awsbase.report.saved import Saved
    from awsbase.scripts.each import Reached

SCHEMA = 1
DEFAULT = Path("report.html")
FOLDER = Path("reports")
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
@takes_accounts
@common
def command(
    options: Options,
    several: Several,
    manifest: Path,
    saved: tuple[Path, ...],
    output: Path | None,
    show: bool,
    standard: str,
) -> int:
    """Write a page about the account and MANIFEST, for people who look: one file that loads nothing; only reads.

    It shows what is left to do, the plan, coverage, costs, who may do what, and the graph. SAVED.json is what `plan`,
    `reconcile`, `coverage`, `drill` or `report` printed with --json: the history and the results of a drill come from
    it. In the sandbox the account is reconciled first. Of an organization file it writes a folder with a page for each
    account, and one that says who may do what in all of them.
    \f
    Raises UsageError when there would be no file to open.
    """
    if is_stdout(output):
        output = STDOUT
    if show and (options.json or output == STDOUT):
        raise UsageError("--open needs a file to open", hint="leave --json out, and name a file with -o")
    loaded = read_either(manifest, options, several)
    if not isinstance(loaded, LoadedManifest):
        if saved or show:
            raise UsageError("SAVED.json and --open are about one account", hint="leave them out")
        return accounts(loaded, several, options, output or FOLDER, standard)
    path = output or DEFAULT
    if not options.json and path != STDOUT:
        document.check(path)
    if output is None and not options.json:
        check_ours(path)

    earlier = [saved_of(each, loaded, sandbox=options.sandbox) for each in saved]
    session = Session(loaded, loaded.resources, connect(options, loaded), options)
    subject = subject_of(session, "standard input" if manifest == STDOUT else manifest.name, standard)

    from awsbase.report.page import render

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
    return exit_code(subject.plan)


def accounts(organization: Organization, several: Several, options: Options, folder: Path, standard: str) -> int:
    """Write a page about each account of an organization into a folder, or all as one JSON document.

    Raises UsageError when the folder holds something else.
    """
    from awsbase.report.organization import render as overview
    from awsbase.report.page import render
    from awsbase.scripts.each import reach_all

    members = several.chosen(organization)
    pages = {each.name: folder / f"{each.name}.html" for each in members}
    index = folder / ("_index.html" if "index" in pages else "index.html")
    if not options.json:
        if folder == STDOUT or (folder.exists() and not folder.is_dir()):
            raise UsageError("the pages of several accounts are a folder", hint="name a folder with -o")
        for page in (*pages.values(), index):
            check_ours(page)
    file = Path(organization.file).name
    reached = reach_all(organization, members, options)
    subjects = {each.name: subject_of(each.session, file, standard) for each in reached}
    if options.json:
        out_json({"schema": SCHEMA, "accounts": {name: as_document(each) for name, each in subjects.items()}})
    else:
        folder.mkdir(parents=True, exist_ok=True)
        for name, subject in subjects.items():
            document.save(render(subject, []), pages[name])
            err(f"report written to {pages[name]}\n")
        if organization.model.access:
            at = next(iter(subjects.values())).at
            names = {name: page.name for name, page in pages.items()}
            document.save(overview(table_of(organization, reached), names, file, at, sandbox=options.sandbox), index)
            err(f"report written to {index}\n")
    return max(exit_code(each.plan) for each in subjects.values())


def table_of(organization: Organization, reached: Sequence[Reached]) -> Table:
    """Return who may do what in the accounts; without the account of the people only what the file wants."""
    from awsbase.organization.access_live import Iams, compared, iam_in
    from awsbase.organization.access_table import table

    names, people = tuple(each.name for each in reached), organization.identity
    if people is None or people.name not in names:
        return table(organization, names)
    read = {each.name: iam_in(each.session.target.account, organization.members[each.name]) for each in reached}
    return compared(organization, people, names, Iams(read, {}))


def subject_of(session: Session, file: str, standard: str) -> Subject:
    """Return what a page is about: the plan of an account, and the verdict on each control."""
    from awsbase.report.page import Subject

    plan, rows = judged(session, standard)
    return Subject(
        name=session.loaded.name,
        file=file,
        sections=session.loaded.sections,
        plan=plan,
        standard=standard,
        rows=rows,
        at=session.target.clock.now(),
        sandbox=session.options.sandbox,
    )


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
