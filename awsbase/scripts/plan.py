"""`awsbase plan`: it connects to AWS, and imports what else it needs meanwhile (planning.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from awsbase.scripts.ahead import Ahead
from awsbase.scripts.comment import comment_options
from awsbase.scripts.options import MANIFEST, ONLY, Options, common, detailed
from awsbase.scripts.several import Several, runs_several


@click.command("plan")
@MANIFEST
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PLAN",
    help="Write the plan to a file, or the plans of several accounts to a folder.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 0: nothing to do, 2: changes, 1: any error.")
@click.option("--who", is_flag=True, help="Say who changed what differs, by CloudTrail's last 90 days.")
@comment_options
@ONLY
@runs_several()
@common
@detailed
def command(
    options: Options,
    several: Several,
    manifest: Path,
    output: Path | None,
    detailed_exitcode: bool,
    who: bool,
    only: tuple[str, ...],
    **commented: Any,
) -> int:
    """Show the changes that reconcile would make for MANIFEST; only reads.

    For an organization file it plans every account, shows the same change once, and writes a folder of plans with -o.
    """
    ahead = Ahead(manifest, options, only)
    # With it comes pydantic, whose import takes as long as a handshake.
    from awsbase.scripts import planning

    return planning.plan(
        ahead,
        manifest,
        options,
        several,
        output=output,
        detailed_exitcode=detailed_exitcode,
        who=who,
        only=only,
        **commented,
    )
