"""Numbers as AWS's text fields carry them: exact decimals."""

from __future__ import annotations

from decimal import Decimal


def decimal(value: float) -> str:
    """Return a number as text that means exactly it: 1000000 and 12.5, never 1e+06."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
