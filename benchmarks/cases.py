"""What is measured: ours and the lower bound in turn, so that a machine that changes changes both."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.distant import account
from benchmarks.manifests import BASELINE, PEERS, people
from benchmarks.measure import Measure, lower_bound, measure, ours

RUNS = ("first", "converged")
OURS, BOUND = "ours", "lower bound"
# An account of so many users is made once, which takes its minutes, and checked as often as is asked for.
MANY = 1000


@dataclass(frozen=True)
class Case:
    """A manifest, the lower bound's name for it, and whether one run is enough.

    Without a name the lower bound is the calls of our own converged run, made again side by side.
    """

    name: str
    manifest: Path
    lower_bound: str | None
    once: bool = False

    def measured(self, who: str) -> tuple[str, ...]:
        """Return the runs that there are of somebody."""
        return RUNS if who == OURS or self.lower_bound else ("converged",)


def cases(users: list[int], folder: Path) -> list[Case]:
    """Return what is measured, with manifests of so many users in a folder."""
    crowds = [Case(f"{n} users", people(n, folder), str(n), once=n >= MANY) for n in users]
    return [Case("peers", PEERS, "peers"), Case("baseline", BASELINE, None), *crowds]


def runs(case: Case, latency: int, count: int, *, tls: bool) -> dict[tuple[str, str], list[Measure]]:
    """Return what first and converged runs took, by who ran and which of them."""
    measured: dict[tuple[str, str], list[Measure]] = {(who, run): [] for run in RUNS for who in (OURS, BOUND)}
    for _ in range(1 if case.once else count):
        with ExitStack() as accounts, tempfile.TemporaryDirectory() as folder:
            own = {OURS: accounts.enter_context(account(latency, tls=tls))}
            # Another account has other ids: our calls are made again where we made them.
            own[BOUND] = accounts.enter_context(account(latency, tls=tls)) if case.lower_bound else own[OURS]
            calls = Path(folder, "calls.json")
            for run in ("first", *["converged"] * (count if case.once else 1)):
                for who, distant in own.items():
                    if run in case.measured(who):
                        measured[who, run].append(measure(command(case, who, run, calls), distant))
                        calls.write_text(json.dumps(measured[OURS, run][-1].heard.made))
    return measured


def command(case: Case, who: str, run: str, calls: Path) -> list[str]:
    """Return the command line of a run."""
    if who == OURS:
        return ours("reconcile", case.manifest, "--yes", "--json")
    return lower_bound(case.lower_bound, run) if case.lower_bound else lower_bound("replay", str(calls))
