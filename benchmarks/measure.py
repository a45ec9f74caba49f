"""One process measured from outside: start-up, imports, calls and report are all in it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.distant import Account, Heard

STARTER = Path(__file__).with_name("started.py")
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
    starter = [sys.executable, "-I", "-S", str(STARTER), *command]
    done = subprocess.run(starter, env={**environment(account), **(more or {})}, stdout=subprocess.PIPE, check=True)
    wall, cpu, memory, code = json.loads(done.stdout)
    if code:
        sys.exit(f"{' '.join(command)} ended with {code}")
    return Measure(account.heard(), wall, cpu, memory)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Format the median of several values, with the least and the greatest."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def row(name: str, latency: int, run: str, measures: Sequence[Measure], ours: Sequence[Measure], plain: str) -> str:
    """Format the measures of one case as a row of a Markdown table; `plain` is the seconds over HTTP."""
    cells = [
        name,
        f"{latency} ms",
        run,
        " / ".join(sorted({f"{m.heard.reads.total()} + {m.heard.writes.total()}" for m in measures})),
        str(max(m.heard.connections for m in measures)),
        spread([m.wall for m in measures]),
        ratio(ours, measures) if ours is not measures else "",
        spread([m.cpu for m in measures]),
        plain,
        spread([m.memory for m in measures], 0),
        str(max(m.heard.at_once for m in measures)),
    ]
    return "| " + " | ".join(cells) + " |"


def ratio(ours: Sequence[Measure], other: Sequence[Measure]) -> str:
    """Say how many times the seconds of another ours took."""
    return f"{statistics.median(m.wall for m in ours) / statistics.median(m.wall for m in other):.2f} ×"
