"""`awsbase bastion`."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click

from awsbase.bastion import connection
from awsbase.bastion import status as at_a_glance
from awsbase.bastion.doctor import Check, Patient, examine
from awsbase.bastion.host import host
from awsbase.bastion.settings import NETWORK, SECTION, Bastion, bastion_of, started
from awsbase.bastion.wait import reachable
from awsbase.engine.account import Account
from awsbase.ensure.terminated import Terminated
from awsbase.errors import UsageError
from awsbase.people import durations
from awsbase.scripts.ask import ask, somebody
from awsbase.scripts.connect import connect as connected
from awsbase.scripts.connect import looking
from awsbase.scripts.loaded import read
from awsbase.scripts.options import LOCK_TIMEOUT, LOOSENING, MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.reconcile import remark
from awsbase.scripts.session import Session, exit_code, look_again, reconcile
from awsbase.userdata import login, people_in
from awsbase.view import document

YES = click.option("--yes", is_flag=True, help="Apply without asking.")
SHORTEST, LONGEST = 15 * 60, 7 * 24 * 3600


@click.group("bastion")
def command() -> None:
    """Start, use and end the bastion of a manifest."""


@command.command(short_help="Start the bastion, or bring it to the manifest.")
@MANIFEST
@click.option("--ttl", metavar="4h", help="End it after this time, by AWS itself; `up` again puts it off.")
@click.option("--refresh-ami", is_flag=True, help="Make it anew if there is a newer image.")
@YES
@LOOSENING
@LOCK_TIMEOUT
@common
def up(
    options: Options,
    manifest: Path,
    ttl: str | None,
    refresh_ami: bool,
    yes: bool,
    allow_risky: bool,
    lock_timeout: str,
) -> int:
    """Start the bastion of MANIFEST with all that it needs; a running one is brought to the manifest.

    What cannot be changed on a running host makes a new one, and the plan says why.
    """
    lasts, patience = lasting(ttl), timedelta(seconds=durations.seconds(lock_timeout))
    wanted = read(manifest, options)
    bastion = bastion_of(wanted.manifest)
    target = connected(options, wanted)
    ends = (target.clock.now() + lasts).replace(second=0, microsecond=0) if lasts else None
    wanted = replace(wanted, sections=started(wanted.manifest, ends=ends, refresh=refresh_ami))
    # Nothing leans on a route, and without one nobody gets in: so the network comes as a whole.
    chosen = wanted.only([name for name in (NETWORK, SECTION) if name in wanted.sections])
    code = carry_out(Session(wanted, chosen, target, options, patience, allow_risky), yes=yes)
    if code == 0 and not options.json and not options.sandbox:
        err(after(bastion, manifest))
    return code


@command.command(short_help="End the bastion; all else stays for the next `up`.")
@MANIFEST
@YES
@LOCK_TIMEOUT
@common
def down(options: Options, manifest: Path, yes: bool, lock_timeout: str) -> int:
    """End the bastion of MANIFEST: its instance goes, and all else stays for the next `up`."""
    wanted = read(manifest, options)
    bastion = bastion_of(wanted.manifest)
    ended = Terminated(scope=bastion.instance.scope, instance=bastion.instance, schedule=bastion.instance.name)
    wanted = replace(wanted, sections={SECTION: [ended]})
    patience = timedelta(seconds=durations.seconds(lock_timeout))
    code = carry_out(Session(wanted, [ended], connected(options, wanted), options, patience), yes=yes)
    if code == 0 and not options.json:
        if not bastion.on_demand:
            err("the next `awsbase reconcile` starts it again; `on_demand: true` leaves that to you\n")
        if bastion.nat:
            err("the private subnets have no way out until it is up again\n")
    return code


@command.command(short_help="Show whether it is up, since when and until when.")
@MANIFEST
@common
def status(options: Options, manifest: Path) -> None:
    """Show whether the bastion of MANIFEST is up, since when and until when."""
    wanted = read(manifest, options)
    bastion = bastion_of(wanted.manifest)
    target = connected(options, wanted)
    with looking(target.account) as facts:
        found = at_a_glance.status(facts, bastion)
    if options.json:
        out_json(at_a_glance.document(found))
    else:
        out("".join(f"{line}\n" for line in at_a_glance.lines(found, target.clock.now())))


@command.command(short_help="Open a session on it, or forward ports through it.")
@MANIFEST
@click.option(
    "--forward",
    "forwards",
    multiple=True,
    metavar="HOST:PORT[:LOCAL]",
    help="Let a port of this machine lead to one that the bastion reaches. In mode ssh it may be repeated.",
)
@click.option("--user", metavar="NAME", help="The user of the manifest to log in as (mode ssh); default you.")
@click.option("--print", "only_print", is_flag=True, help="Print the command instead of running it.")
@common
def connect(options: Options, manifest: Path, forwards: tuple[str, ...], user: str | None, only_print: bool) -> None:
    """Open a session on the bastion of MANIFEST, or forward ports through it."""
    leads = [connection.forward(each) for each in forwards]
    wanted = read(manifest, options)
    bastion = bastion_of(wanted.manifest)
    shows = only_print or options.json
    if not shows:
        connection.equipped(bastion.mode, shutil.which)
    target = connected(options, wanted)
    as_whom = logs_in(bastion, target.account, user)
    with looking(target.account) as facts:
        found = reachable(facts, bastion, target.clock, err)
    words = connection.command(connection.Way(found, bastion.mode, bastion.region, options.profile, as_whom, leads))
    if options.json:
        out_json({"schema": 1, "command": words, "forwards": [each.said for each in leads]})
        return
    if only_print:
        out(shlex.join(words) + "\n")
        return
    err("".join(f"{each.said}\n" for each in leads) + f"$ {shlex.join(words)}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvp(words[0], words)  # noqa: S606, nothing of awsbase is left to run


@command.command(short_help="Look at all that a session depends on.")
@MANIFEST
@common
def doctor(options: Options, manifest: Path) -> int:
    """Look at all that a session on the bastion of MANIFEST depends on, and say what is wrong."""
    wanted = read(manifest, options)
    bastion = bastion_of(wanted.manifest)
    target = connected(options, wanted)
    with looking(target.account) as facts:
        found = facts.read(host, bastion.region, bastion.instance.address)
        if found is None:
            said, hint = f"there is no {bastion.instance.name}", "`awsbase bastion up` starts one"
            checks = [Check("instance", False, said, hint)]
        else:
            patient = Patient(found, bastion.mode, bastion.region, bastion.nat)
            checks = list(examine(facts, patient, target.clock.now()))
    checks += here(bastion)
    if options.json:
        out_json(
            {
                "schema": 1,
                "bastion": bastion.instance.name,
                "checks": [
                    {"subject": each.subject, "fine": each.fine, "said": each.said, "hint": hint_of(each)}
                    for each in checks
                ],
            }
        )
    else:
        out("".join(line(each) for each in checks))
    return 0 if all(each.fine for each in checks) else 1


def carry_out(session: Session, *, yes: bool) -> int:
    """Plan, ask, apply and show, as `awsbase reconcile` does."""
    silent = yes or session.options.sandbox or not somebody()
    report, declined = reconcile(session, ask=None if silent else ask)
    if session.options.sandbox and not report.interrupted:
        report = look_again(session, report)
    if session.options.json:
        out_json(document.document(report, sandbox=session.options.sandbox))
    elif not declined:
        out(session.shown(report, sys.stdout) + remark(session, report))
    if declined:
        err("declined, nothing was changed\n")
        return 1
    return exit_code(report)


def lasting(ttl: str | None) -> timedelta | None:
    """Read how long a bastion is to last."""
    if ttl is None:
        return None
    seconds = durations.seconds(ttl)
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError(
            f"--ttl {ttl}: a bastion lasts from 15 min to 7 days", hint="leave --ttl out for one that stays"
        )
    return timedelta(seconds=seconds)


def after(bastion: Bastion, manifest: Path) -> str:
    """Say what comes next once a bastion is up."""
    lines = ""
    if bastion.mode == "ssh":
        people = ", ".join(sorted(people_in(bastion.instance.template.user_data))) or "nobody"
        lines += f"accounts on it: {people}; any other of ours is removed at its boot\n"
    return lines + f"next: awsbase bastion connect {manifest}\n"


def logs_in(bastion: Bastion, account: Account, user: str | None) -> str:
    """Return the login to use; only mode ssh has one for each person."""
    if bastion.mode != "ssh":
        if user:
            raise UsageError(f"--user is for mode ssh, and this bastion has mode {bastion.mode}", hint="leave it out")
        return ""
    people = sorted(people_in(bastion.instance.template.user_data))
    there = f"accounts on it: {', '.join(people)}" if people else "give users `ssh_keys` in the manifest"
    who = user or account.user
    if who is None:
        raise UsageError(f"as whom? You are {account.caller}, and not an IAM user", hint=f"use --user; {there}")
    if login(who) not in people:
        raise UsageError(f"{who} has no account on the bastion", hint=there)
    return login(who)


def here(bastion: Bastion) -> list[Check]:
    """Look for the programs on this machine that a session needs."""
    return [
        Check(
            program,
            bool(shutil.which(program)),
            "is installed here" if shutil.which(program) else "is not installed here",
            connection.install(program, sys.platform),
        )
        for program in connection.PROGRAMS[bastion.mode]
    ]


def line(check: Check) -> str:
    """Write one check as a line, with what to do below it if it is not right."""
    hint = hint_of(check)
    return f"{'✓' if check.fine else '✗'} {check.subject}: {check.said}\n" + (f"  → {hint}\n" if hint else "")


def hint_of(check: Check) -> str | None:
    return None if check.fine else check.hint
