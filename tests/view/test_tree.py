"""A report as text, on any stream."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, TextIO

import pytest
from rich.color import Color

from awsbase.engine.changes import Change, Drift, Failure, ManualAction, Outcome, Report, Unknown
from awsbase.view.changes import difference
from awsbase.view.text import AMBER, GREEN, PURPLE, RED, TEAL, render
from awsbase.view.tree import tree
from tests.view.reports import ASK, BLOCKED, DRIFTED, FAILED, GONE, NEW, SAME, report
from tests.view.terminals import ESCAPES, terminal

SECTIONS = {"bucket/acme-state": "state", "key/acme-state": "state", "group/Ops": "iam", "user/bob": "iam"}


def pipe(encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


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
        "resources: 1 to create, 1 to update, 1 to delete, 1 unchanged",
        "changes: 1 to create, 2 to update, 2 to delete",
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
        "resources: 1 created, 1 failed, 2 blocked, 0 unchanged",
        "changes: 2 created, 1 updated",
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


def test_lines_wrap_with_a_hanging_indent_at_forty_columns_and_words_stay_whole() -> None:
    with terminal(40) as stream:
        shown = text(report(DRIFTED, *BLOCKED, manual_actions=(ASK,)), stream)
    lines = ESCAPES.sub("", shown).splitlines()
    assert {line.strip(" :") for line in lines if len(line) > 40} == {"arn:aws:iam::aws:policy/ReadOnlyAccess"}
    start = lines.index("      - attachment")
    assert lines[start : start + 4] == [
        "      - attachment",
        "        arn:aws:iam::aws:policy/ReadOnlyAccess",
        "        (risky)",
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


@pytest.mark.parametrize("style", [GREEN, AMBER, RED, PURPLE, TEAL])
def test_a_colour_stands_out_on_dark_and_on_light_terminals(style: str) -> None:
    triplet = Color.parse(style).get_truecolor()
    parts = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in triplet]
    luminance = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    # https://www.w3.org/TR/WCAG21/#contrast-minimum: 3 for large or bold text
    assert min((luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05)) > 3.5


def test_text_is_never_coloured_but_for_failures() -> None:
    planned = report(NEW, DRIFTED, GONE, FAILED, replace(SAME, price="$1"), manual_actions=(ASK,))
    assert {line.style for line in tree(planned, verbose=True)} <= {"", "dim", "bold", f"bold {RED}"}


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
    assert "\nresources: 1 not finished, 1 not begun, 0 unchanged\n" in shown
    assert "failed" not in shown
    both = text(report(begun, FAILED, mode="reconcile", interrupted=True))
    assert "\nresources: 1 failed, 1 not finished, 0 unchanged\n" in both


def test_a_new_resource_shows_its_price() -> None:
    priced = replace(NEW, price="$0.25 per GB")
    assert "costs $0.25 per GB" in text(report(priced))
    assert "costs" not in text(report(NEW))
