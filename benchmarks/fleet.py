"""Plans of thousands of accounts by the pool: seconds of CPU, memory of all its processes, and calls an account."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from awsbase.fleet.item import read_item
from awsbase.fleet.pool import Pool
from awsbase.fleet.work import work
from awsbase.fleet.worker import CarryOut
from awsbase.organization.reach import Sessions
from benchmarks.canned import Canned
from benchmarks.fleet_items import HOME, item
from benchmarks.plot import plot

RECORDED = "AWSBASE_BENCHMARK_RECORDED"
SIZES = {"small": 5000, "baseline": 200}
STEPS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
HEAD = "| manifest | accounts | calls each | beside one alone | CPU s each | accounts an hour | MiB of the pool |"


def begin() -> CarryOut:
    """Return the work on accounts that are answered for, in a process of the pool."""
    canned = Canned(Path(os.environ[RECORDED]))
    sessions = Sessions(lambda profile: canned.hub(HOME), canned.member)

    def carry_out(item: str) -> str:
        before = canned.asked
        result = work(read_item(json.loads(item)), sessions.to, sandbox=True)
        # What went over the wire, the way to the account included.
        return json.dumps(replace(result, calls=canned.asked - before).document())

    return carry_out


@dataclass(frozen=True)
class Step:
    """What it took up to a number of accounts: calls and seconds of CPU for each, seconds and KiB for all."""

    accounts: int
    calls: float
    cpu: float
    seconds: float
    memory: int


def growth(manifest: str, accounts: int, jobs: int = 2) -> Iterator[Step]:
    """Yield what it takes to plan so many accounts, at each of the steps on the way."""
    items = (item(manifest, number) for number in range(1, accounts + 1))
    started, before, calls, most = time.monotonic(), cpu(), 0, 0
    for count, result in enumerate(Pool(jobs, begin).results(items, threading.Event()), 1):
        if result.status != "unchanged":
            raise SystemExit(f"{result.account} is not as it was recorded: {result.message or result.report}")
        calls += result.calls
        if count % 10 == 0:
            most = max(most, memory())
        if count in STEPS or count == accounts:
            yield Step(count, calls / count, (cpu() - before) / count, time.monotonic() - started, most)
            most = 0


def memory() -> int:
    """Return the KiB that this process and those it started hold; what several hold is counted once."""
    return sum(proportional(pid) for pid in (os.getpid(), *children(os.getpid())))


def proportional(pid: int) -> int:
    """Return the KiB of a process, with its share of what several hold."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def children(pid: int) -> list[int]:
    """Return the processes that a process started, and those that they started."""
    found: list[int] = []
    # A thread or a process may end while it is looked at.
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                for child in (task / "children").read_text().split():
                    found += [int(child), *children(int(child))]
    return found


def cpu() -> float:
    """Return the seconds of CPU of this process and those it started, ended ones too."""
    total = 0.0
    for pid in (os.getpid(), *children(os.getpid())):
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return total + ended.ru_utime + ended.ru_stime


def fleet(accounts: Mapping[str, int], picture: Path | None = None) -> Iterator[str]:
    """Yield the rows of a table: how calls, CPU and memory grow with the number of accounts; draw them as well."""
    yield HEAD
    yield "| --- " * (HEAD.count(" | ") + 1) + "|"
    steps: dict[str, list[Step]] = {}
    for manifest, count in accounts.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "recorded"
            command = [sys.executable, "-m", "benchmarks.recording", manifest, str(file)]
            alone = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            os.environ[RECORDED] = str(file)
            for step in growth(manifest, count):
                steps.setdefault(manifest, []).append(step)
                hourly = 3600 * step.accounts / step.seconds
                yield (
                    f"| {manifest} | {step.accounts:,} | {step.calls:.2f} | {step.calls - alone:+.2f} | {step.cpu:.2f} "
                    f"| {hourly:,.0f} | {step.memory / 1024:.0f} |"
                )
    if picture:
        picture.write_text(drawn(steps))


def drawn(steps: Mapping[str, list[Step]]) -> str:
    """Return the growth as a plot."""
    panels = {
        "seconds of CPU an account": {name: [(each.accounts, each.cpu) for each in of] for name, of in steps.items()},
        "MiB of all processes": {
            name: [(each.accounts, each.memory / 1024) for each in of] for name, of in steps.items()
        },
    }
    return plot(panels, "accounts")
