"""`awsbase drill`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from awsbase.drill import Proof, drill
from awsbase.ensure.alarm import Alarm
from awsbase.errors import AwsbaseError, UsageError
from awsbase.scripts.ask import ask, somebody
from awsbase.scripts.connect import Target, connect, looking
from awsbase.scripts.interrupt import INTERRUPTED, interruptible
from awsbase.scripts.loaded import LoadedManifest, read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.session import Session
from awsbase.view.drill import document, outcome, table
from awsbase.view.text import render


@click.command("drill")
@MANIFEST
@click.argument("alarms", nargs=-1, metavar="[ALARM]...")
@click.option("--yes", is_flag=True, help="Ring without asking.")
@common
def command(options: Options, manifest: Path, alarms: tuple[str, ...], yes: bool) -> int:
    """Ring the alarms of MANIFEST, all or those named, and show for each whether its message got to somebody.

    On a terminal it asks first, for everyone who listens gets a message for each alarm. Each alarm is put back into
    the state that it had. In the sandbox the account is made first, as the manifest says.
    """
    wanted = read(manifest, options)
    chosen = choose(wanted, alarms)
    target = connect(options, wanted)
    if options.sandbox:
        made = Session(wanted, wanted.resources, target, options).execute("reconcile", allow_risky=True)
        if made.failed or made.interrupted:
            raise AwsbaseError("the sandbox could not be made as the manifest says", hint="try `awsbase reconcile`")
    elif not yes and somebody() and not agreed(wanted, chosen):
        err("declined, no alarm was rung\n")
        return 1

    proofs, stopped = rung(target, chosen)
    if options.json:
        out_json(document(proofs, account=wanted.account, sandbox=options.sandbox))
    else:
        out(render(table(proofs), sys.stdout))
    if stopped:
        return INTERRUPTED
    return 0 if all(proof.delivered for proof in proofs) else 1


def choose(wanted: LoadedManifest, names: Sequence[str]) -> list[Alarm]:
    """Return the alarms of these names or addresses; of none, all."""
    every = [resource for resource in wanted.resources if isinstance(resource, Alarm)]
    if not every:
        raise UsageError(f"{wanted.file} has no alarms", hint="add a section `alarms: {}`")
    by_name = {name: alarm for alarm in every for name in (alarm.name, alarm.address)}
    for name in names:
        if name not in by_name:
            near = get_close_matches(name, by_name, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(alarm.name for alarm in every)}"
            raise UsageError(f"{wanted.file} has no alarm {name!r}", hint=hint)
    if not names:
        return every
    return [alarm for alarm in every if not {alarm.name, alarm.address}.isdisjoint(names)]


def agreed(wanted: LoadedManifest, chosen: Sequence[Alarm]) -> bool:
    """Ask whether to ring."""
    count = "1 alarm" if len(chosen) == 1 else f"{len(chosen)} alarms"
    who = "Everyone who listens gets a message for each."
    return ask(f"Ring {count} of account {wanted.account} ({wanted.name})? {who} [y/N] ")


def rung(target: Target, chosen: Sequence[Alarm]) -> tuple[list[Proof], bool]:
    """Ring alarms, saying on stderr what becomes of each; returns the proofs, and whether somebody stopped it."""

    def say(proof: Proof) -> None:
        err(f"{proof.alarm}: {outcome(proof)}\n")

    with looking(target.account) as facts, interruptible(lambda text: err(f"\n{text}\n")) as stop:
        proofs = drill(target.account, chosen, facts, clock=target.clock, stop=stop, rang=say)
        return proofs, stop.is_set()
