"""Make or check what `peers.yaml` makes, or so many users in twenty groups.

python -m benchmarks.lower_bound peers|USERS first|converged
"""

from __future__ import annotations

import sys

from benchmarks.lower_bound import converged, first, people
from benchmarks.lower_bound.aws import clients

what, run = sys.argv[1:]
if what == "peers":
    {"first": first.make, "converged": converged.check}[run](clients())
else:
    {"first": people.make, "converged": people.check}[run](clients(), int(what))
