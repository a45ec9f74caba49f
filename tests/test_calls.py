"""The number of calls of a run: a guard, since each additional call is an additional round trip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from awsbase.approach import Target
from awsbase.engine.changes import Report
from awsbase.sandbox import Sandbox
from awsbase.scripts.connect import reach
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.scripts.session import Session
from awsbase.session import reconcile
from awsbase.view.summary import summary
from awsbase.view.text import render
from benchmarks.manifests import BASELINE, PEERS, people
from tests.view.terminals import ESCAPES, terminal

pytestmark = pytest.mark.slow

Run = tuple[Counter[str], Report]


def runs(manifest: Path, pages: int | None = None) -> tuple[Run, Run]:
    """Return the calls and the report of a first and of a converged run."""
    options = Options()
    loaded = read(manifest, options)
    # Only the strict rules answer in pages.
    sandbox = Sandbox(strict=pages is not None, account=loaded.account, pages=pages)

    def run() -> Run:
        sandbox.calls.clear()
        account = reach(sandbox.session(), loaded.region, sandbox.clock)
        report, _ = reconcile(Session(loaded, loaded.resources, Target(account, sandbox.clock), options), ask=None)
        return Counter(call.name for call in sandbox.calls), report

    return run(), run()


@pytest.mark.parametrize(
    ("manifest", "first", "converged"),
    [
        (lambda folder: PEERS, 130, 40),
        (lambda folder: people(10, folder), 47, 2),
        (lambda folder: people(100, folder), 227, 2),
    ],
    ids=["peers", "10 users", "100 users"],
)
def test_a_run_makes_no_more_calls_than_before(
    manifest: Callable[[Path], Path], first: int, converged: int, tmp_path: Path
) -> None:
    (made, report), (asked, again) = runs(manifest(tmp_path))
    assert not report.failed
    assert made.total() <= first, made
    assert again.writes == 0
    assert asked.total() <= converged, asked


def test_the_baseline_makes_no_more_calls_than_before_and_reports_on_one_screen() -> None:
    (made, report), (asked, again) = runs(BASELINE)
    assert made.total() <= 396, made
    assert again.writes == 0
    assert asked.total() <= 171, asked

    assert len(screen(report)) <= 36
    planned = tuple(replace(each, status="planned") if each.changes else each for each in report.outcomes)
    plan = screen(replace(report, mode="plan", outcomes=planned))
    assert len(plan) <= 36
    assert "  ! alice, sam, pat, dave, bella: password and MFA device" in plan
    assert "iam      17 to create (1 password policy, 6 policies, 5 groups, 5 users)" in plan
    assert len(screen(again)) <= 15


def screen(report: Report) -> list[str]:
    """Return the rows that a summary takes on a terminal of 80 columns."""
    with terminal(80) as stream:
        lines = ESCAPES.sub("", render(summary(report, sections=read(BASELINE, Options()).section_of), stream))
    assert max(map(len, lines.splitlines())) <= 80
    return lines.splitlines()


def test_no_shared_read_is_made_twice(tmp_path: Path) -> None:
    _, (asked, _) = runs(PEERS)
    lists = {name: count for name, count in asked.items() if name.partition(":")[2].startswith(("List", "Describe"))}
    assert {name for name, count in lists.items() if count > 1} == {"kms:DescribeKey"}


def test_calls_of_a_converged_run_grow_only_by_pages_of_users(tmp_path: Path) -> None:
    _, (few, _) = runs(people(5, tmp_path), pages=25)
    _, (many, _) = runs(people(55, tmp_path), pages=25)
    # Twenty groups and five users fill one page, and with fifty users more it is three.
    assert many - few == {"iam:GetAccountAuthorizationDetails": 2}
