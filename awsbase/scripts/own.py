"""`awsbase own`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from click.exceptions import Exit

from awsbase.engine.changes import Change, Report
from awsbase.engine.dependencies import select
from awsbase.engine.facts import Facts, ReadCache
from awsbase.engine.risk import risky
from awsbase.errors import AwsbaseError, Refused
from awsbase.facts.ownership import ANY, Found, found, marking, marks
from awsbase.people import durations
from awsbase.scripts import completions
from awsbase.scripts.ask import prompt
from awsbase.scripts.connect import connect
from awsbase.scripts.interrupt import INTERRUPTED
from awsbase.scripts.loaded import read
from awsbase.scripts.options import ALLOW_RISKY, LOCK_TIMEOUT, MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.session import Session
from awsbase.session import Prompt, consent, lock_of
from awsbase.view.risks import warning


@click.command("own")
@MANIFEST
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True, shell_complete=completions.addresses)
@click.option("-y", "--yes", is_flag=True, help="Write the tag without asking.")
@ALLOW_RISKY
@LOCK_TIMEOUT
@common
def command(
    options: Options, manifest: Path, addresses: tuple[str, ...], yes: bool, allow_risky: bool, lock_timeout: str
) -> int:
    """Say that what is at each ADDRESS of MANIFEST was made by awsbase, before its releases wrote so in a tag.

    It shows what is there, and asks. Then it writes the tag `awsbase:created-by`, and nothing else.
    """
    patience = timedelta(seconds=durations.seconds(lock_timeout))
    loaded = read(manifest, options)
    addresses = tuple(dict.fromkeys(addresses))
    loaded.has(addresses)
    chosen = select(loaded.resources, addresses)
    session = Session(loaded, chosen, connect(options, loaded), options, patience=patience, allow_risky=allow_risky)

    things = look(session, addresses)
    missing = [each.address for each in things if not each.ours]
    if not options.json or (missing and not yes):
        err("".join(described(each) for each in things))
    if missing and not own(session, missing, ask=None if yes else prompt(manifest)):
        err("declined, nothing was changed\n")
        return 1
    if options.json:
        already = [each.address for each in things if each.ours]
        out_json({"schema": 1, "owned": missing, "already": already, "found": [as_json(each) for each in things]})
    else:
        for each in things:
            out(f"{each.address} is owned by {loaded.name} {'already' if each.ours else 'now'}\n")
    return 0


def look(session: Session, addresses: Sequence[str]) -> list[Found]:
    """Return what is at each address; raises Refused when something there cannot be owned."""
    cache = ReadCache()
    plan = finished(plan_of(session, addresses, ANY).execute("plan", cache=cache), addresses)
    outcomes = {outcome.address: outcome for outcome in plan.outcomes}
    with ThreadPoolExecutor(4, "fact") as readers:
        facts = Facts(session.target.account.aws, readers, cache)
        things = [
            found(facts, resource, outcomes[resource.address])
            for resource in session.resources
            if resource.address in addresses
        ]
    if refused := [f"{each.address}: {each.refusal}" for each in things if each.refusal]:
        raise Refused("\n".join(refused), hint="nothing was changed; leave these addresses out")
    return things


def own(session: Session, addresses: Sequence[str], *, ask: Prompt | None) -> bool:
    """Ask, and write the tag of origin at these addresses; return whether the answer was yes.

    Raises Refused for a risky tag that nobody has approved, and AwsbaseError when one was not written.
    """
    name = session.loaded.name
    mine = plan_of(session, addresses, name)
    plan = only_marks(finished(mine.execute("plan"), addresses), addresses, name)
    if ask is None:
        consent(plan, "", name, ask=None, allow_risky=session.allow_risky)
    else:
        warned = f"{warning(changes)}\n" if (changes := risky(plan)) else ""
        what = "it" if len(addresses) == 1 else f"these {len(addresses)}"
        question = f"{warned}Did awsbase make {what} for {name}? Type the account's name ({name}) if it did: "
        if not ask(question, name, *one(addresses)):
            return False

    lock = lock_of(session.target, session.loaded.fingerprint)
    with session.locked(lock):
        lock.finish(whole=False)  # this begins nothing that another run would have to complete
        done = finished(
            mine.execute(
                "plan",
                allow_risky=session.allow_risky or (ask is not None and bool(risky(plan))),
                before_write=lock.check_and_renew,
                applies=lambda address, change: address in addresses and marks(change, name),
            ),
            addresses,
        )
    written = {address for address, _ in only_marks(done, addresses, name).changes}
    if left := [address for address in addresses if address not in written]:
        raise AwsbaseError(f"changed meanwhile, and not owned: {', '.join(left)}", hint="run it again")
    return True


def plan_of(session: Session, addresses: Sequence[str], name: str) -> Session:
    """Return a session whose resources at these addresses want the tag of origin with this value."""
    return replace(session, resources=marking(session.resources, addresses, name))


def only_marks(plan: Report, addresses: Sequence[str], name: str) -> Report:
    """Return a plan with nothing but the tags of origin at these addresses."""

    def kept(address: str, changes: Iterable[Change]) -> tuple[Change, ...]:
        return tuple(change for change in changes if address in addresses and marks(change, name))

    return replace(
        plan, outcomes=tuple(replace(each, changes=kept(each.address, each.changes)) for each in plan.outcomes)
    )


def finished(report: Report, addresses: Sequence[str]) -> Report:
    """Return a report in which no address has failed; raises Exit when it was interrupted, else AwsbaseError."""
    if report.interrupted:
        err("interrupted; run it again\n")
        raise Exit(INTERRUPTED)
    outcomes = {outcome.address: outcome for outcome in report.outcomes}
    for address in addresses:
        outcome = outcomes[address]
        if cause := outcomes[outcome.blocked_by or address].error:
            raise AwsbaseError(f"{outcome.blocked_by or address}: {cause.code}: {cause.message}", hint=cause.hint)
    return report


def one(addresses: Sequence[str]) -> Sequence[str]:
    """Return the address that answers the question as well: only that of a single thing."""
    return addresses if len(addresses) == 1 else ()


def described(thing: Found) -> str:
    """Return what is at an address as lines of text."""
    lines = [thing.address]
    for arn, has in sorted(thing.tags.items()):
        lines += [f"  {arn}", *(f"    {key}: {value}" for key, value in sorted(has.items()))]
    if thing.since:
        lines.append(f"  exists since {thing.since:%Y-%m-%d %H:%M} UTC")
    return "\n".join(lines) + "\n"


def as_json(thing: Found) -> Mapping[str, Any]:
    """Return what is at an address as a JSON document."""
    since = thing.since.isoformat() if thing.since else None
    return {"address": thing.address, "tags": {arn: dict(has) for arn, has in thing.tags.items()}, "since": since}
