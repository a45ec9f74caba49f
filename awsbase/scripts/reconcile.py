"""`awsbase reconcile`: it connects to AWS, and imports what else it needs meanwhile (reconciling.py)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from awsbase.people import durations
from awsbase.scripts.ahead import Ahead
from awsbase.scripts.options import ALLOW_RISKY, LOCK_TIMEOUT, MANIFEST, ONLY, Options, common, detailed
from awsbase.scripts.several import Several, runs_several


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
    ahead = Ahead(manifest, options, only)
    # With it comes pydantic, whose import takes as long as a handshake.
    from awsbase.scripts import reconciling

    return reconciling.reconcile(
        ahead,
        manifest,
        options,
        several,
        yes=yes,
        approved=approved,
        only=only,
        allow_risky=allow_risky,
        patience=patience,
        strict=strict,
    )
