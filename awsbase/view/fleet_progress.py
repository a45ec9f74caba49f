"""Progress of a run on many accounts: one line that changes on a terminal, elsewhere a line for each account."""

from __future__ import annotations

from typing import TextIO

from awsbase import busy
from awsbase.engine.changes import Mode
from awsbase.view.live import DOING
from awsbase.view.stream import escaped, is_terminal, write

FAILING = ("failed", "refused", "unreachable")


class FleetProgress:
    """Shows how many accounts are done, failing and left; with `quiet` only those that fail."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream, self._quiet = stream, quiet
        self._doing, self._total, self._done, self._failing = "", 0, 0, 0

    def begins(self, mode: Mode, total: int) -> None:
        """Begin to count."""
        self._doing, self._total, self._done, self._failing = DOING[mode], total, 0, 0
        self._show()

    def ended(self, account: str, status: str) -> None:
        """Count an account."""
        self._done += 1
        self._failing += status in FAILING
        if not is_terminal(self._stream):
            if not self._quiet or status in FAILING:
                write(f"{escaped(account)}: {status}  ({self.counts})\n", self._stream)
            return
        self._show()

    @property
    def counts(self) -> str:
        """Return how many accounts are done, failing and left."""
        failing = f", {self._failing} failing" if self._failing else ""
        return f"{self._done} of {self._total} done{failing}, {self._total - self._done} left"

    def _show(self) -> None:
        if self._total and not self._quiet:
            busy.show(f"{self._doing} accounts: {self.counts}")
        if self._done == self._total:
            busy.clear()
