"""How many calls a run makes: a guard, since each call more is a round trip more for everybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from awsbase.engine.changes import Report
from awsbase.sandbox import Sandbox
from awsbase.scripts.connect import Target, reach
from awsbase.scripts.course import Course, reconcile
from awsbase.scripts.options import Options
from awsbase.scripts.wanted import read
from benchmarks.manifests import BASELINE, PEERS, people

Run = tuple[Counter[str], Report]


def runs(manifest: Path) -> tuple[Run, Run]:
    """Return the calls and the report of a first and of a converged run."""
    options = Options()
    wanted = read(manifest, options)
    sandbox = Sandbox(strict=False, account=wanted.account)

    def run() -> Run:
        sandbox.calls.clear()
        account = reach(sandbox.session(), wanted.region, sandbox.clock)
        report, _ = reconcile(Course(wanted, wanted.resources, Target(account, sandbox.clock), options), ask=None)
        return Counter(call.name for call in sandbox.calls), report

    return run(), run()


@pytest.mark.parametrize(
    ("manifest", "first", "converged"),
    [
        (lambda folder: PEERS, 130, 42),
        (lambda folder: BASELINE, 396, 172),
        (lambda folder: people(10, folder), 47, 3),
        (lambda folder: people(100, folder), 227, 3),
    ],
    ids=["peers", "baseline", "10 users", "100 users"],
)
def test_a_run_makes_no_more_calls_than_it_did(
    manifest: Callable[[Path], Path], first: int, converged: int, tmp_path: Path
) -> None:
    (made, report), (asked, again) = runs(manifest(tmp_path))
    assert not report.failed
    assert made.total() <= first, made
    assert again.writes == 0
    assert asked.total() <= converged, asked


def test_no_read_is_made_twice_that_one_answers_for_all(tmp_path: Path) -> None:
    _, (asked, _) = runs(PEERS)
    lists = {name: count for name, count in asked.items() if name.partition(":")[2].startswith(("List", "Describe"))}
    assert {name for name, count in lists.items() if count > 1} == {"kms:DescribeKey"}
