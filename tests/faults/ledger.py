"""What `make torture` has survived: a line for each sweep, so that it can be done in slices, and told in figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "build" / "torture.jsonl"
RUN_WITH = ("awsbase", "manifests", "tests/contract", "tests/torture")


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
    """A file that several processes append to; what was survived by other code than this is not told."""

    file: Path
    code: str

    def rows(self) -> Iterator[Row]:
        """Yield what was entered for this code so far."""
        for line in self.file.read_text().splitlines() if self.file.exists() else ():
            row = json.loads(line)
            if row.pop("code", None) == self.code:
                yield Row(**row)

    def has(self, subject: str, on: str, disturbance: str) -> bool:
        """Say whether this sweep was survived before."""
        return any((row.subject, row.on, row.disturbance) == (subject, on, disturbance) for row in self.rows())

    def enter(self, row: Row) -> None:
        """Add a sweep that was survived."""
        self.file.parent.mkdir(exist_ok=True)
        with self.file.open("a") as file:
            file.write(json.dumps({"code": self.code, **asdict(row)}) + "\n")


def digest(root: Path = ROOT) -> str:
    """Return a digest of all that a sweep is run with: one of other code says nothing about this one."""
    files = (path for folder in RUN_WITH for path in (root / folder).rglob("*") if path.suffix != ".pyc")
    whole = hashlib.sha256()
    for path in sorted(path for path in files if path.is_file()):
        whole.update(f"{path.relative_to(root)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:16]
