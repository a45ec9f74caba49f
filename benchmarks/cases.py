"""What is measured: ours and the lower bound in turn, so that a machine that changes changes both."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.distant import account
from benchmarks.manifests import BASELINE, PEERS, people
from benchmarks.measure import Measure, lower_bound, measure, ours

RUNS = ("first", "converged")
# An account of so many users is made once, which takes its minutes, and checked as often as is asked for.
MANY = 1000


@dataclass(frozen=True)
class Case:
    """A manifest, the lower bound's name for it (None where it has none), and whether one run is enough."""

    name: str
    manifest: Path
    lower_bound: str | None
    once: bool = False


def cases(users: list[int], folder: Path) -> list[Case]:
    """Return what is measured, with manifests of so many users in a folder."""
    crowds = [Case(f"{n} users", people(n, folder), str(n), once=n >= MANY) for n in users]
    return [Case("peers", PEERS, "peers"), Case("baseline", BASELINE, None), *crowds]


def runs(case: Case, latency: int, count: int) -> dict[tuple[str, str], list[Measure]]:
    """Return what first and converged runs took, by who ran and which of them."""
    commands = {"ours": {run: ours("reconcile", case.manifest, "--yes", "--json") for run in RUNS}}
    if case.lower_bound:
        commands["lower bound"] = {run: lower_bound(case.lower_bound, run) for run in RUNS}
    measured: dict[tuple[str, str], list[Measure]] = {(who, run): [] for run in RUNS for who in commands}
    for _ in range(1 if case.once else count):
        with ExitStack() as accounts:
            own = {who: accounts.enter_context(account(latency)) for who in commands}
            for run in ("first", *["converged"] * (count if case.once else 1)):
                for who, command in commands.items():
                    measured[who, run].append(measure(command[run], own[who]))
    return measured
