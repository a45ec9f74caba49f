"""Lines on a terminal break at words only: a command, an address and an ARN can be copied from it."""

from __future__ import annotations

import io

import pytest

from awsbase.view.stream import fitted
from awsbase.view.text import render
from awsbase.view.tree import tree
from awsbase.view.wrapping import wrap
from tests.view.reports import ASK, BLOCKED, DRIFTED, FAILED, NEW, report
from tests.view.terminals import terminal

ARN = "arn:aws:iam::123456789012:policy/people/acme-self-service"
AWS = "aws ec2 describe-vpcs --filters Name=tag:Name,Values=NAME --region eu-west-1"
COMMAND = "`awsbase reconcile manifests/baseline.yaml --approved plan.json`"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 20, [""]),
        ("one two three four", 9, ["one two", "three", "four"]),
        ("a  b", 20, ["a  b"]),
        (f"attach {ARN} (risky)", 20, ["attach", ARN, "(risky)"]),
        (f"run {COMMAND}, then wait", 30, ["run", f"{COMMAND},", "then wait"]),
        (f"+ {ARN} more", 20, [f"+ {ARN}", "more"]),
        (f"the id from {AWS} tells it", 30, ["the id from", AWS, "tells it"]),
        ("an `open quote and more", 14, ["an `open quote", "and more"]),
        ("表表表 表表表 ab", 8, ["表表表", "表表表", "ab"]),
    ],
    ids=[
        "nothing",
        "words",
        "two blanks",
        "an ARN",
        "a command",
        "a mark",
        "a command of the AWS CLI",
        "one backquote",
        "wide letters",
    ],
)
def test_a_line_breaks_at_words(text: str, width: int, lines: list[str]) -> None:
    assert list(wrap(text, width)) == lines


def test_an_error_on_a_terminal_is_wrapped_with_an_indent() -> None:
    text = f"awsbase: the plan was made from another manifest\n  → run {COMMAND} when you have read it\nmore? "
    with terminal(40) as stream:
        assert fitted(text, stream).split("\n") == [
            "awsbase: the plan was made from",
            "  another manifest",
            "  → run",
            f"    {COMMAND}",
            "    when you have read it",
            "more? ",
        ]


def test_a_question_keeps_the_blank_before_its_answer() -> None:
    with terminal(20) as stream:
        asked = fitted("Apply 3 changes to account acme? [y/N] ", stream)
    assert asked == "Apply 3 changes\n  to account acme?\n  [y/N] "


def test_elsewhere_nothing_is_wrapped() -> None:
    text = "word " * 40
    assert fitted(text, io.StringIO()) == text
    assert fitted(text, None) == text


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
@pytest.mark.parametrize("columns", [30, 80])
def test_what_is_rendered_is_not_wrapped_again(columns: int, term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("NO_COLOR", raising=False)
    with terminal(columns) as stream:
        text = render(tree(report(NEW, DRIFTED, FAILED, *BLOCKED, manual_actions=(ASK,)), verbose=True), stream)
        assert fitted(text, stream) == text
