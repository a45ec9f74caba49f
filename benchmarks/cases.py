"""What is measured: ours and the lower bound in turn, so that a machine that changes changes both."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.beside import Terraform
from benchmarks.distant import account
from benchmarks.manifests import BASELINE, PEERS, people
from benchmarks.measure import Measure, lower_bound, measure, ours

RUNS = ("first", "converged")
OURS, BOUND, TERRAFORM = "awsbase", "lower bound", "Terraform"
# An account of so many users is made once, which takes its minutes, and checked as often as is asked for.
MANY = 1000

Measured = dict[tuple[str, str], list[Measure]]


@dataclass(frozen=True)
class Case:
    """A manifest, the lower bound's name for it, whether one first run is enough, and Terraform, where it takes part.

    Without a name the lower bound is the calls of our own converged run, made again side by side.
    """

    name: str
    manifest: Path
    lower_bound: str | None
    once: bool = False
    terraform: Terraform | None = None

    def who(self) -> tuple[str, ...]:
        """Return who is measured, in turn."""
        return (OURS, BOUND, *([TERRAFORM] if self.terraform else []))

    def measured(self, who: str) -> tuple[str, ...]:
        """Return the runs that there are of somebody."""
        return ("converged",) if who == BOUND and not self.lower_bound else RUNS


def cases(users: list[int], folder: Path, terraform: Terraform | None) -> list[Case]:
    """Return what is measured, with manifests of so many users in a folder."""
    crowds = [Case(f"{n} users", people(n, folder), str(n), once=n >= MANY) for n in users]
    peers = Case("peers", PEERS, "peers", terraform=terraform)
    return [peers, Case("baseline", BASELINE, None), *crowds]


def runs(case: Case, latency: int, count: int, *, tls: bool) -> Measured:
    """Return what first and converged runs took, by who ran and which of them."""
    measured: Measured = {(who, run): [] for run in RUNS for who in case.who() if run in case.measured(who)}
    for _ in range(1 if case.once else count):
        with ExitStack() as accounts, tempfile.TemporaryDirectory() as folder:
            # Another account has other ids: our own calls are made again where we made them.
            alone = [who for who in case.who() if who != BOUND or case.lower_bound]
            own = {who: accounts.enter_context(account(latency, tls=tls)) for who in alone}
            own.setdefault(BOUND, own[OURS])
            calls = Path(folder, "calls.json")
            if case.terraform:
                case.terraform.forget()
            # What it has not told yet the emulator has to write first, for which nobody would wait at AWS.
            warm = ("converged", False)
            for run, counts in (("first", True), warm, *[("converged", True)] * (count if case.once else 1)):
                for who, distant in own.items():
                    if run in case.measured(who) and (counts or who != TERRAFORM):
                        home = case.terraform.home if case.terraform and who == TERRAFORM else None
                        found = measure(command(case, who, run, calls), distant, home)
                        measured[who, run] += [found] if counts else []
                        if who == OURS:
                            calls.write_text(json.dumps(found.heard.made))
            if case.terraform and (changes := case.terraform.planned(own[TERRAFORM])) != "No changes":
                sys.exit(f"Terraform would still change: {changes}")
    return measured


def command(case: Case, who: str, run: str, calls: Path) -> list[str]:
    """Return the command line of a run."""
    if who == TERRAFORM and case.terraform:
        return case.terraform.command("apply", "-auto-approve")
    if who == OURS:
        return ours("reconcile", case.manifest, "--yes", "--json")
    return lower_bound(case.lower_bound, run) if case.lower_bound else lower_bound("replay", str(calls))
