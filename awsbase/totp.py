"""The codes of a virtual MFA device, computed from its seed (RFC 6238, as AWS and the authenticator apps do)."""

from __future__ import annotations

from datetime import datetime

STEP = 30


def step(now: datetime) -> int:
    """Return the number of the 30-second step that contains `now`."""
    return int(now.timestamp()) // STEP


def code(seed: str, at: int) -> str:
    """Return the code that a device shows during the step `at`."""
    import pyotp

    return pyotp.TOTP(seed).at(at * STEP)


def pair(seed: str, now: datetime) -> tuple[str, str]:
    """Return the two consecutive codes that EnableMFADevice takes: the previous one and the current one.

    AWS accepts the previous code too, so nobody has to wait for the next.
    """
    present = step(now)
    return code(seed, present - 1), code(seed, present)


def matching_step(seed: str, typed: str, now: datetime, *, apart: int) -> int | None:
    """Return the step of a code, searched from `now` outwards; None when no step at most `apart` steps away matches."""
    present = step(now)
    near = sorted(range(present - apart, present + apart + 1), key=lambda at: abs(at - present))
    return next((at for at in near if code(seed, at) == typed), None)
