"""The course of a run: plan, ask, apply, look again; and the exit code that says how it went."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TextIO

from click.exceptions import Exit

from awsbase import __version__
from awsbase.access.lockout import lockout
from awsbase.engine.account import Account
from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts, ReadCache
from awsbase.engine.failures import failure
from awsbase.engine.lock import Lock
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risky
from awsbase.engine.run import Approved, Interrupted, approval, exceeds_approval
from awsbase.ensure import KINDS
from awsbase.errors import AwsbaseError, Refused
from awsbase.records import record
from awsbase.scripts.ask import Ask
from awsbase.scripts.connect import Target
from awsbase.scripts.consent import consent
from awsbase.scripts.interrupt import INTERRUPTED, abortable, interruptible
from awsbase.scripts.loaded import LoadedManifest
from awsbase.scripts.options import Options
from awsbase.scripts.output import err
from awsbase.view.document import Plan
from awsbase.view.live import progress
from awsbase.view.text import render
from awsbase.view.tree import tree

log = logging.getLogger("awsbase")


def nothing(facts: Facts) -> None:
    """Check nothing: a plan may be looked at by everybody."""


@record
class Session:
    """What a command works on: the manifest, the resources chosen of it, the account, the options.

    `patience` says how long to wait for somebody else who writes to the account, and `allow_risky` whether risky
    changes are approved beforehand.
    """

    wanted: LoadedManifest
    resources: Sequence[Resource]
    target: Target
    options: Options
    patience: timedelta = timedelta(0)
    allow_risky: bool = False

    def execute(
        self,
        mode: Mode,
        approved: Approved | None = None,
        *,
        guarded: bool = False,
        allow_risky: bool = False,
        cache: ReadCache | None = None,
        before_write: Callable[[], None] = lambda: None,
    ) -> Report:
        """Plan or reconcile, with progress on stderr and Ctrl-C as the wish to stop; `guarded` against a lock-out."""
        screen = not self.options.debug
        with (
            progress(sys.stderr, mode, len(self.resources), screen=screen) as observer,
            interruptible(observer.say) as stop,
        ):
            return execute(
                mode,
                self.resources,
                KINDS,
                self.target.account,
                fingerprint=self.wanted.fingerprint,
                approved=approved,
                allow_risky=allow_risky,
                clock=self.target.clock,
                observer=observer,
                stop=stop,
                check=self.lockout if guarded else nothing,
                cache=cache,
                before_write=before_write,
            )

    @contextmanager
    def locked(self, lock: Lock) -> Iterator[bool]:
        """Hold the account's lock meanwhile; yields whether nobody else has held it since this run began to look."""
        try:
            with (
                locking(self.target.account),
                interruptible(lambda text: None) as stop,
                lock.held(
                    self.target.account.reached,
                    patience=self.patience,
                    stop=stop,
                    say=lambda text: err(f"{text}\n"),
                ) as unchanged,
            ):
                yield unchanged
        except Interrupted:
            err("interrupted, nothing was changed\n")
            raise Exit(INTERRUPTED) from None

    def lockout(self, facts: Facts) -> None:
        """Refuse what would cut its own caller off; who may not even look at IAM cannot change it either."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            lockout(self.target.account, self.resources, facts)
        except (BotoCoreError, ClientError) as error:
            log.debug("the lock-out check could not look: %s", error)

    def agreed(self, plan: Report, question: str, ask: Ask | None) -> bool:
        """Ask for consent to a plan where there is somebody to ask, and refuse risky changes where there is nobody."""
        return consent(plan, f"\n{question}", self.wanted.name, ask=ask, allow_risky=self.allow_risky)

    def permits(self, plan: Report) -> bool:
        """Tell whether risky changes may be made once a plan was agreed to: only if it was part of that."""
        return self.allow_risky or bool(risky(plan))

    def shown(self, report: Report, stream: TextIO) -> str:
        """Return a report as people read it on a stream."""
        sections = self.wanted.section_of
        lines = tree(report, name=self.wanted.name, sections=sections, verbose=self.options.verbose)
        return render(lines, stream)


def reconcile(session: Session, *, ask: Ask | None, approved: Approved | None = None) -> tuple[Report, bool]:
    """Plan, then apply what was planned, after `ask` has agreed to it if there is somebody to ask.

    Returns the report, of the plan when it stopped there, and whether the plan was declined.
    """
    lock, cache = lock_of(session.target), ReadCache()
    plan = session.execute("plan", approved, guarded=True, cache=cache)
    if plan.interrupted or not plan.changes:
        return replace(plan, mode="reconcile"), False
    if not agreed(session, plan, ask):
        return plan, True

    with session.locked(lock) as unchanged:
        if not unchanged:
            before, cache = approval(plan.changes), ReadCache()
            plan = session.execute("plan", approved, guarded=True, cache=cache)
            if plan.interrupted:
                return replace(plan, mode="reconcile"), False
            # Somebody who was asked is asked again only for what he has not agreed to.
            if ask is None or exceeds_approval(before, plan.changes):
                with abortable():
                    if not agreed(session, plan, ask, "\nsomebody else has changed the account meanwhile:\n"):
                        return plan, True
        if ask is not None:
            approved, cache = approval(plan.changes), ReadCache()  # the answer may have taken its time
        cache.forget_failures()
        may = session.permits(plan)
        done = session.execute(
            "reconcile", approved, guarded=True, allow_risky=may, cache=cache, before_write=lock.check_and_renew
        )
    wire = session.target.account.wire
    return replace(done, seconds=plan.seconds + done.seconds, reads=wire.reads, writes=wire.writes), False


def agreed(session: Session, plan: Report, ask: Ask | None, why: str = "") -> bool:
    """Show a plan to somebody who can be asked, and ask for consent; raise Refused for risky changes with nobody."""
    if ask is not None:
        err(why + session.shown(plan, sys.stderr))
    count = len(plan.changes)
    changes = "1 change" if count == 1 else f"{count} changes"
    return session.agreed(plan, f"Apply {changes} to account {session.wanted.account} ({session.wanted.name})?", ask)


def lock_of(target: Target) -> Lock:
    """Return the lock of an account, as this run sees it."""
    account = target.account
    return Lock(account.aws.ssm, account.wire, account.caller, target.clock)


@contextmanager
def locking(account: Account) -> Iterator[None]:
    """Turn what AWS refuses meanwhile into advice about the lock."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        why = failure(error, account.caller)
        raise AwsbaseError(f"cannot lock account {account.id}: {why.code}: {why.message}", hint=why.hint) from error


def look_again(session: Session, done: Report) -> Report:
    """Add the plan that must be empty after a reconcile, with the calls that it made itself."""
    again = session.execute("plan")
    again = replace(again, reads=again.reads - done.reads, writes=again.writes - done.writes)
    return replace(done, second=again)


def approve(plan: Plan, wanted: LoadedManifest, *, sandbox: bool) -> Approved:
    """Return what a plan lists; raise Refused for one that was made for something else."""
    hint = "plan again, and have the new plan approved"
    if plan.sandbox != sandbox:
        made = "in the sandbox" if plan.sandbox else "for the account, not for the sandbox"
        raise Refused(f"the approved plan was made {made}", hint=hint)
    if plan.account != wanted.account:
        raise Refused(f"the approved plan is for account {plan.account}, not {wanted.account}", hint=hint)
    if plan.region != wanted.region:
        raise Refused(f"the approved plan is for {plan.region}, not {wanted.region}", hint=hint)
    if plan.version != __version__:
        raise Refused(f"the approved plan was made by awsbase {plan.version}, and this is {__version__}", hint=hint)
    if plan.fingerprint != wanted.fingerprint:
        raise Refused(f"the approved plan was made from another manifest than {wanted.file} is now", hint=hint)
    return approval(plan.changes)


def exit_code(report: Report, *, strict: bool = False) -> int:
    """Say how a run went, as an exit code."""
    if report.interrupted or (report.second and report.second.interrupted):
        return INTERRUPTED
    if report.failed or (report.second and (report.second.changes or report.second.failed)):
        return 1
    return 3 if strict and report.manual_actions else 0
