"""Make or check what `peers.yaml` makes, or so many users in twenty groups; or make recorded calls again.

python -m benchmarks.lower_bound peers|USERS first|converged
python -m benchmarks.lower_bound replay FILE
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.lower_bound import converged, first, people
from benchmarks.lower_bound.aws import clients
from benchmarks.lower_bound.replay import replay

what, run = sys.argv[1:]
if what == "replay":
    replay(Path(run))
elif what == "peers":
    {"first": first.make, "converged": converged.check}[run](clients())
else:
    {"first": people.make, "converged": people.check}[run](clients(), int(what))
