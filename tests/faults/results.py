"""What `make faults` has found out: a line for each test that passed, so that it goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "build" / "faults.jsonl"
RUN_WITH = ("awsbase", "manifests", "tests")


@dataclass(frozen=True)
class Sweep:
    """A fault that was injected at each of a subject's reads or writes in turn, and survived every time."""

    subject: str
    on: str
    fault: str
    points: int
    seconds: float


@dataclass(frozen=True)
class Results:
    """The tests that passed with one state of the code, and what they swept; those of other code do not count."""

    file: Path
    code: str

    def _lines(self) -> Iterator[dict[str, object]]:
        for line in self.file.read_text().splitlines() if self.file.exists() else ():
            entry = json.loads(line)
            if entry.get("code") == self.code and "test" in entry:
                yield entry

    def passed(self) -> set[str]:
        """Return the tests that passed."""
        return {str(entry["test"]) for entry in self._lines()}

    def sweeps(self) -> Iterator[Sweep]:
        """Yield the sweeps of tests that passed, each once."""
        found = {str(entry["test"]): entry["sweep"] for entry in self._lines() if entry["sweep"]}
        for sweep in found.values():
            assert isinstance(sweep, dict)
            yield Sweep(**sweep)

    def add(self, test: str, sweep: dict[str, object] | None = None) -> None:
        """Add a test that passed, with what it swept."""
        self.file.parent.mkdir(exist_ok=True)
        with self.file.open("a") as file:
            file.write(json.dumps({"code": self.code, "test": test, "sweep": sweep}) + "\n")


def digest(root: Path = ROOT) -> str:
    """Return a digest of all that a sweep is run with: one of other code says nothing about this one."""
    files = (path for folder in RUN_WITH for path in (root / folder).rglob("*") if path.suffix != ".pyc")
    whole = hashlib.sha256()
    for path in sorted(path for path in files if path.is_file()):
        whole.update(f"{path.relative_to(root)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:16]


@cache
def current() -> Results:
    """Return the results for the code as it is."""
    return Results(FILE, digest())


KEPT = ("kept", True)
"""What marks the report of a test whose result is kept."""


def done_before(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that passed before with the same code; mark the others, so that their results are kept."""
    passed, done = current().passed(), []
    for item in items:
        if item.nodeid in passed:
            done.append(item)
        else:
            item.user_properties.append(KEPT)
    return done


def note(report: pytest.TestReport) -> None:
    """Add the test of a report to the results, if they are kept."""
    if KEPT in map(tuple, report.user_properties):
        swept = dict(report.user_properties).get("sweep")
        current().add(report.nodeid, swept if isinstance(swept, dict) else None)
