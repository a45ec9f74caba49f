"""Measure first and converged runs, and starts; prints Markdown tables, ready for docs/performance.md.

    python -m benchmarks [--runs 5] [--users 10,100,500,5000] [--latency 0,50] [--only NAME] [--calls] [--tls]

Each figure is the median of several runs, with its least and greatest. A run is a whole process: start-up, imports,
reading the manifest, calls, report. In turn with ours run the lower bound, a bare program that makes and checks the
same in the fewest calls, and Terraform, where it is at hand. All speak TLS; a column has the seconds over plain HTTP,
which --tls leaves out. An account of a thousand users or more is made once for each latency, and checked --runs times.
Below the table stand the rates of AWS (`rates`: 500 users against an account that throttles, once).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.adopting import adopting
from benchmarks.beside import Missing, Terraform
from benchmarks.cases import OURS, RUNS, cases, runs
from benchmarks.fleet import SIZES, fleet
from benchmarks.measure import Measure, row, spread
from benchmarks.starts import starts
from benchmarks.throttled import throttled

HEAD = (
    "| account | latency | run | calls (reads + writes) | connections | seconds | awsbase beside it | seconds of CPU "
    "| seconds over HTTP | peak MiB | most at once |"
)


def numbers(text: str) -> list[int]:
    """Read a list of numbers, comma separated."""
    return [int(item) for item in text.split(",") if item]


def by_operation(name: str, run: str, measured: Measure) -> Iterator[str]:
    """Yield the rows of a Markdown table: how often a run made each call."""
    for operation, count in (measured.heard.reads + measured.heard.writes).most_common():
        yield f"| {name} | {run} | `{operation}` | {count} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each case")
    parser.add_argument("--users", type=numbers, default=[10, 100, 500, 5000], help="numbers of users, comma separated")
    parser.add_argument("--latency", type=numbers, default=[0, 50], help="milliseconds added to each call")
    parser.add_argument(
        "--only", help="the case of this name alone: peers, baseline, '500 users', rates, starts, adopt, fleet"
    )
    parser.add_argument("--tls", action="store_true", help="leave out what a run takes over plain HTTP")
    parser.add_argument("--calls", action="store_true", help="say how often each operation was called")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw how a fleet grows, as SVG")
    wanted = parser.parse_args()

    calls: list[str] = []
    remarks: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        terraform = None
        try:
            if wanted.only in (None, "peers"):
                terraform = Terraform.ready(Path(folder, "terraform"))
        except Missing as why:
            remarks.append(f"- Terraform was not measured beside ours: {why}.")
        print(HEAD, "| --- " * HEAD.count(" | ") + "| --- |", sep="\n", flush=True)
        for case in cases(wanted.users, Path(folder), terraform):
            if wanted.only not in (None, case.name):
                continue
            for latency in wanted.latency:
                measured = runs(case, latency, wanted.runs, tls=True)
                plain = {} if wanted.tls else runs(replace(case, terraform=None), latency, wanted.runs, tls=False)
                for (who, run), measures in measured.items():
                    over_http = spread([m.wall for m in plain.get((who, run), ())]) if (who, run) in plain else ""
                    name = case.name if who == OURS else f"{case.name}, {who}"
                    print(row(name, latency, run, measures, measured[OURS, run], over_http), flush=True)
            calls += [line for run in RUNS for line in by_operation(case.name, run, measured[OURS, run][0])]
    if wanted.only in (None, "rates"):
        remarks.append(throttled(500))
    print("", *dict.fromkeys(remarks), sep="\n")
    if wanted.calls:
        print("\n| manifest | run | operation | calls |", "| --- | --- | --- | --- |", *calls, sep="\n")
    if wanted.only in (None, "starts"):
        print(*starts(wanted.runs), sep="\n")
    if wanted.only in (None, "adopt"):
        print("", *adopting(wanted.runs), sep="\n")
    # Thousands of accounts take a quarter of an hour.
    if wanted.only == "fleet":
        for line in fleet(SIZES, wanted.plot):
            print(line, flush=True)


if __name__ == "__main__":
    main()
