"""What `make torture` has survived: a line for each sweep, so that it can be done in slices, and told in figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

LEDGER = Path(__file__).parents[2] / "build" / "torture.jsonl"


@dataclass(frozen=True)
class Row:
    """A fault that struck each of a subject's reads or writes in turn, and was survived every time."""

    subject: str
    on: str
    disturbance: str
    points: int
    seconds: float


@dataclass(frozen=True)
class Ledger:
    """A file that several processes append to."""

    file: Path

    def rows(self) -> Iterator[Row]:
        """Yield what was entered so far."""
        for line in self.file.read_text().splitlines() if self.file.exists() else ():
            yield Row(**json.loads(line))

    def has(self, subject: str, on: str, disturbance: str) -> bool:
        """Say whether this sweep was survived before."""
        return any((row.subject, row.on, row.disturbance) == (subject, on, disturbance) for row in self.rows())

    def enter(self, row: Row) -> None:
        """Add a sweep that was survived."""
        self.file.parent.mkdir(exist_ok=True)
        with self.file.open("a") as file:
            file.write(json.dumps(asdict(row)) + "\n")
