"""How long commands take that call AWS little or not at all, beside the AWS CLI."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.distant import account
from benchmarks.manifests import BASELINE
from benchmarks.measure import measure, ours, spread


def starts(runs: int) -> Iterator[str]:
    """Yield the rows of a Markdown table."""
    beside = Path(sys.executable)
    commands = {
        "`aws --version`": [str(beside.with_name("aws")), "--version"],
        "`awsbase --help`": [sys.executable, "-m", "awsbase", "--help"],
        "`awsbase validate`, baseline": ours("validate", BASELINE),
        "`awsbase plan`, baseline": ours("plan", BASELINE),
    }
    yield from ("\n| command | seconds | seconds of CPU | peak MiB |", "| --- | --- | --- | --- |")
    with account(0) as distant:
        measure(ours("reconcile", BASELINE, "--yes"), distant)
        for name, command in commands.items():
            measures = [measure(command, distant) for _ in range(runs + 1)][1:]
            cells = [spread([m.wall for m in measures]), spread([m.cpu for m in measures])]
            yield f"| {name} | {' | '.join(cells)} | {spread([m.memory for m in measures], 0)} |"
