"""One process measured from outside: start-up, imports, calls and report are all in it."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.distant import Account

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True)
class Measure:
    """Calls at the wire by operation, how many were throttled, seconds, of CPU too, MiB at its peak, most at once."""

    reads: Counter[str]
    writes: Counter[str]
    throttled: int
    wall: float
    cpu: float
    memory: float
    at_once: int

    @property
    def calls(self) -> int:
        return self.reads.total() + self.writes.total()


def environment(url: str) -> dict[str, str]:
    """Return what leads a process to a distant account, and nowhere else."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "AWS_ENDPOINT_URL": url,
        **dict.fromkeys(KEYS, "sandbox"),
    }


def ours(command: str, manifest: Path, *options: str) -> list[str]:
    """Return the command line of awsbase for a manifest."""
    return [sys.executable, "-m", "awsbase", command, str(manifest), *options]


def lower_bound(what: str, run: str) -> list[str]:
    """Return the command line of the bare program that nobody could beat."""
    return [sys.executable, "-m", "benchmarks.lower_bound", what, run]


def measure(command: list[str], account: Account, more: Mapping[str, str] | None = None) -> Measure:
    """Run a command against an account in a process of its own; ends this one when it fails."""
    account.heard()
    started = time.monotonic()
    nowhere = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    pid = os.posix_spawn(command[0], command, {**environment(account.url), **(more or {})}, file_actions=nowhere)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - started
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} ended with {code}")
    reads, writes, throttled, at_once = account.heard()
    return Measure(reads, writes, throttled, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, at_once)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Format the median of several values, with the least and the greatest."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def row(name: str, latency: int, run: str, measures: Sequence[Measure]) -> str:
    """Format the measures of one case as a row of a Markdown table."""
    cells = [
        name,
        f"{latency} ms",
        run,
        " / ".join(sorted({f"{m.reads.total()} + {m.writes.total()}" for m in measures})),
        spread([m.wall for m in measures]),
        spread([m.cpu for m in measures]),
        spread([m.memory for m in measures], 0),
        str(max(m.at_once for m in measures)),
    ]
    return "| " + " | ".join(cells) + " |"


def ratio(one: Sequence[Measure], other: Sequence[Measure]) -> str:
    """Say how many times the calls and the seconds of one the other took."""
    calls = statistics.median(m.calls for m in other) / statistics.median(m.calls for m in one)
    seconds = statistics.median(m.wall for m in other) / statistics.median(m.wall for m in one)
    return f"{calls:.2f} × the calls, {seconds:.2f} × the seconds"
