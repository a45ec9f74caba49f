"""Measure first and converged runs, and starts; prints Markdown tables, ready for docs/performance.md.

    python -m benchmarks [--runs 3] [--users 10,100,500,5000] [--latency 0,50] [--only NAME] [--calls]

Each figure is the median of several runs, with its least and greatest. A run is a whole process: start-up, imports,
reading the manifest, calls, report.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.beside import terraform
from benchmarks.distant import account
from benchmarks.manifests import BASELINE, PEERS, people
from benchmarks.measure import Measure, measure, ours, row
from benchmarks.starts import starts

HEAD = "| manifest | latency | run | calls (reads + writes) | seconds | seconds of CPU | peak MiB | most at once |"


def numbers(text: str) -> list[int]:
    """Read a list of numbers, comma separated."""
    return [int(item) for item in text.split(",") if item]


def runs(manifest: Path, latency: int, count: int) -> Iterator[tuple[Measure, Measure]]:
    """Yield the first and the converged run of each of several accounts."""
    command = ours("reconcile", manifest, "--yes", "--json")
    for _ in range(count):
        with account(latency) as distant:
            yield measure(command, distant), measure(command, distant)


def by_operation(name: str, run: str, measured: Measure) -> Iterator[str]:
    """Yield the rows of a Markdown table: how often a run made each call."""
    for operation, count in (measured.reads + measured.writes).most_common():
        yield f"| {name} | {run} | `{operation}` | {count} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each case")
    parser.add_argument("--users", type=numbers, default=[10, 100, 500, 5000], help="numbers of users, comma separated")
    parser.add_argument("--latency", type=numbers, default=[0, 50], help="milliseconds added to each call")
    parser.add_argument("--only", help="the case of this name alone: peers, baseline, '500 users', starts")
    parser.add_argument("--calls", action="store_true", help="say how often each operation was called")
    wanted = parser.parse_args()

    calls: list[str] = []
    remark = ""
    with tempfile.TemporaryDirectory() as folder:
        cases = {"peers": PEERS, "baseline": BASELINE, **{f"{n} users": people(n, Path(folder)) for n in wanted.users}}
        print(HEAD, "| --- " * HEAD.count(" | ") + "| --- |", sep="\n", flush=True)
        for name, manifest in cases.items():
            if wanted.only not in (None, name):
                continue
            for latency in wanted.latency:
                firsts, converged = zip(*runs(manifest, latency, wanted.runs), strict=True)
                print(row(name, latency, "first", firsts), flush=True)
                print(row(name, latency, "converged", converged), flush=True)
                if name == "peers":
                    rows, remark = terraform(latency, wanted.runs, firsts, converged)
                    print(*rows, sep="\n", end="\n" if rows else "", flush=True)
            calls += [*by_operation(name, "first", firsts[0]), *by_operation(name, "converged", converged[0])]
    print(remark)
    if wanted.calls:
        print("\n| manifest | run | operation | calls |", "| --- | --- | --- | --- |", *calls, sep="\n")
    if wanted.only in (None, "starts"):
        print(*starts(wanted.runs), sep="\n")


if __name__ == "__main__":
    main()
