"""A first run against an account that throttles: as AWS documents, and IAM, of which it says nothing, by a guess."""

from __future__ import annotations

import tempfile
from pathlib import Path

from awsbase.sandbox.rates import DOCUMENTED
from benchmarks.distant import account
from benchmarks.manifests import GROUPS, people
from benchmarks.measure import measure, ours


def throttled(count: int, latency: int = 50) -> str:
    """Say how long a first run of so many users takes beside what the rates allow; run once, it takes its minute."""
    (rate,) = (each.per_second for each in DOCUMENTED if each.on == "iam:*")
    with tempfile.TemporaryDirectory() as folder, account(latency, throttling=True) as distant:
        run = measure(ours("reconcile", people(count, Path(folder)), "--yes", "--json"), distant)
    # Each user and its membership, each group; a full bucket is spent at once.
    allowed = (2 * count + GROUPS - rate) / rate
    return (
        f"- {count} users, throttled at {rate:g} writes a second, {latency} ms: {run.wall:.1f} s, "
        f"{run.wall / allowed:.2f} × the {allowed:.1f} s that the rate allows; "
        f"{run.heard.throttled} calls were refused."
    )
