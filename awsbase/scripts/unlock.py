"""`awsbase unlock`."""

from __future__ import annotations

from pathlib import Path

import click

from awsbase.errors import UsageError
from awsbase.scripts.ask import ask, somebody
from awsbase.scripts.connect import connect
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.session import lock_of, locking


@click.command("unlock")
@MANIFEST
@click.option("--yes", is_flag=True, help="End the lock without asking.")
@common
def command(options: Options, manifest: Path, yes: bool) -> int:
    """End the lock on the account of MANIFEST, which a run holds while it writes.

    A run that was killed leaves its lock behind: this host takes it over at once, any other when its lease is over, a
    quarter of an hour later. A run that is still alive stops at one of its next writes.
    """
    wanted = read(manifest, options)
    target = connect(options, wanted)
    lock = lock_of(target)
    with locking(target.account):
        holder = lock.look()
        held = holder is not None and not holder.released
        if held and not yes:
            if not somebody():
                raise UsageError(f"locked by {holder}, and there is nobody to ask", hint="add --yes to end it")
            if not ask(f"locked by {holder}\nIs that run no more, or may it be stopped? [y/N] "):
                err("declined, nothing was changed\n")
                return 1
        ended = lock.force_release(holder) if held and holder else False
    if options.json:
        out_json({"schema": 1, "ended": str(holder) if ended else None})
    elif ended:
        out(f"ended the lock of {holder}\n")
    else:
        out(f"account {wanted.account} is not locked\n")
    return 0
