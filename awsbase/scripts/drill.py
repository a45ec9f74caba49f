"""`awsbase drill`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from awsbase.approach import Target
from awsbase.drill import DrillResult, drill
from awsbase.ensure.alarm import Alarm
from awsbase.errors import AwsbaseError, UsageError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.scripts.ask import prompt
from awsbase.scripts.connect import connect, looking
from awsbase.scripts.interrupt import INTERRUPTED, interruptible
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.session import Session
from awsbase.session import Prompt
from awsbase.view.drill import document, outcome, table
from awsbase.view.plurals import counted
from awsbase.view.text import render


@click.command("drill")
@MANIFEST
@click.argument("alarms", nargs=-1, metavar="[ALARM]...")
@click.option("-y", "--yes", is_flag=True, help="Trigger without asking.")
@common
def command(options: Options, manifest: Path, alarms: tuple[str, ...], yes: bool) -> int:
    """Trigger the alarms of MANIFEST, all or those named, and show whether each message reached somebody.

    It asks first, since every subscriber gets a message for each alarm. Each alarm returns to its former state. In the
    sandbox the account is reconciled first.
    \f
    Raises AwsbaseError when the sandbox cannot be reconciled.
    """
    loaded = read(manifest, options)
    chosen = choose(loaded, alarms)
    target = connect(options, loaded)
    if options.sandbox:
        report = Session(loaded, loaded.resources, target, options).execute("reconcile", allow_risky=True)
        if report.failed or report.interrupted:
            raise AwsbaseError("the sandbox could not be reconciled with the manifest", hint="try `awsbase reconcile`")
    elif not yes and not agreed(loaded, chosen, prompt(manifest)):
        err("declined, no alarm was triggered\n")
        return 1

    results, stopped = trigger(target, chosen)
    if options.json:
        out_json(document(results, account=loaded.account, sandbox=options.sandbox))
    else:
        out(render(table(results), sys.stdout))
    if stopped:
        return INTERRUPTED
    return 0 if all(result.delivered for result in results) else 1


def choose(loaded: LoadedManifest, names: Sequence[str]) -> list[Alarm]:
    """Return the alarms of these names or addresses, all when none is given; raises UsageError for unknown ones."""
    every = [resource for resource in loaded.resources if isinstance(resource, Alarm)]
    if not every:
        raise UsageError(f"{loaded.file} has no alarms", hint="add a section `alarms: {}`")
    by_name = {name: alarm for alarm in every for name in (alarm.name, alarm.address)}
    for name in names:
        if name not in by_name:
            near = get_close_matches(name, by_name, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(alarm.name for alarm in every)}"
            raise UsageError(f"{loaded.file} has no alarm {name!r}", hint=hint)
    if not names:
        return every
    return [alarm for alarm in every if not {alarm.name, alarm.address}.isdisjoint(names)]


def agreed(loaded: LoadedManifest, chosen: Sequence[Alarm], ask: Prompt) -> bool:
    """Ask whether to trigger the alarms."""
    who = "Every subscriber gets a message for each."
    return ask(f"Trigger {counted(len(chosen), 'alarm')} of account {loaded.account} ({loaded.name})? {who} [y/N] ")


def trigger(target: Target, chosen: Sequence[Alarm]) -> tuple[list[DrillResult], bool]:
    """Trigger alarms and report each result on stderr; return the results, and whether the drill was stopped."""

    def say(result: DrillResult) -> None:
        err(f"{result.alarm}: {outcome(result)}\n")

    with looking(target.account) as facts, interruptible(lambda text: err(f"\n{text}\n")) as stop:
        results = drill(target.account, chosen, facts, clock=target.clock, stop=stop, done=say)
        return results, stop.is_set()
