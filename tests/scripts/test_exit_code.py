"""The exit code of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awsbase.engine.changes import Report
from awsbase.scripts.session import exit_code
from tests.view.reports import ASK, BLOCKED, FAILED, NEW, SAME, report

DONE = replace(NEW, status="changed")


@pytest.mark.parametrize(
    ("of", "strict", "code"),
    [
        (report(SAME), False, 0),
        (report(NEW), True, 0),
        (report(DONE, FAILED, *BLOCKED), False, 1),
        (report(SAME, manual_actions=(ASK,)), False, 0),
        (report(SAME, manual_actions=(ASK,)), True, 3),
        (report(FAILED, manual_actions=(ASK,)), True, 1),
        (report(DONE, interrupted=True), True, 130),
        (report(FAILED, interrupted=True), False, 130),
        (report(DONE, second=report(SAME)), False, 0),
        (report(DONE, second=report(NEW)), False, 1),
        (report(DONE, second=report(SAME, interrupted=True)), False, 130),
    ],
    ids=[
        "nothing to do",
        "planned",
        "failed",
        "needs you",
        "needs you, strict",
        "failed and needs you",
        "interrupted",
        "interrupted and failed",
        "converged",
        "not converged",
        "second plan interrupted",
    ],
)
def test_exit_code(of: Report, strict: bool, code: int) -> None:
    assert exit_code(of, strict=strict) == code
