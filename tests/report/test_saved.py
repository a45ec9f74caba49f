"""What saved documents say, as the commands print them."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.changes import Report
from awsbase.report.history import history
from awsbase.report.saved import Saved, document
from awsbase.view import coverage
from awsbase.view.document import document as plan_document
from tests.report.subjects import drifted, drill, planned, verdicts
from tests.view.reports import BLOCKED, DRIFTED, FAILED, SAME, report


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (report(SAME, DRIFTED), {"differ": 1, "risky": 1, "needs you": 0}),
        (report(FAILED, *BLOCKED), {"differ": 3, "risky": 0, "needs you": 0}),
        (report(SAME, mode="reconcile"), {"differ": 0, "needs you": 0}),
        (report(SAME, interrupted=True), {}),
        (drifted(planned("baseline")), {"differ": 6, "risky": 1, "needs you": 13}),
    ],
    ids=["plan", "failed", "reconcile", "interrupted", "baseline"],
)
def test_a_plan_says_how_much_differs(made: Report, expected: dict[str, float]) -> None:
    assert document("x", plan_document(made)).numbers == expected


def test_coverage_says_how_much_is_met() -> None:
    fields = coverage.document("cis-3", verdicts("cis-3")[:8], account="123456789012")
    assert document("x", fields).numbers == {"met of cis-3": 62.5}


def test_a_drill_says_how_many_alarms_are_delivered() -> None:
    found = document("x", drill())
    assert found.numbers == {"alarms delivered": 50}
    assert found.drill is not None
    assert [each.words for each in found.drill] == [
        "delivered to cfo@acme.example",
        "unconfirmed: ops@acme.example",
    ]


@pytest.mark.parametrize("fields", [None, 1, "x", [], {"account": 1, "sandbox": False}, drill(alarms=[{"alarm": 1}])])
def test_anything_else_is_no_document(fields: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        document("x", fields)


def test_a_measure_needs_two_points() -> None:
    earlier = [Saved("may", "", False, {"differ": 3}), Saved("drill", "", False, {"alarms delivered": 50})]
    assert [(each.title, each.labels, each.shown) for each in history(earlier, {"differ": 1, "risky": 2})] == [
        ("resources that differ", ("may", "now"), ["3", "1"])
    ]
