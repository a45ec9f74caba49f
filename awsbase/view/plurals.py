"""Plurals: how many there are of something, in English."""

from __future__ import annotations

import re


def plural(noun: str) -> str:
    """Return the plural of a noun."""
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}{'es' if re.search(r'(s|x|z|ch|sh)$', noun) else 's'}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 change`, `2 changes`."""
    return f"{number} {noun if number == 1 else plural(noun)}"
