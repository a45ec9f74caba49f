"""The codes of a virtual MFA device, computed from its seed (RFC 6238, as AWS and the authenticator apps do)."""

from __future__ import annotations

from datetime import datetime

STEP = 30


def step(now: datetime) -> int:
    """Return the number of the 30 seconds that a moment lies in."""
    return int(now.timestamp()) // STEP


def code(seed: str, at: int) -> str:
    """Return the code that a device shows during one step."""
    import pyotp

    return pyotp.TOTP(seed).at(at * STEP)


def pair(seed: str, now: datetime) -> tuple[str, str]:
    """Return two codes that follow each other, as enabling a device asks for.

    AWS takes the code before the present one too, so nobody has to wait for the next.
    """
    present = step(now)
    return code(seed, present - 1), code(seed, present)


def found(seed: str, typed: str, now: datetime, *, apart: int) -> int | None:
    """Return the step that a code belongs to, the nearest to now first, with clocks some steps `apart` at most."""
    present = step(now)
    near = sorted(range(present - apart, present + apart + 1), key=lambda at: abs(at - present))
    return next((at for at in near if code(seed, at) == typed), None)
