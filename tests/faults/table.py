"""Write what `make faults` has swept into docs/reliability.md, as a table with its date and commit."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.results import ROOT, RUN_WITH, Sweep, current

PAGE = ROOT / "docs" / "reliability.md"
TABLE = re.compile(r"(?<=<!-- figures -->\n).*(?=<!-- end of figures -->)", re.DOTALL)


def table(sweeps: Iterable[Sweep], date: str, commit: str) -> Iterator[str]:
    """Yield the lines of a table: a line for each fault, a column for kinds and for each manifest."""
    by_cell: dict[tuple[str, str], int] = {}
    subjects: dict[str, set[str]] = {}
    seconds = 0.0
    for sweep in sweeps:
        kinds = "kinds destroyed" if sweep.subject.endswith(" destroyed") else "kinds"
        column = sweep.subject if ".yaml" in sweep.subject else kinds
        line = f"{sweep.fault}, at each {sweep.on}" if sweep.on != "process" else f"process: {sweep.fault}"
        by_cell[line, column] = by_cell.get((line, column), 0) + sweep.points
        subjects.setdefault(column, set()).add(sweep.subject)
        seconds += sweep.seconds
    columns = sorted(subjects, key=lambda column: (not column.startswith("kinds"), column))
    heads = [head(column, len(subjects[column])) for column in columns]
    yield "| fault | " + " | ".join(heads) + " |"
    yield "| --- |" + " ---: |" * len(columns)
    for line in sorted({line for line, _ in by_cell}):
        yield f"| {line} | " + " | ".join(str(by_cell.get((line, column), "")) for column in columns) + " |"
    yield f"\n{sum(by_cell.values()):,} crash points, in {seconds / 60:.0f} minutes of processor time."
    yield f"Measured on {date}, at commit {commit}."


def head(column: str, count: int) -> str:
    """Return the head of a column: how many samples it counts, or of which manifest."""
    of, _, destroyed = column.partition(" ")
    return (f"{count} samples of kinds" if of == "kinds" else f"`{of}`") + (f", {destroyed}" if destroyed else "")


def commit(root: Path = ROOT) -> str:
    """Return the short name of the commit whose code was run, and whether that code was changed since."""

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", root, *words], capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--", *RUN_WITH)
    return git("rev-parse", "--short=10", "HEAD") + (", with changes" if changed else "")


if __name__ == "__main__":
    text = "\n".join(table(current().sweeps(), datetime.now(UTC).date().isoformat(), commit()))
    PAGE.write_text(TABLE.sub(lambda _: f"\n{text}\n\n", PAGE.read_text()))
