"""Make or check what `peers.yaml` makes, or so many users in twenty groups.

python -m benchmarks.floor peers|USERS first|converged
"""

from __future__ import annotations

import sys

from benchmarks.floor import converged, first, people
from benchmarks.floor.aws import clients

what, run = sys.argv[1:]
if what == "peers":
    {"first": first.make, "converged": converged.check}[run](clients())
else:
    {"first": people.make, "converged": people.check}[run](clients(), int(what))
