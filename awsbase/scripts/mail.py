"""`awsbase mail`."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click

from awsbase.engine.changes import Report
from awsbase.ensure.smtp_password import SmtpPassword
from awsbase.errors import AwsbaseError, UsageError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.people import durations
from awsbase.scripts.ask import prompt
from awsbase.scripts.connect import connect
from awsbase.scripts.loaded import read
from awsbase.scripts.options import ALLOW_RISKY, LOCK_TIMEOUT, MANIFEST, Options, common, detailed
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.session import Session, exit_code
from awsbase.session import reconcile
from awsbase.view import document


@click.group("mail")
def command() -> None:
    """Replace the password that programs send mail with."""


@command.command("rotate", short_help="Replace the SMTP password, with a grace period.")
@MANIFEST
@click.option(
    "--after", default="24h", show_default=True, metavar="24h", help="How long each step of the old key's end waits."
)
@click.option("-y", "--yes", is_flag=True, help="Apply without asking.")
@ALLOW_RISKY
@LOCK_TIMEOUT
@common
@detailed
def rotate(options: Options, manifest: Path, after: str, yes: bool, allow_risky: bool, lock_timeout: str) -> int:
    """Replace the SMTP password of MANIFEST, without a moment in which none works.

    The first run makes a second access key, and stores its password in the secret. Programs that read the secret take
    it from there. The first run after --after switches the old key off, and the first one after as long again deletes
    it. Nothing waits: run it daily, or by hand. What is to come next follows from the account.
    """
    waits = timedelta(seconds=durations.seconds(after))
    loaded = read(manifest, options)
    password = password_of(loaded)
    resources = [replace(each, after=waits) if each is password else each for each in loaded.only([password.address])]
    session = Session(
        loaded,
        resources,
        connect(options, loaded),
        options,
        patience=timedelta(seconds=durations.seconds(lock_timeout)),
        allow_risky=allow_risky,
    )
    if options.sandbox:
        fill(session, loaded)
    report, declined = reconcile(session, ask=None if yes or options.sandbox else prompt(manifest, "--yes"))
    if options.json:
        out_json(document.document(report, sandbox=options.sandbox, only=[password.address]))
    elif not declined:
        out(session.result(report, sys.stdout) + remark(session, report))
    if declined:
        err("declined, nothing was changed\n")
        return 1
    return exit_code(report)


def password_of(loaded: LoadedManifest) -> SmtpPassword:
    """Return the password of a manifest; raises UsageError when it has none."""
    found = next((each for each in loaded.resources if isinstance(each, SmtpPassword)), None)
    if found is None:
        raise UsageError(f"{loaded.file} has no password for SMTP", hint="add `smtp: {}` to its section `mail`")
    return found


def fill(session: Session, loaded: LoadedManifest) -> None:
    """Reconcile the sandbox with the manifest, so that there is a password; raises AwsbaseError when that fails."""
    made = Session(loaded, loaded.resources, session.target, session.options)
    report = made.execute("reconcile", allow_risky=True)
    if report.failed or report.interrupted:
        raise AwsbaseError("the sandbox could not be reconciled with the manifest", hint="try `awsbase reconcile`")


def remark(session: Session, report: Report) -> str:
    """Return a remark when there is nothing to do yet."""
    idle = not (report.changes or report.failed or report.interrupted)
    return "nothing to do yet\n" if idle and not session.options.quiet else ""
