"""A session on one account: plan, get consent, lock, apply. Commands and fleets work by the same one."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from datetime import timedelta
from typing import Any, Protocol

from awsbase import __version__
from awsbase.access.lockout import lockout
from awsbase.approach import Target
from awsbase.engine.account import Account
from awsbase.engine.changes import Change, Mode, Refusal, Report
from awsbase.engine.dependencies import dependencies
from awsbase.engine.execution import execute
from awsbase.engine.facts import WORKERS, Facts, ReadCache
from awsbase.engine.failures import failure
from awsbase.engine.lock import Lock
from awsbase.engine.removal import Removal
from awsbase.engine.resource import Resource
from awsbase.engine.risk import risky
from awsbase.engine.run import Approved, Observer, SilentObserver, approval, exceeds_approval, none
from awsbase.errors import AwsbaseError, Refused
from awsbase.manifest.loaded import LoadedManifest
from awsbase.manifest.ways_out import ways_out
from awsbase.records import record
from awsbase.view.document import Plan
from awsbase.view.plurals import counted
from awsbase.view.risks import reasons, warning

log = logging.getLogger("awsbase")

# Services whose requests go to another host than the one that a client is made for: that of a bucket, of an account.
OTHER_HOSTS = ("billing", "s3", "s3control")


class Prompt(Protocol):
    """Asks a question, and tells whether the answer was an accepted one: yes, when none is named."""

    def __call__(self, question: str, *accepted: str) -> bool: ...


class FirstChange:
    """Observes a run for somebody else, and calls when the first change is planned or applied."""

    def __init__(self, observer: Observer, call: Callable[[], None]) -> None:
        self._call, self._called = call, threading.Lock()
        self.started, self.waiting, self.finished = observer.started, observer.waiting, observer.finished
        self._wrote = observer.wrote

    def wrote(self, address: str, change: Change) -> None:
        """Call if this is the first change, and pass it on."""
        if self._called.acquire(blocking=False):
            self._call()
        self._wrote(address, change)


@record
class AccountSession:
    """What is worked on: the manifest, the selected resources and the account.

    `patience` is how long to wait for another run's lock, and `allow_risky` whether risky changes are approved already.
    `stop` ends a run early once it is set.
    """

    loaded: LoadedManifest
    resources: Sequence[Resource]
    target: Target
    patience: timedelta = field(default=timedelta(0), kw_only=True)
    allow_risky: bool = field(default=False, kw_only=True)
    stop: threading.Event = field(default_factory=threading.Event, kw_only=True, compare=False)

    @property
    def whole(self) -> bool:
        """Tell whether all resources of the manifest are worked on."""
        return len(self.resources) == len(self.loaded.resources)

    @property
    def removal(self) -> Removal | None:
        """Return what is taken away and what stays, where the session does not make things."""
        return None

    @contextmanager
    def running(self, mode: Mode) -> Iterator[tuple[Observer, threading.Event]]:
        """Yield what observes a run, and what ends it early."""
        yield SilentObserver(), self.stop

    @contextmanager
    def stoppable(self) -> Iterator[threading.Event]:
        """Yield what ends a wait early."""
        yield self.stop

    def say(self, text: str) -> None:
        """Tell what the session waits for."""
        log.debug("%s", text)

    def shown_to_people(self, report: Report) -> Report:
        """Return a report in the words of the command that made it."""
        return report

    def execute(
        self,
        mode: Mode,
        approved: Approved | None = None,
        *,
        guarded: bool = False,
        allow_risky: bool = False,
        cache: ReadCache | None = None,
        before_write: Callable[[], None] = lambda: None,
        before_change: Callable[[], None] = lambda: None,
        applies: Callable[[str, Change], bool] = none,
        results: dict[str, Any] | None = None,
    ) -> Report:
        """Plan or reconcile; `guarded` looks for a lock-out, and `before_change` is called once there is a change."""
        with self.running(mode) as (observer, stop):
            report = execute(
                mode,
                self.resources,
                self.loaded.kinds,
                self.target.account,
                fingerprint=self.loaded.fingerprint,
                approved=approved,
                allow_risky=allow_risky,
                clock=self.target.clock,
                observer=FirstChange(observer, before_change),
                stop=stop,
                check=self.lockout if guarded and not self.removal else no_check,
                cache=cache,
                before_write=before_write,
                ways_out=ways_out(self.loaded.manifest),
                applies=applies,
                results=results,
                removal=self.removal,
            )
        return self.shown_to_people(report)

    def expect_lock(self) -> None:
        """Begin to connect to where the lock is; the run goes on meanwhile."""
        self.target.connect({("ssm", self.target.account.aws.region): 1})

    def expect_writes(self, plan: Report) -> None:
        """Begin to connect for the writes of a plan that wait for nothing but the lock; not for removals."""
        if self.removal:
            return
        changed = {outcome.address for outcome in plan.outcomes if outcome.changes}
        needed = dependencies(self.resources)
        first = [each.changes[0] for each in plan.outcomes if each.changes and changed.isdisjoint(needed[each.address])]
        writes = [(change.api.partition(":")[0], change.subject.region) for change in first[:WORKERS] if change.subject]
        self.target.connect(Counter(each for each in writes if each[0] not in OTHER_HOSTS))

    @contextmanager
    def locked(self, lock: Lock) -> Iterator[bool]:
        """Hold the account's lock; yield whether no other run has held it since this run's first read.

        Raises Interrupted when the session is stopped while it waits.
        """
        with (
            locking(self.target.account),
            self.stoppable() as stop,
            lock.held(self.target.account.reached, patience=self.patience, stop=stop, say=self.say) as unchanged,
        ):
            yield unchanged

    def lockout(self, facts: Facts) -> Sequence[Refusal]:
        """List who would be locked out; a caller who cannot read IAM cannot change it either."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return lockout(self.target.account, self.resources, facts)
        except (BotoCoreError, ClientError) as error:
            log.debug("the lock-out check could not read: %s", error)
            return ()

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        """Raise Refused for the refusals of a plan; do nothing when there is none."""
        if refusals:
            raise Refused("\n".join(each.message for each in refusals), hint=refusals[-1].hint)

    def agreed(self, plan: Report, ask: Prompt | None, introduction: str = "") -> bool:
        """Ask for consent to a plan if there is a prompt; raises Refused for unapproved risky changes if there is none.

        The `introduction` says why it is asked again.
        """
        changes = counted(len(plan.changes), "change")
        question = f"Apply {changes} to account {self.loaded.account} ({self.loaded.name})?"
        return self.consents(plan, question, ask)

    def consents(self, plan: Report, question: str, ask: Prompt | None) -> bool:
        """Ask for consent to a plan if there is a prompt; raises Refused for risky changes if there is none."""
        return consent(plan, question, self.loaded.name, ask=ask, allow_risky=self.allow_risky)

    def allows_risky(self, plan: Report) -> bool:
        """Tell whether risky changes can be applied: only if the approved plan contained some."""
        return self.allow_risky or bool(risky(plan))

    @property
    def lock(self) -> Lock:
        """Return the lock of the account: what is taken away completes no manifest."""
        return lock_of(self.target, "" if self.removal else self.loaded.fingerprint)


def no_check(facts: Facts) -> Sequence[Refusal]:
    """Refuse nothing."""
    return ()


def reconcile(session: AccountSession, *, ask: Prompt | None, approved: Approved | None = None) -> tuple[Report, bool]:
    """Plan, ask for consent with `ask` unless it is None, and apply the plan.

    Return the report, which is the plan's when it stopped there, and whether the plan was declined. Nothing is written
    when the plan exceeds a quota of AWS; raises Refused when it would lock somebody out.
    """
    cache = session.target.cache()
    plan = session.execute("plan", approved, guarded=True, cache=cache, before_change=session.expect_lock)
    session.refuse(plan.refusals)
    if plan.interrupted or plan.exceeds_quota:
        return plan.held_back(), False
    if not plan.changes:
        return replace(plan, mode="reconcile"), False
    if not session.agreed(plan, ask):
        return plan, True

    lock = session.lock
    # AWS ends connections that wait for long, as for an answer.
    session.expect_lock()
    session.expect_writes(plan)
    with session.locked(lock) as unchanged:
        if not unchanged:
            before, cache = approval(plan.changes), ReadCache()
            plan = session.execute("plan", approved, guarded=True, cache=cache)
            session.refuse(plan.refusals)
            if plan.interrupted or plan.exceeds_quota:
                return plan.held_back(), False
            # The operator is asked again only about changes that exceed the approval.
            exceeds = ask is None or exceeds_approval(before, plan.changes)
            if exceeds and not session.agreed(plan, ask, "\nanother run has changed the account meanwhile:\n"):
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


def consent(plan: Report, question: str, name: str, *, ask: Prompt | None, allow_risky: bool) -> bool:
    """Ask for consent if there is a prompt; raises Refused for risky changes if there is none.

    The question repeats what is risky. With `allow_risky` a yes is enough, otherwise it needs the account's `name`.
    """
    changes = risky(plan)
    if ask is None:
        if changes and not allow_risky:
            listed = "\n".join(f"  {reason}" for reason in reasons(changes))
            raise Refused(
                f"these changes are risky, and nobody has approved them; nothing was changed:\n{listed}",
                hint="if you want all of them, run again with --allow-risky",
            )
        return True
    if not changes:
        return ask(f"\n{question} [y/N] ")
    if allow_risky:
        return ask(f"\n{warning(changes)}\n{question} [y/N] ")
    said = warning(changes)
    return ask(f"\n{question}\n{said}{' ' if said.endswith('.') else chr(10)}Type {name} to allow it: ", name)


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
