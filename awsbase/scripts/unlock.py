"""`awsbase unlock`."""

from __future__ import annotations

from pathlib import Path

import click

from awsbase.scripts.ask import prompt
from awsbase.scripts.connect import connect
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.session import lock_of, locking


@click.command("unlock")
@MANIFEST
@click.option("-y", "--yes", is_flag=True, help="End the lock without asking.")
@common
def command(options: Options, manifest: Path, yes: bool) -> int:
    """End the lock on the account of MANIFEST, which a run holds while it writes.

    A killed run leaves its lock behind. The same host takes it over immediately, another one after the lease of
    15 minutes. A run that is still alive stops at one of its next writes.
    """
    loaded = read(manifest, options)
    target = connect(options, loaded)
    lock = lock_of(target)
    with locking(target.account):
        holder = lock.look()
        locked = holder is not None and not holder.released
        if locked and not yes:
            err(f"locked by {holder}\n")
            if not prompt(manifest)("Has that run ended, or do you want to stop it? [y/N] "):
                err("declined, nothing was changed\n")
                return 1
        ended = lock.force_release(holder) if locked and holder else False
    if options.json:
        out_json({"schema": 1, "ended": str(holder) if ended else None})
    elif ended:
        out(f"ended the lock of {holder}\n")
    else:
        out(f"account {loaded.account} is not locked\n")
    return 0
