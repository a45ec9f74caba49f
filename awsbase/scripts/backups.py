"""`awsbase backups`: what the manifest has copied, and whether it can be restored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from awsbase.ensure.backup_plan import BackupPlan
from awsbase.errors import AwsbaseError, UsageError
from awsbase.manifest.backup_plans import RESOURCES
from awsbase.manifest.loaded import LoadedManifest
from awsbase.restoring import WAYS, Rehearsal, described, new_name, rehearse
from awsbase.scripts.ask import prompt
from awsbase.scripts.connect import connect, looking
from awsbase.scripts.interrupt import INTERRUPTED, interruptible
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.session import Session


@click.group("backups")
def command() -> None:
    """Try whether what AWS Backup copies can be restored."""


@command.command("rehearse", short_help="Show how to restore, or restore and delete again.")
@MANIFEST
@click.argument("plan", required=False)
@click.option("--run", is_flag=True, help="Restore tables and databases under another name, look, and delete them.")
@click.option("-y", "--yes", is_flag=True, help="Restore without asking.")
@common
def rehearsal(options: Options, manifest: Path, plan: str | None, run: bool, yes: bool) -> int:
    """Show step by step how the newest recovery points of MANIFEST are restored beside their originals.

    PLAN is one of backups.plans; the first unless given. With --run awsbase takes the steps by itself, as far as no
    person is needed. What it restores costs until it is deleted. In the sandbox the account is reconciled first.
    \f
    Raises AwsbaseError when the sandbox cannot be reconciled.
    """
    loaded = read(manifest, options)
    chosen = choose(loaded, plan)
    target = connect(options, loaded)
    if options.sandbox:
        report = Session(loaded, loaded.resources, target, options).execute("reconcile", allow_risky=True)
        if report.failed or report.interrupted:
            raise AwsbaseError("the sandbox could not be reconciled with the manifest", hint="try `awsbase reconcile`")
    new = new_name(target.clock.now())
    with looking(target.account) as facts, interruptible(lambda text: err(f"\n{text}\n")) as stop:
        found = described(chosen, types(chosen), facts, new)
        able = [each for each in found if each.point and WAYS[each.type].delete]
        if run and able and not yes and not prompt(manifest)(question(able, new)):
            err("declined, nothing was restored\n")
            return 1
        if run:
            found = [rehearse(target.account, each, chosen.role, new, clock=target.clock, stop=stop) for each in found]
        stopped = stop.is_set()

    if options.json:
        out_json([document(each) for each in found])
    else:
        out("".join(map(told, found)))
    if stopped:
        return INTERRUPTED
    return 1 if any(each.verdict in ("failed", "left behind", "nothing to restore") for each in found) else 0


def choose(loaded: LoadedManifest, name: str | None) -> BackupPlan:
    """Return the plan of a name, the first when none is given. Raises UsageError when there is none."""
    plans = {each.name: each for each in loaded.resources if isinstance(each, BackupPlan)}
    if not plans:
        raise UsageError(f"{loaded.file} has no plans of AWS Backup", hint="add `backups: {plans: {data: {}}}`")
    if name is not None and name not in plans:
        raise UsageError(f"{loaded.file} has no plan {name!r}", hint=f"name one of {', '.join(plans)}")
    return plans[name] if name else next(iter(plans.values()))


def types(plan: BackupPlan) -> list[str]:
    """Return what a plan copies, as AWS Backup calls it."""
    return [type for arn, type in RESOURCES.values() if any(each.endswith(arn) for each in plan.resources)]


def question(able: Sequence[Rehearsal], new: str) -> str:
    """Return what is asked before something is restored."""
    what = " and ".join(WAYS[each.type].title for each in able)
    return f"Restore {what} as {new}, which costs until it is deleted? [y/N] "


def told(each: Rehearsal) -> str:
    """Return one rehearsal in words."""
    if each.point is None:
        return f"{each.type}: the vault has no recovery point of it yet\n"
    made = f"{each.point.made:%Y-%m-%d %H:%M}" if each.point.made else "unknown"
    head = f"{each.type}: {each.point.source}, recovery point of {made}"
    if each.verdict == "restored":
        return f"{head}: restored and deleted again ({each.detail})\n"
    why = f": {each.verdict} ({each.detail})" if each.detail else ""
    lines = [f"  {number}. {command}\n" for number, command in enumerate(each.commands, 1)]
    return f"{head}{why}\n{''.join(lines)}"


def document(each: Rehearsal) -> dict[str, object]:
    """Return one rehearsal as a part of a JSON document."""
    point = each.point
    return {
        "type": each.type,
        "verdict": each.verdict,
        "recovery_point": point.arn if point else None,
        "source": point.source if point else None,
        "commands": list(each.commands),
        "detail": each.detail,
    }
