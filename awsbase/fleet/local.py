"""A run on many accounts from this machine: plan them, or reconcile them wave by wave, and keep what became of each."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, get_args

from awsbase.engine.changes import Mode, Report
from awsbase.engine.risk import RiskyChange, risky
from awsbase.fleet.grouping import Grouping
from awsbase.fleet.item import Item, item_of
from awsbase.fleet.records import Record
from awsbase.fleet.results import Result, Status
from awsbase.fleet.tolerance import Tolerance
from awsbase.organization.load import Member, Organization
from awsbase.view.document import outcome_of
from awsbase.view.fleet import Groups, Tally

CarryOut = Callable[[Iterable[Item], threading.Event], Iterator[Result]]
"""Yields the results of items as they come, and begins no more once the event is set."""


class Watch(Protocol):
    """Hears how a run goes on."""

    def begins(self, mode: Mode, total: int) -> None:
        """Called before accounts are planned or reconciled: how many."""

    def ended(self, account: str, status: Status) -> None:
        """Called when an account is done."""


@dataclass
class LocalRun:
    """One command on many accounts: their items, who carries them out, and the record of what becomes of them.

    `profile` is for accounts for which the file names no way. `approved` are the plans that must not be exceeded, by
    account; without it nobody has approved any. `patience` is for how many seconds to wait for the lock of an account.
    """

    organization: Organization
    record: Record
    carry_out: CarryOut
    watch: Watch
    stop: threading.Event
    only: tuple[str, ...] = ()
    patience: float = 0.0
    profile: str | None = None
    approved: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def members(self) -> Mapping[str, Member]:
        """Return the accounts that the run is about, in the order of the file."""
        return {name: self.organization.members[name] for name in self.record.header.accounts}

    @property
    def results(self) -> Mapping[str, Result]:
        """Return the last result of each account, without its report."""
        return self.record.results

    def plan(self) -> None:
        """Plan all accounts that are not finished."""
        names = self.record.left
        self.watch.begins("plan", len(names))
        self._run(self.item(name, "plan") for name in names)

    def reconcile(
        self, waves: Sequence[Sequence[Member]], tolerance: Tolerance, allow_risky: Callable[[str], bool]
    ) -> Sequence[Member] | None:
        """Reconcile the accounts that are not finished: the management account first, and the others wave by wave.

        Return the wave after which it stopped, because more of its accounts failed than is tolerated; None if it did
        not stop.
        """
        left = set(self.record.left)
        self.watch.begins("reconcile", sum(each.name in left for wave in waves for each in wave))
        # What an organization lets its accounts do is settled by one writer, before they are worked on.
        leading = [each.name for wave in waves for each in wave if each.entry.management and each.name in left]
        if leading:
            self._run(self.item(name, "reconcile", allow_risky(name)) for name in leading)
            left.difference_update(leading)
        for wave in waves:
            names = [each.name for each in wave if each.name in left]
            self._run(self.item(name, "reconcile", allow_risky(name)) for name in names)
            if self.stop.is_set():
                return None
            failing = sum(self.results[each.name].failing for each in wave if each.name in self.results)
            if wave is not waves[-1] and not tolerance.holds(failing, len(wave)):
                return wave
        return None

    def planned(self) -> list[str]:
        """Return the accounts whose plan has changes that are not applied yet."""
        return [name for name, result in self.results.items() if result.status == "changes"]

    def keep_approved(self, names: Iterable[str]) -> None:
        """Take the plans of these accounts, which somebody has just approved, as what must not be exceeded."""
        found = {name: self.record.full(name) for name in names}
        self.approved = {name: result.report for name, result in found.items() if result and result.report}

    def risky(self, names: Iterable[str]) -> dict[str, list[RiskyChange]]:
        """Return the risky changes in the plans of accounts that have some."""
        found: dict[str, list[RiskyChange]] = {}
        for name in names:
            result = self.record.full(name)
            report = self.approved.get(name) or (result.report if result else None)
            if report and (changes := risky_of(report)):
                found[name] = changes
        return found

    def needs_people(self) -> bool:
        """Tell whether a person has to do something in an account."""
        return any(bool(result.report and result.report["manual_actions"]) for result in self.record.all())

    def groups(self, mode: Mode) -> Groups:
        """Return what became of the accounts, the same of several once; of a reconcile, only what was carried out."""
        grouping = Grouping(self.members)
        for result in self.record.all():
            if result.failing or result.ends(mode):
                grouping.add(result)
        return grouping.groups()

    @property
    def ended(self) -> dict[str, int]:
        """Return how many accounts ended how."""
        counts = Counter[str](result.status for result in self.results.values())
        return {status: counts[status] for status in get_args(Status)}

    def tally(self, name: str, mode: Mode) -> Tally:
        """Return how many accounts ended how."""
        calls = writes = 0
        for result in self.record.all():
            counts = (result.report or {}).get("calls", {})
            calls += counts.get("read", 0) + counts.get("write", 0)
            writes += counts.get("write", 0)
        return Tally(
            name,
            mode,
            len(self.record.header.accounts),
            {status: number for status, number in self.ended.items() if mode == "plan" or status != "changes"},
            calls,
            writes,
            self.stop.is_set(),
        )

    def item(self, name: str, mode: Mode, allow_risky: bool = False) -> Item:
        """Return the work on one account."""
        item = item_of(
            self.organization,
            self.organization.members[name],
            self.record.header.run,
            mode,
            only=self.only,
            approved=self.approved.get(name) if mode == "reconcile" else None,
            allow_risky=allow_risky,
            patience=self.patience,
        )
        return replace(item, route=replace(item.route, profile=item.route.profile or self.profile))

    def _run(self, items: Iterator[Item]) -> None:
        """Carry out items, each of which is made when its turn comes: memory does not grow with their number."""
        for result in self.carry_out(items, self.stop):
            self.record.add(result)
            self.watch.ended(result.account, result.status)


def risky_of(report: Mapping[str, Any]) -> list[RiskyChange]:
    """Return the risky changes that the document of a plan lists."""
    outcomes = tuple(outcome_of(each) for each in report["resources"] if each["changes"])
    return list(risky(Report("plan", "", "", "", "", outcomes, (), 0, 0, 0.0)))
