"""One process measured from outside: start-up, imports, calls and report are all in it."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.distant import Account, Heard

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True)
class Measure:
    """What an account heard of a process; seconds, of CPU too, and MiB at its peak."""

    heard: Heard
    wall: float
    cpu: float
    memory: float

    @property
    def calls(self) -> int:
        return self.heard.reads.total() + self.heard.writes.total()


def environment(account: Account) -> dict[str, str]:
    """Return what leads a process to a distant account, and nowhere else."""
    there = {"HTTPS_PROXY": account.url, "AWS_CA_BUNDLE": account.bundle}
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "XDG_CACHE_HOME": tempfile.gettempdir(),
        **(there if account.bundle else {"AWS_ENDPOINT_URL": account.url}),
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
    pid = os.posix_spawn(command[0], command, {**environment(account), **(more or {})}, file_actions=nowhere)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - started
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} ended with {code}")
    return Measure(account.heard(), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Format the median of several values, with the least and the greatest."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def row(name: str, latency: int, run: str, measures: Sequence[Measure], plain: Sequence[Measure]) -> str:
    """Format the measures of one case as a row of a Markdown table; over plain HTTP only the seconds are told."""
    cells = [
        name,
        f"{latency} ms",
        run,
        " / ".join(sorted({f"{m.heard.reads.total()} + {m.heard.writes.total()}" for m in measures})),
        str(max(m.heard.connections for m in measures)),
        spread([m.wall for m in measures]),
        spread([m.cpu for m in measures]),
        spread([m.wall for m in plain]) if plain else "",
        spread([m.memory for m in measures], 0),
        str(max(m.heard.at_once for m in measures)),
    ]
    return "| " + " | ".join(cells) + " |"


def ratio(one: Sequence[Measure], other: Sequence[Measure]) -> str:
    """Say how many times the calls and the seconds of one the other took."""
    calls = statistics.median(m.calls for m in other) / statistics.median(m.calls for m in one)
    seconds = statistics.median(m.wall for m in other) / statistics.median(m.wall for m in one)
    return f"{calls:.2f} × the calls, {seconds:.2f} × the seconds"
