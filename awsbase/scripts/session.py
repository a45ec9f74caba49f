"""A session: plan, ask, apply, plan again, and the exit code."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

from click.exceptions import Exit

from awsbase import __version__
from awsbase.access.lockout import lockout
from awsbase.engine.account import Account
from awsbase.engine.authors import with_authors
from awsbase.engine.changes import Change, Mode, Refusal, Report
from awsbase.engine.execution import execute
from awsbase.engine.facts import Facts, ReadCache
from awsbase.engine.failures import failure
from awsbase.engine.lock import Lock, Locked
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risky
from awsbase.engine.run import Approved, Interrupted, approval, exceeds_approval, none
from awsbase.errors import AwsbaseError, Refused
from awsbase.manifest import ways_out
from awsbase.records import record
from awsbase.scripts import advice
from awsbase.scripts.ask import Prompt
from awsbase.scripts.connect import Target
from awsbase.scripts.consent import consent
from awsbase.scripts.hints import completed_report
from awsbase.scripts.interrupt import INTERRUPTED, abortable, interruptible
from awsbase.scripts.leaving import Leaving
from awsbase.scripts.loaded import LoadedManifest
from awsbase.scripts.options import Options
from awsbase.scripts.output import err
from awsbase.view.document import Plan
from awsbase.view.live import progress
from awsbase.view.plurals import counted
from awsbase.view.summary import summary
from awsbase.view.text import Line, render
from awsbase.view.tree import tree
from awsbase.view.wrong import wrong

log = logging.getLogger("awsbase")


def no_check(facts: Facts) -> Sequence[Refusal]:
    """Refuse nothing."""
    return ()


@record
class Session:
    """What a command works on: the manifest, the selected resources, the account and the options.

    `patience` is how long to wait for another run's lock, and `allow_risky` whether risky changes are approved already.
    Where something is `leaving`, it is taken away and not made.
    """

    loaded: LoadedManifest
    resources: Sequence[Resource]
    target: Target
    options: Options
    patience: timedelta = timedelta(0)
    allow_risky: bool = False
    leaving: Leaving | None = None

    @property
    def manifest(self) -> Path:
        """Return the path that the manifest was read from."""
        return Path(self.loaded.file)

    @property
    def whole(self) -> bool:
        """Tell whether all resources of the manifest are worked on."""
        return len(self.resources) == len(self.loaded.resources)

    def execute(
        self,
        mode: Mode,
        approved: Approved | None = None,
        *,
        guarded: bool = False,
        allow_risky: bool = False,
        cache: ReadCache | None = None,
        before_write: Callable[[], None] = lambda: None,
        applies: Callable[[str, Change], bool] = none,
        results: dict[str, Any] | None = None,
    ) -> Report:
        """Plan or reconcile with progress on stderr; Ctrl-C stops it, and `guarded` looks for a lock-out."""
        screen, quiet = not self.options.debug, self.options.quiet
        removal = self.leaving.removal if self.leaving else None
        doing = "deleting" if removal and mode == "reconcile" else ""
        with (
            progress(sys.stderr, mode, len(self.resources), screen=screen, quiet=quiet, doing=doing) as observer,
            interruptible(observer.say) as stop,
        ):
            report = execute(
                mode,
                self.resources,
                self.loaded.kinds,
                self.target.account,
                fingerprint=self.loaded.fingerprint,
                approved=approved,
                allow_risky=allow_risky,
                clock=self.target.clock,
                observer=observer,
                stop=stop,
                check=self.lockout if guarded and not removal else no_check,
                cache=cache,
                before_write=before_write,
                ways_out=ways_out(self.loaded.manifest),
                applies=applies,
                results=results,
                removal=removal,
            )
        return completed_report(self.leaving.shown(report) if self.leaving else report)

    def with_authors(self, plan: Report) -> Report:
        """Return a plan that says of what differs who changed it; Ctrl-C ends the asking, not the plan."""
        if plan.changes:
            err("asking CloudTrail who changed what differs\n")
        with interruptible(lambda text: None) as stop:
            return with_authors(plan, self.target.account, self.target.clock, stop)

    @contextmanager
    def locked(self, lock: Lock) -> Iterator[bool]:
        """Hold the account's lock; yield whether no other run has held it since this run's first read.

        Raises Exit when the run is interrupted while it waits.
        """
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
        except Locked as error:
            error.hint = (error.hint or "").replace("MANIFEST", shlex.quote(self.loaded.file))
            raise
        except Interrupted:
            err("interrupted, nothing was changed\n")
            raise Exit(INTERRUPTED) from None

    def lockout(self, facts: Facts) -> Sequence[Refusal]:
        """List who would be locked out; a caller who cannot read IAM cannot change it either."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return lockout(self.target.account, self.resources, facts)
        except (BotoCoreError, ClientError) as error:
            log.debug("the lock-out check could not read: %s", error)
            return ()

    def consents(self, plan: Report, question: str, ask: Prompt | None) -> bool:
        """Ask for consent to a plan if there is a prompt, and refuse unapproved risky changes if there is none.

        What is taken away needs more than a yes, or a plan that was approved.
        """
        if self.leaving:
            return ask is None or self.leaving.consent(plan, self.loaded.account, self.loaded.name, ask)
        return consent(plan, question, self.loaded.name, ask=ask, allow_risky=self.allow_risky)

    def allows_risky(self, plan: Report) -> bool:
        """Tell whether risky changes can be applied: only if the approved plan contained some."""
        return self.allow_risky or bool(risky(plan))

    @property
    def lock(self) -> Lock:
        """Return the lock of the account: what is taken away completes no manifest."""
        return lock_of(self.target, "" if self.leaving else self.loaded.fingerprint)

    def shown(self, report: Report, stream: TextIO) -> str:
        """Return a report as text for a stream, with the details that the options ask for."""
        return render(self.lines(report), stream)

    def lines(self, report: Report) -> Iterable[Line]:
        """Return the lines of a report: the summary, or the tree if the options ask for it."""
        name, sections = self.loaded.name, self.loaded.section_of
        if self.options.full:
            return tree(report, name=name, sections=sections, verbose=self.options.verbose)
        return summary(report, name=name, sections=sections, resources=self.resources)

    def result(self, report: Report, stream: TextIO) -> str:
        """Return a report as the result of a command: with `quiet`, only what is wrong."""
        return render(wrong(report), stream) if self.options.quiet else self.shown(report, stream)


def reconcile(session: Session, *, ask: Prompt | None, approved: Approved | None = None) -> tuple[Report, bool]:
    """Plan, ask for consent with `ask` unless it is None, and apply the plan.

    Return the report, which is the plan's when it stopped there, and whether the plan was declined. Nothing is written
    when the plan exceeds a quota of AWS; raises Refused when it would lock somebody out.
    """
    lock, cache = session.lock, ReadCache()
    plan = session.execute("plan", approved, guarded=True, cache=cache)
    refuse(plan.refusals)
    if plan.interrupted or not plan.changes:
        return replace(plan, mode="reconcile"), False
    if plan.exceeds_quota:
        return plan.held_back(), False
    if not agreed(session, plan, ask):
        return plan, True

    with session.locked(lock) as unchanged:
        if not unchanged:
            before, cache = approval(plan.changes), ReadCache()
            plan = session.execute("plan", approved, guarded=True, cache=cache)
            refuse(plan.refusals)
            if plan.interrupted:
                return replace(plan, mode="reconcile"), False
            if plan.exceeds_quota:
                return plan.held_back(), False
            # The operator is asked again only about changes that exceed the approval.
            if ask is None or exceeds_approval(before, plan.changes):
                with abortable():
                    if not agreed(session, plan, ask, "\nanother run has changed the account meanwhile:\n"):
                        return plan, True
        if ask is not None:
            approved, cache = approval(plan.changes), ReadCache()  # the answer can have taken long
        cache.forget_failures()
        allowed = session.allows_risky(plan)
        done = session.execute(
            "reconcile",
            approved,
            guarded=True,
            allow_risky=allowed,
            cache=cache,
            before_write=lock.check_and_renew,
        )
        if complete(done):
            lock.finish(whole=session.whole)
    wire = session.target.account.wire
    return replace(done, seconds=plan.seconds + done.seconds, reads=wire.reads, writes=wire.writes), False


def refuse(refusals: Sequence[Refusal]) -> None:
    """Raise Refused for the last refusal of a plan, and say the others before; do nothing when there is none."""
    for each in refusals[:-1]:
        err(advice(Refused(each.message, hint=each.hint)))
    if refusals:
        raise Refused(refusals[-1].message, hint=refusals[-1].hint)


def agreed(session: Session, plan: Report, ask: Prompt | None, introduction: str = "") -> bool:
    """Show a plan and ask for consent; raises Refused for unapproved risky changes when `ask` is None."""
    if ask is not None:
        err(introduction + session.shown(plan, sys.stderr))
    changes = counted(len(plan.changes), "change")
    return session.consents(plan, f"Apply {changes} to account {session.loaded.account} ({session.loaded.name})?", ask)


def complete(done: Report) -> bool:
    """Tell whether a run has done all that it was to do."""
    return not done.interrupted and all(outcome.status in ("changed", "unchanged") for outcome in done.outcomes)


def lock_of(target: Target, manifest: str = "") -> Lock:
    """Return the lock of an account for a run of the manifest with this fingerprint."""
    account = target.account
    return Lock(account.aws.ssm, account.wire, account.caller, target.clock, manifest=manifest)


@contextmanager
def locking(account: Account) -> Iterator[None]:
    """Turn an error of AWS into one about the lock, with a hint; raises AwsbaseError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        cause = failure(error, account.caller)
        raise AwsbaseError(
            f"cannot lock account {account.id}: {cause.code}: {cause.message}", hint=cause.hint
        ) from error


def plan_again(session: Session, done: Report) -> Report:
    """Add a second plan, which must be empty after a reconcile, with only its own calls."""
    again = session.execute("plan")
    again = replace(again, reads=again.reads - done.reads, writes=again.writes - done.writes)
    return replace(done, second=again)


def approve(plan: Plan, loaded: LoadedManifest, *, sandbox: bool) -> Approved:
    """Return the approval that a plan gives; raises Refused when it is for something else."""
    hint = "plan again, and have the new plan approved"
    if plan.sandbox != sandbox:
        origin = "in the sandbox" if plan.sandbox else "for the account, not for the sandbox"
        raise Refused(f"the approved plan was made {origin}", hint=hint)
    if plan.account != loaded.account:
        raise Refused(f"the approved plan is for account {plan.account}, not {loaded.account}", hint=hint)
    if plan.region != loaded.region:
        raise Refused(f"the approved plan is for {plan.region}, not {loaded.region}", hint=hint)
    if plan.version != __version__:
        raise Refused(f"the approved plan was made by awsbase {plan.version}, and this is {__version__}", hint=hint)
    if plan.fingerprint != loaded.fingerprint:
        raise Refused(f"the approved plan was made from another manifest than {loaded.file} is now", hint=hint)
    return approval(plan.changes)


def scope(plan: Plan, loaded: LoadedManifest, only: Sequence[str]) -> list[Resource]:
    """Return the resources that an approved plan is about; raises Refused when `only` names others."""
    planned = loaded.only(plan.only)
    if only and loaded.only(only) != planned:
        made = " ".join(f"--only {name}" for name in plan.only) or "the whole manifest"
        raise Refused(
            f"the approved plan was made for {made}, not for {' '.join(f'--only {name}' for name in only)}",
            hint="leave --only out: the plan knows what it is about",
        )
    return planned


def exit_code(report: Report, *, strict: bool = False) -> int:
    """Return the exit code of a run: 0, 1 for a failure, 3 for manual actions if `strict`, or 130."""
    if report.interrupted or (report.second and report.second.interrupted):
        return INTERRUPTED
    if report.failed or (report.second and (report.second.changes or report.second.failed)):
        return 1
    return 3 if strict and report.manual_actions else 0
