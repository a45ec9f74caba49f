"""The next run of a test, after AWS's reads show what the last one wrote."""

from __future__ import annotations

from awsbase.engine.lock import CLOCK_SKEW, READ_LAG
from awsbase.sandbox import Sandbox


def later(sandbox: Sandbox) -> None:
    """Let so much time pass at AWS that a run which begins now need not wait for reads that lag behind."""
    sandbox.clock.advance((READ_LAG + CLOCK_SKEW).total_seconds() + 1)
