"""Durations as people read them, and times as AWS and JSON have them."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(when: datetime) -> str:
    """Format a time in UTC, to the second: `2030-01-01T00:00:00Z`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def words(duration: float) -> str:
    """Format a duration in seconds for people: `11 h 59 min`."""
    minutes = int(duration) // 60
    if minutes < 1:
        return f"{int(duration)} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
