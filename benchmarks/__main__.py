"""Measure first and converged runs; prints a Markdown table.

    python -m benchmarks [--runs 3] [--users 10,100,500] [--latency 0,50]

Each figure is the median of several runs, with its least and greatest. A run is a whole process: start-up, imports,
reading the manifest, calls, report. The sandbox answers every call after the added latency; its strict rules are off,
because they are our cost and not that of AWS.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from awsbase.sandbox import Message, Reply, Sandbox
from awsbase.sandbox.serve import listen, warm
from benchmarks.manifests import BASELINE, people


class Distant(Sandbox):
    """A sandbox that is some milliseconds away, as AWS is."""

    def __init__(self, milliseconds: int) -> None:
        super().__init__(strict=False)
        self.seconds = milliseconds / 1000
        self.most_at_once = 0
        self._at_once = 0
        self._counting = threading.Lock()

    def answer(self, message: Message) -> Reply:
        with self._counting:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            time.sleep(self.seconds)
            return super().answer(message)
        finally:
            with self._counting:
                self._at_once -= 1


@dataclass(frozen=True)
class Measure:
    """One process: calls at the wire, seconds, seconds of CPU, MiB at its peak, most calls at once."""

    reads: int
    writes: int
    wall: float
    cpu: float
    memory: float
    at_once: int


@contextmanager
def served(milliseconds: int) -> Iterator[tuple[Distant, str]]:
    """Serve a fresh sandbox from a thread of this process."""
    sandbox = Distant(0)
    warm(sandbox)
    sandbox.seconds = milliseconds / 1000
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield sandbox, f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def measure(manifest: Path, sandbox: Distant, url: str) -> Measure:
    """Reconcile a manifest in a process of its own."""
    sandbox.calls.clear()
    sandbox.most_at_once = 0
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
    }
    with tempfile.TemporaryFile() as out:
        started = time.monotonic()
        command = [sys.executable, "-m", "awsbase", "reconcile", str(manifest), "--yes", "--json"]
        quiet = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), quiet]
        pid = os.posix_spawn(sys.executable, command, environment, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = time.monotonic() - started
        out.seek(0)
        document = json.loads(out.read())
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{manifest.name} failed: {document['totals']}")
    writes = sum(call.writes for call in sandbox.calls)
    return Measure(
        reads=len(sandbox.calls) - writes,
        writes=writes,
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss / 1024,
        at_once=sandbox.most_at_once,
    )


def row(name: str, latency: int, run: str, measures: list[Measure]) -> str:
    """Format the measures of one case."""

    def spread(values: list[float], digits: int = 2) -> str:
        return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"

    calls = " / ".join(sorted({f"{m.reads} + {m.writes}" for m in measures}))
    cells = [
        name,
        f"{latency} ms",
        run,
        calls,
        spread([m.wall for m in measures]),
        spread([m.cpu for m in measures]),
        spread([m.memory for m in measures], 0),
        str(max(m.at_once for m in measures)),
    ]
    return "| " + " | ".join(cells) + " |"


def numbers(text: str) -> list[int]:
    return [int(item) for item in text.split(",") if item]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each case")
    parser.add_argument("--users", type=numbers, default=[10, 100, 500], help="numbers of users, comma separated")
    parser.add_argument("--latency", type=numbers, default=[0, 50], help="milliseconds added to each call")
    wanted = parser.parse_args()

    print("| manifest | latency | run | calls (reads + writes) | seconds | seconds of CPU | peak MiB | most at once |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        cases = [("baseline", BASELINE), *((f"{n} users", people(n, Path(folder))) for n in wanted.users)]
        for name, manifest in cases:
            for latency in wanted.latency:
                first, converged = [], []
                for _ in range(wanted.runs):
                    with served(latency) as (sandbox, url):
                        first.append(measure(manifest, sandbox, url))
                        converged.append(measure(manifest, sandbox, url))
                print(row(name, latency, "first", first), flush=True)
                print(row(name, latency, "converged", converged), flush=True)


if __name__ == "__main__":
    main()
