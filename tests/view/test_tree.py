"""A report as text, on any stream."""

from __future__ import annotations

import io
import os
import re
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TextIO

import pytest

from awsbase.engine.changes import Change, Drift, Failure, ManualAction, Outcome, Report, Unknown
from awsbase.view.text import render
from awsbase.view.tree import difference, tree
from tests.view.reports import ASK, BLOCKED, DRIFTED, FAILED, GONE, NEW, SAME, report

SECTIONS = {"bucket/acme-state": "state", "key/acme-state": "state", "group/Ops": "iam", "user/bob": "iam"}
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def pipe(encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


@contextmanager
def terminal(columns: int) -> Iterator[TextIO]:
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    with os.fdopen(slave, "w", encoding="utf-8") as stream:
        yield stream
    os.close(master)


def text(of: Report, stream: TextIO | None = None, **options: bool) -> str:
    return render(tree(of, name="acme", sections=SECTIONS, **options), stream or pipe())


def test_a_plan_in_a_pipe() -> None:
    planned = report(NEW, SAME, DRIFTED, GONE, manual_actions=(ASK,))
    assert text(planned).splitlines() == [
        "account 123456789012 (acme), eu-west-1",
        "",
        "state",
        "  + bucket/acme-state",
        "      ~ versioning",
        "",
        "iam",
        "  ~ group/Ops",
        "      ~ path",
        "          path: / → /people/",
        "      - attachment arn:aws:iam::aws:policy/ReadOnlyAccess (risky)",
        "  - user/bob",
        "      - user (risky)",
        "",
        "needs your approval",
        "  ! group/Ops  delete attachment arn:aws:iam::aws:policy/ReadOnlyAccess: what it denies is no longer denied",
        "  ! user/bob  delete user: deletes a user",
        "",
        "needs you",
        "  ! user/alice  no MFA device",
        "      1. run awsbase passwd",
        "      2. run awsbase mfa create",
        "      seen as done by: iam ListMFADevices",
        "",
        "3 to change (1 to create, 2 to update, 2 to delete), 1 unchanged, 1 needs you",
        "9 calls, no write",
    ]


@pytest.mark.parametrize(
    ("mode", "status", "head"),
    [("plan", "planned", "  ± bucket/b"), ("reconcile", "changed", "  ✓ bucket/b  replaced")],
)
def test_a_replaced_resource_shows_why(mode: Any, status: Any, head: str) -> None:
    anew = Change("replace", "bucket", "s3:CreateBucket", (Drift("region", "us-east-1", "eu-west-1"),))
    lines = text(report(replace(NEW, address="bucket/b", status=status, changes=(anew,)), mode=mode)).splitlines()
    assert lines[2:4] == [head, "      region: us-east-1 → eu-west-1"]


def test_verbose_shows_unchanged_resources_and_all_fields() -> None:
    lines = text(report(NEW, SAME), verbose=True).splitlines()
    assert lines[3:8] == [
        "  + bucket/acme-state",
        "      + bucket",
        "      ~ versioning",
        "          status: nothing → Enabled",
        "  · key/acme-state",
    ]


def test_a_failure_shows_attempt_error_hint_and_blocked_resources() -> None:
    done = report(replace(NEW, status="changed"), FAILED, *BLOCKED, mode="reconcile", writes=3)
    assert text(done).splitlines()[3:] == [
        "  ✓ bucket/acme-state  created",
        "    updated versioning",
        "",
        "iam",
        "  ✗ group/Ops  could not create attachment arn:aws:iam::aws:policy/ReadOnlyAccess: AccessDenied",
        "    User: arn:aws:iam::123456789012:user/kim is not authorized to perform: iam:AttachGroupPolicy",
        "    → you are arn:aws:iam::123456789012:user/kim; this needs iam:AttachGroupPolicy",
        "    not begun for this reason: user/alice, user/carol",
        "    created group",
        "",
        "1 changed (2 created, 1 updated), 1 failed, 2 blocked, 0 unchanged",
        "12 calls, 3 writes, 1.2 s",
    ]


@pytest.mark.parametrize(
    ("drift", "line"),
    [
        (Drift("path", "/", "/people/"), "path: / → /people/"),
        (Drift("alias", None, "acme"), "alias: nothing → acme"),
        (Drift("name", "", "acme"), 'name: "" → acme'),
        (Drift("rotates", False, True), "rotates: false → true"),
        (Drift("key", None, Unknown("key")), "key: nothing → <key, once made>"),
        (Drift("tags", {}, {"a": "b"}), 'tags: {} → {"a": "b"}'),
        (Drift("groups", frozenset(), frozenset({"b", "a"})), 'groups: [] → ["a", "b"]'),
    ],
)
def test_a_drift_is_one_line(drift: Drift, line: str) -> None:
    assert difference(drift) == line


def test_long_documents_are_shortened_unless_verbose() -> None:
    drift = Drift("policy", None, {"Statement": [{"Sid": f"Number{n}"} for n in range(30)]})
    assert len(difference(drift)) < 100
    assert "Number29" in difference(drift)
    assert "Number15" not in difference(drift)
    assert "Number15" in difference(drift, verbose=True)


def test_lines_wrap_with_a_hanging_indent_at_forty_columns() -> None:
    with terminal(40) as stream:
        shown = text(report(DRIFTED, *BLOCKED, manual_actions=(ASK,)), stream)
    lines = ESCAPES.sub("", shown).splitlines()
    assert max(map(len, lines)) <= 40
    start = lines.index("      - attachment")
    assert lines[start : start + 4] == [
        "      - attachment",
        "        arn:aws:iam::aws:policy/ReadOnly",
        "        Access (risky)",
        "",
    ]


def test_colours_need_a_terminal_and_no_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with terminal(80) as stream:
        assert ESCAPES.search(text(report(DRIFTED), stream))
        monkeypatch.setenv("NO_COLOR", "1")
        assert not ESCAPES.search(text(report(DRIFTED), stream))
    assert not ESCAPES.search(text(report(DRIFTED)))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_without_unicode_gets_ascii_symbols(encoding: str) -> None:
    failed = report(FAILED, mode="reconcile", manual_actions=(ManualAction("user/zoë", "→ 中", (), ""),))
    shown = text(failed, pipe(encoding))
    assert "x group/Ops" in shown
    assert "-> you are" in shown
    assert "-> \\u4e2d" in shown
    shown.encode(encoding)


def test_control_characters_are_escaped() -> None:
    shown = text(report(Outcome("group/\x1b[2Jx\r", "eu-west-1", "planned", GONE.changes)))
    assert "group/\\x1b[2Jx\\r" in shown


def test_an_interrupted_run_says_what_to_do_next() -> None:
    cut = report(replace(NEW, status="changed"), replace(SAME, status="skipped"), mode="reconcile", interrupted=True)
    assert text(cut).splitlines()[-1] == "interrupted; run again: the next run finishes the work"
    assert "1 not begun" in text(cut)


def test_an_interrupted_resource_is_not_shown_as_failed() -> None:
    begun = replace(FAILED, error=Failure("Interrupted", "interrupted before it finished"))
    shown = text(report(begun, replace(SAME, status="skipped"), mode="reconcile", interrupted=True))
    assert "  … group/Ops  not finished\n    created group\n" in shown
    assert "\n1 not finished, 1 not begun, 0 unchanged\n" in shown
    assert "failed" not in shown
    both = text(report(begun, FAILED, mode="reconcile", interrupted=True))
    assert "\n1 failed, 1 not finished, 0 unchanged\n" in both


def test_a_new_resource_shows_its_price() -> None:
    priced = replace(NEW, price="$0.25 per GB")
    assert "costs $0.25 per GB" in text(report(priced))
    assert "costs" not in text(report(NEW))
