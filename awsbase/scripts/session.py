"""A session with a terminal: plan, ask, apply, plan again, and the exit code."""

from __future__ import annotations

import shlex
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from click.exceptions import Exit

from awsbase.engine.authors import with_authors
from awsbase.engine.changes import Mode, Refusal, Report
from awsbase.engine.lock import Lock, Locked
from awsbase.engine.removal import Removal
from awsbase.engine.run import Interrupted, Observer
from awsbase.errors import Refused
from awsbase.records import record
from awsbase.scripts import advice
from awsbase.scripts.hints import completed_report
from awsbase.scripts.interrupt import INTERRUPTED, abortable, interruptible
from awsbase.scripts.leaving import Leaving
from awsbase.scripts.options import Options
from awsbase.scripts.output import err
from awsbase.session import AccountSession, Prompt
from awsbase.view.live import progress
from awsbase.view.summary import summary
from awsbase.view.text import Line, render
from awsbase.view.tree import tree
from awsbase.view.wrong import wrong


@record
class Session(AccountSession):
    """What a command works on, with the options of the command.

    Where something is `leaving`, it is taken away and not made.
    """

    options: Options
    leaving: Leaving | None = None

    @property
    def manifest(self) -> Path:
        """Return the path that the manifest was read from."""
        return Path(self.loaded.file)

    @property
    def removal(self) -> Removal | None:
        """Return what is taken away and what stays, where the session does not make things."""
        return self.leaving.removal if self.leaving else None

    @contextmanager
    def running(self, mode: Mode) -> Iterator[tuple[Observer, threading.Event]]:
        """Show the progress of a run on stderr; Ctrl-C stops it."""
        screen, quiet = not self.options.debug, self.options.quiet
        doing = "deleting" if self.removal and mode == "reconcile" else ""
        with (
            progress(sys.stderr, mode, len(self.resources), screen=screen, quiet=quiet, doing=doing) as observer,
            interruptible(observer.say) as stop,
        ):
            yield observer, stop

    @contextmanager
    def stoppable(self) -> Iterator[threading.Event]:
        """Let Ctrl-C end a wait."""
        with interruptible(lambda text: None) as stop:
            yield stop

    def say(self, text: str) -> None:
        """Tell what the session waits for."""
        err(f"{text}\n")

    def shown_to_people(self, report: Report) -> Report:
        """Return a report whose hints name what the command was given."""
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
            with super().locked(lock) as unchanged:
                yield unchanged
        except Locked as error:
            error.hint = (error.hint or "").replace("MANIFEST", shlex.quote(self.loaded.file))
            raise
        except Interrupted:
            err("interrupted, nothing was changed\n")
            raise Exit(INTERRUPTED) from None

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        """Raise Refused for the last refusal of a plan, and say the others before; do nothing when there is none."""
        refuse(refusals)

    def agreed(self, plan: Report, ask: Prompt | None, introduction: str = "") -> bool:
        """Show a plan and ask for consent; raises Refused for unapproved risky changes when `ask` is None."""
        if ask is not None:
            err(introduction + self.shown(plan, sys.stderr))
        with abortable():
            return super().agreed(plan, ask)

    def consents(self, plan: Report, question: str, ask: Prompt | None) -> bool:
        """Ask for consent to a plan if there is a prompt, and refuse unapproved risky changes if there is none.

        What is taken away needs more than a yes, or a plan that was approved.
        """
        if self.leaving:
            return ask is None or self.leaving.consent(plan, self.loaded.account, self.loaded.name, ask)
        return super().consents(plan, question, ask)

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


def refuse(refusals: Sequence[Refusal]) -> None:
    """Raise Refused for the last refusal of a plan, and say the others before; do nothing when there is none."""
    for each in refusals[:-1]:
        err(advice(Refused(each.message, hint=each.hint)))
    if refusals:
        raise Refused(refusals[-1].message, hint=refusals[-1].hint)


def plan_again(session: Session, done: Report) -> Report:
    """Add a second plan, which must be empty after a reconcile, with only its own calls."""
    again = session.execute("plan")
    again = replace(again, reads=again.reads - done.reads, writes=again.writes - done.writes)
    return replace(done, second=again)


def exit_code(report: Report, *, strict: bool = False) -> int:
    """Return the exit code of a run: 0, 1 for a failure, 3 for manual actions if `strict`, or 130."""
    if report.interrupted or (report.second and report.second.interrupted):
        return INTERRUPTED
    if report.failed or (report.second and (report.second.changes or report.second.failed)):
        return 1
    return 3 if strict and report.manual_actions else 0
