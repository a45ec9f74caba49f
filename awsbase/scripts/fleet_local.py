"""`awsbase plan` and `awsbase reconcile` of an organization file: many accounts from this machine."""

from __future__ import annotations

import os
import shlex
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from awsbase.engine.changes import Mode
from awsbase.errors import Refused, UsageError
from awsbase.fleet import plans, records
from awsbase.fleet.consent import consent
from awsbase.fleet.item import Item, bare_item, loaded_member
from awsbase.fleet.local import CarryOut, LocalRun
from awsbase.fleet.plans import Plans
from awsbase.fleet.pool import DEADLINE, Pool, one_by_one, unit_of
from awsbase.fleet.records import Header, Record
from awsbase.fleet.results import Result
from awsbase.fleet.tolerance import exit_code, waves
from awsbase.fleet.ways import asking, check_ways
from awsbase.fleet.work import work
from awsbase.organization import Member, Organization
from awsbase.organization.access_opened import protected_of
from awsbase.organization.reach import Sessions, route
from awsbase.people.profile_session import session_of
from awsbase.scripts.ask import prompt
from awsbase.scripts.each import embedded_world
from awsbase.scripts.interrupt import INTERRUPTED, abortable, interruptible
from awsbase.scripts.options import Options
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.several import Several
from awsbase.view import fleet as view
from awsbase.view.fleet_progress import FleetProgress
from awsbase.view.plurals import counted
from awsbase.view.text import render

SCHEMA = 1
FINISHING = "finishing the accounts in flight…  (Ctrl-C again ends at once)"


def plan(
    organization: Organization,
    several: Several,
    options: Options,
    *,
    output: Path | None,
    only: tuple[str, ...],
    detailed_exitcode: bool,
) -> int:
    """Plan the accounts of an organization, show what differs once, and return the exit code."""
    if output:
        plans.check(output)
    members, allowed = several.chosen(organization), several.tolerance
    with running(organization, members, "plan", several, options, only) as run:
        run.plan()
        show(run, "plan", options)
        if output and not run.stop.is_set():
            written = plans.write(output, run.record.all(), sandbox=options.sandbox)
            err(f"{counted(written, 'plan')} written to {output}/; {next_step(run, output, options)}\n")
        code = exit_code(run.results.values(), len(run.members), allowed)
        say_what_is_left(run)
    if run.stop.is_set():
        return INTERRUPTED
    if detailed_exitcode:
        return 1 if code else 2 if run.planned() else 0
    return code


def reconcile(
    organization: Organization,
    several: Several,
    options: Options,
    *,
    yes: bool,
    approved: Path | None,
    only: tuple[str, ...],
    allow_risky: bool,
    patience: float,
    strict: bool,
) -> int:
    """Plan the accounts of an organization, ask once, apply, and return the exit code."""
    members, allowed = several.chosen(organization), several.tolerance
    given = plans.read(approved) if approved else None
    if given:
        members = with_plans(organization, members, given, sandbox=options.sandbox)
    order = waves(organization, members, several.waves)
    with running(organization, members, "reconcile", several, options, only, patience) as run:
        run.approved = given.accounts if given else {}
        leading = {each.name for each in members if protected_of(organization.model, each.name)}
        risky = {
            each.name
            for each in members
            if allow_risky and (given or options.sandbox or not (each.entry.protected or each.name in leading))
        }
        if allow_risky and yes and not (given or options.sandbox):
            err("".join(map(leading_note, sorted(leading))))
        if not (yes or options.sandbox or given):
            run.plan()
            waiting = run.planned()
            if waiting and not run.stop.is_set():
                err(text(run, "plan", options, sys.stderr))
                with abortable():
                    ask = prompt(typed_path(organization), "--yes, or --approved FOLDER")
                    agreed = consent(run, waiting, ask, allow_risky=allow_risky)
                if not agreed:
                    err("declined, nothing was changed\n")
                    return 1
                run.keep_approved(waiting)
                risky = set(waiting)
            order = [[each for each in wave if each.name in waiting] for wave in order]
        stopped = None
        if not run.stop.is_set():
            stopped = run.reconcile([wave for wave in order if wave], allowed, risky.__contains__)
        again = second_plan(run) if options.sandbox and not run.stop.is_set() else ""
        show(run, "reconcile", options, again)
        if stopped:
            err(f"stopped after the wave {', '.join(each.name for each in stopped)}: too many of its accounts failed\n")
        people = strict and run.needs_people()
        total = len(run.members)
        code = exit_code(run.results.values(), total, allowed, mode="reconcile", strict=strict, needs_people=people)
        say_what_is_left(run)
    return INTERRUPTED if run.stop.is_set() else code


def leading_note(name: str) -> str:
    """Say that risky changes of an account let people into protected ones, and need more than an option."""
    return f"{name} lets people into protected accounts: its risky changes need a terminal, or --approved FOLDER\n"


@contextmanager
def running(
    organization: Organization,
    members: Sequence[Member],
    mode: Mode,
    several: Several,
    options: Options,
    only: tuple[str, ...],
    patience: float = 0.0,
) -> Iterator[LocalRun]:
    """Yield a run with its record, which Ctrl-C stops; raises UsageError for ways that are mistakes in the file."""
    everywhere(organization, members, only)
    sessions = Sessions(lambda named: session_of(named or options.profile))
    if not options.sandbox:
        check_ways((route(organization, each) for each in members), sessions)
    record = record_of(organization, members, mode, several, only, in_memory=options.sandbox)
    names = record.header.accounts
    carry_out = how(organization, [organization.members[name] for name in names], several, options, sessions)
    progress = FleetProgress(sys.stderr, quiet=options.quiet)
    try:
        with interruptible(lambda said: err(f"{FINISHING}\n")) as stop:
            yield LocalRun(organization, record, carry_out, progress, stop, only, patience, options.profile)
    finally:
        record.close()


def everywhere(organization: Organization, members: Sequence[Member], only: tuple[str, ...]) -> None:
    """Raise UsageError when an account does not have what --only names, before anything is read."""
    if not only:
        return
    having, lacking = [], []
    for member in members:
        try:
            loaded_member(organization, member).only(only)
        except UsageError as error:
            lacking.append((member.name, error.hint or ""))
        else:
            having.append(member.name)
    if not lacking:
        return
    name, hint = lacking[0]
    message = f"{name} has not all of --only {', '.join(only)}"
    if having:
        raise UsageError(message, hint=f"add --account {','.join(having)}")
    # Its own hint may be a command that takes no organization file.
    near = hint if hint.startswith("did you mean") else None
    file = shlex.quote(organization.file)
    raise UsageError(message, hint=near or f"`awsbase accounts show {file} {name}` prints what it has")


def record_of(
    organization: Organization,
    members: Sequence[Member],
    mode: Mode,
    several: Several,
    only: tuple[str, ...],
    *,
    in_memory: bool,
) -> Record:
    """Return the record of a new run, or of the one to go on with.

    Raises UsageError or Refused when that was about something else.
    """

    def header(names: Sequence[str], run: str) -> Header:
        items = (bare_item(organization, organization.members[name], run, mode, only) for name in names)
        return Header(run, mode, organization.file, records.digest(items), tuple(names))

    def as_now(found: Header) -> Header:
        if found.mode != mode:
            raise UsageError(f"run {found.run} is a {found.mode}", hint=f"`awsbase {found.mode}` goes on with it")
        chosen = [each.name for each in members] if several.accounts else found.accounts
        if gone := [name for name in chosen if name not in organization.members]:
            raise Refused(f"run {found.run} is about {gone[0]} too, which {organization.file} no longer has")
        return header(chosen, found.run)

    if in_memory:
        if several.resume:
            raise UsageError("a run in the sandbox leaves no record", hint="leave --resume or --sandbox out")
        return records.in_memory(header([each.name for each in members], "sandbox"))
    where = records.folder(os.environ, Path.home())
    if several.resume:
        return records.resume(where, several.resume, as_now)
    return records.create(where, header([each.name for each in members], records.new_run(datetime.now(UTC))))


def how(
    organization: Organization, members: Sequence[Member], several: Several, options: Options, sessions: Sessions
) -> CarryOut:
    """Return what carries items out: the embedded accounts, this process, several, or workers elsewhere."""
    deadline = several.deadline or DEADLINE
    if options.sandbox:
        world = embedded_world(members, options)

        def unit(item: Item, stop: threading.Event) -> Result:
            session = world.session(item.id, region=item.route.region)
            return work(item, lambda route: session, clock=world.clock, stop=stop, sandbox=True)

        return lambda items, stop: one_by_one(items, unit, stop, deadline)
    if several.dask:
        from awsbase.fleet.dask import scheduled

        return scheduled(several.dask)
    jobs = min(several.jobs or os.cpu_count() or 1, len(members))
    if jobs > 1 and (profile := asking((route(organization, each) for each in members), sessions)):
        err(f"profile {profile} asks for the code of an MFA device, so accounts are worked on one after the other\n")
        jobs = 1
    if jobs > 1:
        return Pool(jobs, deadline=deadline).results
    return lambda items, stop: one_by_one(items, unit_of(sessions), stop, deadline)


def with_plans(organization: Organization, members: Sequence[Member], given: Plans, *, sandbox: bool) -> list[Member]:
    """Return the accounts that have a plan; raises Refused for plans that are not about this file."""
    if given.sandbox != sandbox:
        about = "in the sandbox" if given.sandbox else "for the accounts, not for the sandbox"
        raise Refused(f"the approved plans were made {about}", hint="plan again, and have the new plans approved")
    if strange := [name for name in given.accounts if name not in organization.members]:
        raise Refused(f"there is an approved plan for {strange[0]}, which {organization.file} does not have")
    return [each for each in members if each.name in given.accounts]


def typed_path(organization: Organization) -> Path:
    """Return the path that the file was given by: what comes from stdin leaves only the terminal to ask on."""
    return Path("-" if organization.file == "<stdin>" else organization.file)


def second_plan(run: LocalRun) -> str:
    """Plan all accounts again, and return what that says: after a reconcile there is nothing left to do."""
    names = [name for name, result in run.results.items() if not result.failing]
    items: Iterable[Item] = (run.item(name, "plan") for name in names)
    again = list(run.carry_out(items, run.stop))
    if wrong := [each.account for each in again if each.status != "unchanged"]:
        return f"second plan: not empty in {', '.join(wrong)}, which is a bug in awsbase\n"
    if not again:
        return ""
    calls = counted(sum(each.calls for each in again), "call")
    return f"second plan: nothing to do in {counted(len(again), 'account')}, {calls}\n"


def show(run: LocalRun, mode: Mode, options: Options, remark: str = "") -> None:
    """Print what became of the accounts: as text, or with --json as one document."""
    if not options.json:
        out(text(run, mode, options, sys.stdout) + ("" if options.quiet else remark))
        return
    results = {each.account: each.document() for each in run.record.all()}
    header = run.record.header
    out_json(
        {
            "schema": SCHEMA,
            "run": header.run,
            "mode": mode,
            "organization": run.organization.model.organization.name,
            "sandbox": options.sandbox,
            "interrupted": run.stop.is_set(),
            "totals": {**run.ended, "total": len(header.accounts)},
            "accounts": results,
        }
    )


def text(run: LocalRun, mode: Mode, options: Options, stream: TextIO) -> str:
    """Return what became of the accounts as text for a stream, the same of several once."""
    ids = {name: member.entry.id for name, member in run.members.items()}
    tally = run.tally(run.organization.model.organization.name, mode)
    details = {"full": options.full, "verbose": options.verbose, "quiet": options.quiet}
    return render(view.lines(tally, run.groups(mode), ids, **details), stream)


def say_what_is_left(run: LocalRun) -> None:
    """Say how to go on with what is not finished."""
    header = run.record.header
    if run.record.path and (left := run.record.left):
        words = ["awsbase", header.mode, header.file, "--resume", header.run]
        err(f"{counted(len(left), 'account')} not finished: `{shlex.join(words)}` goes on with them\n")


def next_step(run: LocalRun, folder: Path, options: Options) -> str:
    """Return what saved plans are good for: the whole command that applies them."""
    words = ["awsbase", "reconcile", run.organization.file, "--approved", str(folder), *options.of_account]
    words += ["--allow-risky"] if run.risky(run.planned()) else []
    return f"`{shlex.join(words)}` applies what they list and nothing else"
