"""Durations as people read them."""

from __future__ import annotations


def words(duration: float) -> str:
    """Format a duration in seconds for people: `11 h 59 min`."""
    minutes = int(duration) // 60
    if minutes < 1:
        return f"{int(duration)} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
