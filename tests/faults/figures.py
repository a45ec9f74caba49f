"""Write what `make torture` has survived into docs/reliability.md, as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.torture.ledger import LEDGER, Ledger, Row, digest

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
TABLE = re.compile(r"(?<=<!-- figures -->\n).*(?=<!-- end of figures -->)", re.DOTALL)


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a table: a line for each fault, a column for kinds and for each manifest."""
    by_cell: dict[tuple[str, str], int] = {}
    subjects: dict[str, set[str]] = {}
    seconds = 0.0
    for row in rows:
        column = row.subject if row.subject.endswith(".yaml") else "kinds"
        line = f"{row.disturbance}, at each {row.on}" if row.on != "process" else f"process: {row.disturbance}"
        by_cell[line, column] = by_cell.get((line, column), 0) + row.points
        subjects.setdefault(column, set()).add(row.subject)
        seconds += row.seconds
    columns = sorted(subjects, key=lambda column: (column != "kinds", column))
    heads = [f"{len(subjects[column])} samples of kinds" if column == "kinds" else f"`{column}`" for column in columns]
    yield "| fault | " + " | ".join(heads) + " |"
    yield "| --- |" + " ---: |" * len(columns)
    for line in sorted({line for line, _ in by_cell}):
        yield f"| {line} | " + " | ".join(str(by_cell.get((line, column), "")) for column in columns) + " |"
    yield f"\n{sum(by_cell.values()):,} crash points, in {seconds / 60:.0f} minutes of processor time."


if __name__ == "__main__":
    text = "\n".join(table(Ledger(LEDGER, digest()).rows()))
    PAGE.write_text(TABLE.sub(lambda _: f"\n{text}\n\n", PAGE.read_text()))
