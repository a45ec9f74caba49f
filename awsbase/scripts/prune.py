"""`awsbase prune`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import timedelta
from pathlib import Path

import click
from click.exceptions import Exit

from awsbase.adopt.leftovers import Leftovers, leftovers
from awsbase.approach import Target
from awsbase.engine.changes import Outcome, Report
from awsbase.engine.removal import KEPT, Removal
from awsbase.engine.resource import Resource
from awsbase.engine.run import Interrupted
from awsbase.errors import Refused, UsageError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.people import durations
from awsbase.records import record
from awsbase.scripts.connect import connect
from awsbase.scripts.interrupt import INTERRUPTED, interruptible
from awsbase.scripts.leaving import Leaving
from awsbase.scripts.loaded import read
from awsbase.scripts.options import LOCK_TIMEOUT, MANIFEST, Options, common, detailed, words_of
from awsbase.scripts.output import err
from awsbase.scripts.removals import APPROVED, OUTPUT, PLAN, carry_out
from awsbase.scripts.session import Session
from awsbase.session import approve
from awsbase.view import document
from awsbase.view.live import progress


@record
class Pruning(Leaving):
    """What is left over of a manifest; of what is `unknown` nothing says how it is taken away."""

    unknown: Mapping[str, str] = field(default_factory=dict)

    def shown(self, report: Report) -> Report:
        """Return a report that names as well what carries the tag and stays, for nothing knows it."""
        report = Leaving.shown(self, report)
        unknown = (
            Outcome(address, report.region, "unchanged", notes=(f"{KEPT}: {why}",), stays=True)
            for address, why in self.unknown.items()
        )
        return replace(report, outcomes=(*report.outcomes, *unknown))


@click.command("prune")
@MANIFEST
@click.option("--only", "named", multiple=True, metavar="ADDRESS", help="Only this one. Can be repeated.")
@PLAN
@OUTPUT
@APPROVED
@LOCK_TIMEOUT
@common
@detailed
def command(
    options: Options,
    manifest: Path,
    named: tuple[str, ...],
    plan_only: bool,
    output: Path | None,
    approved: Path | None,
    lock_timeout: str,
) -> int:
    """Delete what awsbase made for MANIFEST and MANIFEST no longer has.

    It finds that by the tag `awsbase:created-by`, which awsbase writes only when it makes something. What is still
    used stays, and is named.

    It shows the plan and asks on the terminal: for the account's name, and for how many things cannot come back.
    Without a terminal it needs --approved.
    \f
    Raises Refused for a plan of something else.
    """
    plan = document.read(approved, "prune") if approved else None
    loaded = read(manifest, options)
    listed = approve(plan, loaded, sandbox=options.sandbox) if plan else None
    if plan and named not in ((), plan.only):
        raise Refused("the approved plan was made for something else", hint="leave --only out: the plan knows")
    only = plan.only if plan else named
    target = connect(options, loaded)
    found = look(loaded, target, options)
    chosen = among(found.resources, only)
    session = Session(
        loaded,
        chosen,
        target,
        options,
        patience=timedelta(seconds=durations.seconds(lock_timeout)),
        leaving=Pruning(Removal("prune", found.stays), remarks=found.remarks, unknown={} if only else found.unknown),
    )

    def told(report: Report) -> Mapping[str, object]:
        return document.document(report, sandbox=options.sandbox, only=only)

    return carry_out(session, listed, told, plan_only=plan_only, output=output, more=words_of(only=only))


def look(loaded: LoadedManifest, target: Target, options: Options) -> Leftovers:
    """Find what is left over, with progress on stderr; raises Exit when it is interrupted."""
    scope, screen = loaded.manifest.account.scope, not options.debug
    with (
        progress(sys.stderr, "plan", None, screen=screen, quiet=options.quiet, doing="looking") as observer,
        interruptible(observer.say) as stop,
    ):
        try:
            return leftovers(
                target.account,
                scope,
                loaded.kinds,
                loaded.section_of.keys(),
                target.clock.now(),
                observer=observer,
                stop=stop,
            )
        except Interrupted:
            pass
    err("interrupted, nothing was changed\n")
    raise Exit(INTERRUPTED)


def among(resources: Sequence[Resource], only: Sequence[str]) -> list[Resource]:
    """Return the resources that are named, or all; raises UsageError for what is not left over."""
    known = {each.address: each for each in resources}
    if missing := [address for address in only if address not in known]:
        raise UsageError(
            f"--only {missing[0]}: nothing of that address is left over",
            hint=f"left over: {', '.join(known) or 'nothing'}",
        )
    return [each for each in resources if not only or each.address in only]
