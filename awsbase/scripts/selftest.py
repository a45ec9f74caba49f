"""`awsbase selftest`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from awsbase.adopt.survey import Survey
from awsbase.aws import Attach, Aws
from awsbase.engine.account import Account, check, identify
from awsbase.engine.clock import SystemClock
from awsbase.engine.lock import Lock
from awsbase.engine.rate_limit import RateLimiter
from awsbase.engine.run import Interrupted, SilentObserver
from awsbase.engine.wire import Wire
from awsbase.errors import Refused, UsageError
from awsbase.people.profile_session import session_of
from awsbase.samples import SAMPLES
from awsbase.samples.sample import HOME
from awsbase.scripts.ask import answer, is_interactive
from awsbase.scripts.connect import name_calls
from awsbase.scripts.interrupt import INTERRUPTED, interruptible
from awsbase.scripts.options import DEBUG, JSON, profile_option
from awsbase.scripts.output import err, out, out_json
from awsbase.selftest import empty, naming, page
from awsbase.selftest.choice import Choice, choose
from awsbase.selftest.fence import Fence
from awsbase.selftest.recording import Recorder, prepared
from awsbase.selftest.run import Place, Selftest, clean, names_of, selftest
from awsbase.selftest.trial import Bench
from awsbase.session import locking
from awsbase.view import document
from awsbase.view.live import progress

MOST_SHOWN = 20
PATIENCE = timedelta(0)


@click.command("selftest")
@click.option(
    "--kinds", multiple=True, metavar="KIND", help="Only samples with this kind, and what they cost; can be repeated."
)
@click.option("--budget", default="1.00", metavar="USD", help="Stop before it costs more; default 1.00.")
@click.option("--prefix", metavar="NAME", help="Work beside things of others, under names that begin so.")
@click.option("--account", "typed", metavar="ID", help="The account's id, where nobody can type it on a terminal.")
@click.option("--record", type=click.Path(path_type=Path), metavar="DIR", help="Record what AWS answers, for an issue.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.md", help="Also write the report as a page.")
@click.option("--clean", "only_clean", is_flag=True, help="Only take away what earlier selftests left.")
@profile_option("The profile of ~/.aws that reaches a throwaway account.")
@JSON
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@DEBUG
def command(
    kinds: tuple[str, ...],
    budget: str,
    prefix: str | None,
    typed: str | None,
    record: Path | None,
    report: Path | None,
    only_clean: bool,
    profile: str | None,
    json: bool,
    quiet: bool,
    debug: bool,
) -> int:
    """Try awsbase on a real account that nobody needs, and find what no emulator shows.

    It makes the sample of each kind, plans it again, tampers with it, repairs it and takes it away. It refuses an
    account that has more than AWS's own defaults, unless --prefix keeps it to names of its own.
    \f
    Raises UsageError for options that it cannot use, and Refused for an account that it must not write to.
    """
    amount, name = dollars(budget), prefix_of(prefix)
    choices = choose(SAMPLES, kinds, isolated=False)
    if report:
        document.check(report)
    recorder = Recorder(prepared(record), SystemClock().now) if record else None

    place = connected(profile, name, recorder, debug=debug)
    empty.check_alone(place.account)
    try:
        with reading(place, quiet=quiet, debug=debug):
            before = place.survey()
            theirs = strangers(place, before)
    except Interrupted:
        err("interrupted, nothing was changed\n")
        return INTERRUPTED
    if theirs:
        choices = isolated(place, theirs, kinds, prefix, record)
    agree(place, choices, amount, typed, only_clean=only_clean)

    if recorder:
        recorder.hide(names_of(before, place.account))
    place.tell = (lambda text: None) if quiet else lambda text: err(f"{text}\n")
    with locked(place), stoppable(place):
        done = cleaned(place, amount) if only_clean else selftest(place, choices, amount, before)
    if report:
        document.save(page.page(done), report)
    if json:
        out_json(page.document(done))
    else:
        out(page.page(done))
    if place.bench.stop.is_set():
        return INTERRUPTED
    return 1 if done.failed else 0


def dollars(text: str) -> Decimal:
    """Return a budget; raises UsageError for what is none."""
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise UsageError(f"{text!r} is no amount of dollars", hint="write --budget 1.00")
    return amount


def prefix_of(prefix: str | None) -> str:
    """Return what names begin with; raises UsageError for what no name can begin with."""
    if prefix is not None and not naming.valid(prefix):
        raise UsageError(
            f"{prefix!r} is no prefix",
            hint=f"take up to {naming.LONGEST} small letters, digits and single hyphens, a letter first",
        )
    return prefix or naming.PREFIX


def connected(profile: str | None, prefix: str, recorder: Recorder | None, *, debug: bool) -> Place:
    """Return the account that the credentials reach; raises Refused for root."""
    session, clock, wire, fence = session_of(profile), SystemClock(), Wire(), Fence()
    slow = RateLimiter(clock).attach
    more: list[Attach] = [name_calls] if debug else []

    def connect(attach: list[Attach]) -> Aws:
        return Aws(session, HOME.region, attach=[*attach, slow, *more])

    listening: list[Attach] = [fence.listen, *([recorder.attach] if recorder else [])]
    account = identify(connect([wire.attach, *listening]), wire)
    return Place(Bench(check(account, account.id), clock), connect, prefix, fence, recorder=recorder)


def strangers(place: Place, found: Survey) -> list[str]:
    """Name what is somebody's in the account."""
    with place.facts() as facts:
        return empty.strangers(found, facts, place.account, place.scope)


def isolated(
    place: Place, theirs: Sequence[str], kinds: Sequence[str], prefix: str | None, record: Path | None
) -> list[Choice]:
    """Return the samples that touch nothing of others; raises Refused unless a prefix was asked for."""
    listed = "".join(f"\n  {each}" for each in theirs[:MOST_SHOWN])
    more = f"\n  and {len(theirs) - MOST_SHOWN} more" if len(theirs) > MOST_SHOWN else ""
    if prefix is None:
        raise Refused(
            f"account {place.account.id} is somebody's; it has:{listed}{more}",
            hint="take an empty account, or keep to names of your own with --prefix NAME",
        )
    if record:
        raise Refused(
            f"account {place.account.id} has things of others, whose names would be recorded:{listed}{more}",
            hint="record in an empty account, or leave --record out",
        )
    place.isolated = True
    return choose(SAMPLES, kinds, isolated=True)


def agree(place: Place, choices: Sequence[Choice], budget: Decimal, typed: str | None, *, only_clean: bool) -> None:
    """Say what will happen, and have the account's id typed; raises Refused when it is another one."""
    account = place.account
    if only_clean:
        what = f"This takes away what selftests named {place.prefix}-… left in account {account.id}."
    else:
        what = f"This makes, changes and deletes things in account {account.id}: {page.price_list(choices, budget)}."
        if not place.isolated:
            what += "\nIt changes settings of the whole account, and leaves them as awsbase wants them."
    err(f"{what}\n")
    if typed is None:
        if not is_interactive():
            raise UsageError("nobody can type the account's id here", hint="name it with --account ID")
        typed = answer(f"Type the account's id to go on ({account.caller}): ")
    if typed != account.id:
        raise Refused(f"{typed or 'nothing'!r} is not the account's id, {account.id}; nothing was changed")


@contextmanager
def reading(place: Place, *, quiet: bool, debug: bool) -> Iterator[None]:
    """Show what is read; Ctrl-C stops it."""
    with (
        progress(sys.stderr, "plan", None, screen=not debug, quiet=quiet, doing="reading") as observer,
        interruptible(observer.say) as stop,
    ):
        place.bench.observer, place.bench.stop = observer, stop
        yield
    place.bench.observer = SilentObserver()


@contextmanager
def stoppable(place: Place) -> Iterator[None]:
    """Let Ctrl-C stop a selftest after the calls in flight."""
    with interruptible(lambda text: err(f"{text}\n")) as stop:
        place.bench.stop = stop
        yield


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Hold the account's lock, as a reconcile does."""
    account: Account = place.account
    lock = Lock(account.aws.ssm, account.wire, account.caller, place.bench.clock)
    place.bench.before_write = lock.check_and_renew
    with locking(account), lock.held(account.reached, patience=PATIENCE, say=lambda text: err(f"{text}\n")):
        yield
        lock.finish(whole=True)


def cleaned(place: Place, budget: Decimal) -> Selftest:
    """Only take away what earlier selftests left."""
    done = Selftest(place.account.id, place.prefix, (), budget)
    try:
        clean(place, done.cleaned)
    except Interrupted:
        done.stopped = "interrupted: run it again"
    return done
