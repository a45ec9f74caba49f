"""A clock for tests that count seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from awsbase.sandbox import Clock

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Still(Clock):
    """A clock that moves by nothing but sleep, however slow the machine is."""

    def __call__(self) -> datetime:
        return START + self.ahead
