"""What is drawn at random: by a seed that changes with the day, is printed, and repeats a run when it is given.

`--seed` or AWSBASE_SEED sets it. A test that draws takes the fixture `draw`. A test with more cases than each run needs
has the mark `sampled(n)`: n of its cases run, and all of them with `--all-cases`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from random import Random

import pytest

SEED = "AWSBASE_SEED"


def today() -> str:
    """Return the seed of the day, such as 2026-06-21."""
    return datetime.now(UTC).date().isoformat()


def draws(*names: object) -> Random:
    """Return the source of what is drawn for one purpose: the same for the same seed and names."""
    return Random(" ".join(map(str, (os.environ[SEED], *names))))  # noqa: S311, no secret


def left_out(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the cases of sampled tests that this run does not need."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for name, among in cases.items():
        marker = among[0].get_closest_marker("sampled")
        assert marker is not None
        (count,) = marker.args
        chosen = draws(name).sample(among, min(count, len(among)))
        yield from (item for item in among if item not in chosen)


def command(nodeid: str) -> str:
    """Return the command that runs one test again with what was drawn."""
    return f"{SEED}={os.environ[SEED]} python -m pytest -m '' '{nodeid}'"
