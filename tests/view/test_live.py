"""Progress shows what happens during a run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TextIO

import pytest
from rich.console import Console

from awsbase.engine.changes import Change, Mode
from awsbase.view.live import Lines, progress
from awsbase.view.screen import Screen

BLOCK = Change("create", "public access block", "s3:PutPublicAccessBlock")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (
            "reconcile",
            [
                "waiting bucket/acme-state public access block: AWS answers NoSuchBucket, 120 s at most",
                "created bucket/acme-state public access block",
                "failed bucket/acme-state",
            ],
        ),
        (
            "plan",
            [
                "waiting bucket/acme-state public access block: AWS answers NoSuchBucket, 120 s at most",
                "failed bucket/acme-state",
            ],
        ),
    ],
)
def test_without_a_terminal_each_change_is_a_line(mode: Mode, expected: list[str]) -> None:
    stream = io.StringIO()
    with progress(stream, mode, 1) as observer:
        assert isinstance(observer, Lines)
        observer.started("bucket/acme-state")
        observer.waiting("bucket/acme-state", BLOCK.what, "AWS answers NoSuchBucket", 120)
        observer.waiting("bucket/acme-state", BLOCK.what, "AWS answers NoSuchBucket", 119)
        observer.wrote("bucket/acme-state", BLOCK)
        observer.finished("bucket/acme-state", "failed")
    assert stream.getvalue().splitlines() == expected


def written(stream: TextIO, *, quiet: bool = False) -> None:
    with progress(stream, "reconcile", 1, quiet=quiet) as observer:
        observer.waiting("bucket/acme-state", BLOCK.what, "AWS answers NoSuchBucket", 120)
        observer.wrote("bucket/acme-state", BLOCK)
        observer.finished("bucket/acme-state", "failed")


def test_quiet_progress_names_failures_alone() -> None:
    stream = io.StringIO()
    written(stream, quiet=True)
    assert stream.getvalue() == "failed bucket/acme-state\n"


def test_a_dumb_terminal_gets_no_line_for_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dumb(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "dumb")
    stream = Dumb()
    written(stream)
    assert stream.getvalue().splitlines() == [
        "waiting bucket/acme-state public access block: AWS answers NoSuchBucket, 120 s",
        "  at most",
        "failed bucket/acme-state",
    ]


def frames(screen: Screen) -> list[str]:
    page = io.StringIO()
    Console(file=page, width=100, color_system=None).print(screen.frame())
    return page.getvalue().splitlines()


def test_on_a_terminal_it_shows_running_resources_and_waiting_ones_first() -> None:
    times: Iterator[float] = iter([0.0, 0.0, 2.0, 4.0, 5.0, 6.0])
    screen = Screen(io.StringIO(), "reconciling", 3, now=lambda: next(times))
    screen.started("key/acme-state")
    screen.started("bucket/acme-state")
    screen.waiting("bucket/acme-state", BLOCK.what, "AWS answers NoSuchBucket", 120)
    screen.waiting("bucket/acme-state", BLOCK.what, "AWS answers NoSuchBucket", 118)
    assert frames(screen) == [
        "| reconciling: 0 of 3 done",
        "  bucket/acme-state  5 s  public access block: AWS answers NoSuchBucket, waited 3 s of 120 s",
        "  key/acme-state  5 s",
    ]
    screen.wrote("bucket/acme-state", BLOCK)
    screen.finished("key/acme-state", "changed")
    screen.say("finishing")
    assert frames(screen) == [
        "| reconciling: 1 of 3 done",
        "  bucket/acme-state  6 s  public access block",
        "finishing",
    ]


def test_what_nobody_can_count_beforehand_is_shown_without_a_total() -> None:
    screen = Screen(io.StringIO(), "reading", None)
    screen.finished("topic/*", "unchanged")
    assert frames(screen) == ["| reading: 1 done"]


def test_the_number_of_rows_is_limited() -> None:
    screen = Screen(io.StringIO(), "planning", 30)
    for number in range(30):
        screen.started(f"alarm/{number}")
    assert len(frames(screen)) == 10
    assert "and 22 more" in frames(screen)[-1]
