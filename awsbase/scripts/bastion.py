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
from awsbase.bastion import status as bastion_status
from awsbase.bastion.doctor import Check, Examined, examine
from awsbase.bastion.host import host
from awsbase.bastion.settings import NETWORK, SECTION, Bastion, bastion_of, ended, started
from awsbase.bastion.wait import reachable
from awsbase.engine.account import Account
from awsbase.errors import UsageError
from awsbase.people import durations
from awsbase.scripts.ask import prompt
from awsbase.scripts.connect import connect as connected
from awsbase.scripts.connect import looking
from awsbase.scripts.hints import completed
from awsbase.scripts.loaded import read
from awsbase.scripts.options import ALLOW_RISKY, LOCK_TIMEOUT, MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.reconciling import remark
from awsbase.scripts.session import Session, exit_code, plan_again
from awsbase.session import reconcile
from awsbase.userdata import login, people_in
from awsbase.view import document

YES = click.option("-y", "--yes", is_flag=True, help="Apply without asking.")
SHORTEST, LONGEST = 15 * 60, 7 * 24 * 3600  # seconds


@click.group("bastion")
def command() -> None:
    """Start, use and terminate the bastion of a manifest."""


@command.command(short_help="Start the bastion, or update it to the manifest.")
@MANIFEST
@click.option("--ttl", metavar="4h", help="AWS terminates it after this time; another `up` postpones that.")
@click.option("--refresh-ami", is_flag=True, help="Replace it if there is a newer image.")
@YES
@ALLOW_RISKY
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
    """Start the bastion of MANIFEST with its dependencies, or update a running one to the manifest.

    A change that a running host does not allow replaces the host, and the plan says why.
    """
    ttl_time, patience = lifetime(ttl), timedelta(seconds=durations.seconds(lock_timeout))
    loaded = read(manifest, options)
    bastion = bastion_of(loaded.manifest)
    target = connected(options, loaded)
    ends = (target.clock.now() + ttl_time).replace(second=0, microsecond=0) if ttl_time else None
    loaded = replace(loaded, sections=started(loaded.manifest, ends=ends, refresh=refresh_ami))
    # No resource depends on a route, but the bastion is unreachable without it: so the whole network is included.
    chosen = loaded.only([name for name in (NETWORK, SECTION) if name in loaded.sections])
    code = apply(Session(loaded, chosen, target, options, patience=patience, allow_risky=allow_risky), yes=yes)
    if code == 0 and not options.json and not options.sandbox:
        err(next_steps(bastion))
    return code


@command.command(short_help="Terminate the bastion; all else stays for the next `up`.")
@MANIFEST
@YES
@ALLOW_RISKY
@LOCK_TIMEOUT
@common
def down(options: Options, manifest: Path, yes: bool, allow_risky: bool, lock_timeout: str) -> int:
    """Terminate the instance of the bastion of MANIFEST; all else stays for the next `up`.

    What does not carry the tag of origin needs approval: somebody else can have written its address.
    """
    loaded = read(manifest, options)
    bastion = bastion_of(loaded.manifest)
    terminated = ended(started(loaded.manifest)[SECTION])
    loaded = replace(loaded, sections={SECTION: [terminated]})
    patience = timedelta(seconds=durations.seconds(lock_timeout))
    target = connected(options, loaded)
    session = Session(loaded, [terminated], target, options, patience=patience, allow_risky=allow_risky)
    code = apply(session, yes=yes)
    if code == 0 and not options.json:
        if not bastion.on_demand:
            err("the next `awsbase reconcile` starts it again; with `on_demand: true` only `bastion up` starts it\n")
        if bastion.nat:
            err("the private subnets cannot reach the internet until it runs again\n")
    return code


@command.command(short_help="Show whether it runs, since when and until when.")
@MANIFEST
@common
def status(options: Options, manifest: Path) -> None:
    """Show whether the bastion of MANIFEST runs, since when and until when."""
    loaded = read(manifest, options)
    bastion = bastion_of(loaded.manifest)
    target = connected(options, loaded)
    with looking(target.account) as facts:
        found = bastion_status.status(facts, bastion)
    if options.json:
        out_json(bastion_status.document(found))
    else:
        out("".join(f"{line}\n" for line in bastion_status.lines(found, target.clock.now())))


@command.command(short_help="Open a session on it, or forward ports through it.")
@MANIFEST
@click.option(
    "--forward",
    "forwards",
    multiple=True,
    metavar="HOST:PORT[:LOCAL]",
    help="Forward a port of this machine to one that the bastion reaches. Can be repeated in mode ssh.",
)
@click.option("--user", metavar="NAME", help="The user of the manifest to log in as (mode ssh); default: yourself.")
@click.option("--print", "only_print", is_flag=True, help="Print the command instead of running it.")
@common
def connect(options: Options, manifest: Path, forwards: tuple[str, ...], user: str | None, only_print: bool) -> None:
    """Open a session on the bastion of MANIFEST, or forward ports through it."""
    forwarded = [connection.forward(each) for each in forwards]
    loaded = read(manifest, options)
    bastion = bastion_of(loaded.manifest)
    prints = only_print or options.json
    if not prints:
        connection.require_programs(bastion.mode, shutil.which)
    target = connected(options, loaded)
    login_name = login_for(bastion, target.account, user)
    with looking(target.account) as facts:
        found = reachable(facts, bastion, target.clock, err)
    to = connection.Connection(found, bastion.mode, bastion.region, options.profile, login_name, forwarded)
    command_line = connection.command(to)
    if options.json:
        out_json({"schema": 1, "command": command_line, "forwards": [each.description for each in forwarded]})
        return
    if only_print:
        out(shlex.join(command_line) + "\n")
        return
    err("".join(f"{each.description}\n" for each in forwarded) + f"$ {shlex.join(command_line)}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvp(command_line[0], command_line)  # noqa: S606, awsbase has nothing left to do


@command.command(short_help="Check everything that a session depends on.")
@MANIFEST
@common
def doctor(options: Options, manifest: Path) -> int:
    """Check everything that a session on the bastion of MANIFEST depends on, and report what is wrong."""
    loaded = read(manifest, options)
    bastion = bastion_of(loaded.manifest)
    target = connected(options, loaded)
    with looking(target.account) as facts:
        found = facts.read(host, bastion.region, bastion.instance.address)
        if found is None:
            finding, hint = f"there is no {bastion.instance.name}", "`awsbase bastion up` starts one"
            checks = [Check("instance", False, finding, hint)]
        else:
            target_host = Examined(found, bastion.mode, bastion.region, bastion.nat)
            checks = list(examine(facts, target_host, target.clock.now()))
    checks += local_programs(bastion)
    if options.json:
        out_json(
            {
                "schema": 1,
                "bastion": bastion.instance.name,
                "checks": [
                    {"subject": each.subject, "fine": each.fine, "said": each.finding, "hint": hint_of(each)}
                    for each in checks
                ],
            }
        )
    else:
        out("".join(line(each) for each in checks))
    return 0 if all(each.fine for each in checks) else 1


def apply(session: Session, *, yes: bool) -> int:
    """Plan, ask, apply and report, as `awsbase reconcile` does."""
    silent = yes or session.options.sandbox
    report, declined = reconcile(session, ask=None if silent else prompt(session.manifest))
    if session.options.sandbox and not report.interrupted:
        report = plan_again(session, report)
    if session.options.json:
        out_json(document.document(report, sandbox=session.options.sandbox))
    elif not declined:
        out(session.shown(report, sys.stdout) + remark(session, report))
    if declined:
        err("declined, nothing was changed\n")
        return 1
    return exit_code(report)


def lifetime(ttl: str | None) -> timedelta | None:
    """Return the lifetime of a bastion, None for no end; raises UsageError unless it is 15 minutes to 7 days."""
    if ttl is None:
        return None
    seconds = durations.seconds(ttl)
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError(
            f"--ttl {ttl}: a bastion lasts from 15 min to 7 days", hint="leave --ttl out for one without an end"
        )
    return timedelta(seconds=seconds)


def next_steps(bastion: Bastion) -> str:
    """Return the next steps once a bastion runs."""
    lines = ""
    if bastion.mode == "ssh":
        people = ", ".join(sorted(people_in(bastion.instance.template.user_data))) or "nobody"
        lines += f"accounts on it: {people}; other accounts of awsbase are removed at boot\n"
    return lines + "next: `awsbase bastion connect`\n"


def login_for(bastion: Bastion, account: Account, user: str | None) -> str:
    """Return the login to use, empty outside mode ssh; raises UsageError when there is none."""
    if bastion.mode != "ssh":
        if user:
            raise UsageError(f"--user is for mode ssh, and this bastion has mode {bastion.mode}", hint="leave it out")
        return ""
    people = sorted(people_in(bastion.instance.template.user_data))
    known = f"accounts on it: {', '.join(people)}" if people else "give users `ssh_keys` in the manifest"
    who = user or account.user
    if who is None:
        raise UsageError(f"no login: you are {account.caller}, and not an IAM user", hint=f"use --user; {known}")
    if login(who) not in people:
        raise UsageError(f"{who} has no account on the bastion", hint=known)
    return login(who)


def local_programs(bastion: Bastion) -> list[Check]:
    """Check the programs on this machine that a session needs."""
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
    """Return one check as a line, with its hint below if it failed."""
    hint = hint_of(check)
    return f"{'✓' if check.fine else '✗'} {check.subject}: {check.finding}\n" + (f"  → {hint}\n" if hint else "")


def hint_of(check: Check) -> str | None:
    """Return the hint of a check that failed."""
    return None if check.fine or not check.hint else completed(check.hint)
