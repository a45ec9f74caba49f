"""Who made what differs, in the summary and in the tree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from awsbase.engine.changes import Author, Change, Drift, Outcome, Report
from awsbase.view.markdown import markdown
from awsbase.view.regions import merged
from awsbase.view.summary import summary
from awsbase.view.text import Line
from awsbase.view.tree import tree

MALLORY = "arn:aws:iam::111122223333:user/mallory"
AT = datetime(2026, 6, 3, 14, 2, tzinfo=UTC)
STOPPED = Author(MALLORY, AT, "203.0.113.7", "StopLogging", "1", "aws-cli/2.0")
SAID = f"changed by {MALLORY} at 2026-06-03 14:02 UTC from 203.0.113.7, event StopLogging"
LOGGING = Change("update", "logging", "cloudtrail:StartLogging", (Drift("logging", False, True),), changed_by=STOPPED)


def report(*changes: Change, missing: tuple[str, ...] = ()) -> Report:
    outcomes = tuple(Outcome(f"trail/{number}", "eu-west-1", "planned", (each,)) for number, each in enumerate(changes))
    plan = Report("plan", "111122223333", "eu-west-1", "", "", outcomes, (), 1, 0, 0.1)
    return replace(plan, authors_missing=missing)


def texts(lines: object) -> list[str]:
    return [line.text for line in lines if isinstance(line, Line)]  # type: ignore[attr-defined]


def test_summary_and_tree_name_the_author_below_the_change() -> None:
    for view in (summary, tree):
        shown = texts(view(report(LOGGING)))
        assert shown.count(SAID) == 1
        assert any("logging" in line for line in shown[: shown.index(SAID)])


def test_a_comment_names_the_author_and_why_others_are_not() -> None:
    shown = markdown(report(LOGGING, missing=("CloudTrail does not tell who",)), name="acme", sections={})
    assert f"#   {SAID}\n" in shown
    assert shown.endswith("CloudTrail does not tell who\n")


def test_a_run_of_awsbase_is_named_as_such() -> None:
    ours = replace(LOGGING, changed_by=replace(STOPPED, program="awsbase/1.0 botocore/1.44"))
    assert any(line.startswith(f"last written with awsbase by {MALLORY}") for line in texts(summary(report(ours))))


def test_resources_that_different_people_changed_are_not_one_line() -> None:
    other = replace(LOGGING, changed_by=replace(STOPPED, arn=f"{MALLORY}2"))
    assert len([line for line in texts(summary(report(LOGGING, LOGGING, other))) if "changed by" in line]) == 2


def test_the_same_change_by_the_same_person_is_one_in_all_regions() -> None:
    later = replace(STOPPED, at=AT + timedelta(seconds=9), event_id="2")
    here, there = (replace(LOGGING, what=f"detector in {region}") for region in ("eu-west-1", "us-east-1"))
    assert len(merged([here, replace(there, changed_by=later)])) == 1
    assert len(merged([here, replace(there, changed_by=replace(later, arn=f"{MALLORY}2"))])) == 2


def test_reasons_why_nobody_is_named_are_shown() -> None:
    for view in (summary, tree):
        assert "CloudTrail does not tell who" in texts(view(report(LOGGING, missing=("CloudTrail does not tell who",))))
