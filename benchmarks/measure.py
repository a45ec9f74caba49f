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
    """Calls at the wire by operation, seconds, seconds of CPU, MiB at its peak, most calls at once."""

    reads: Counter[str]
    writes: Counter[str]
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
    reads, writes, at_once = account.heard()
    return Measure(reads, writes, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, at_once)


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
