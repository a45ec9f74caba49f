"""What the sandbox rests on: of each rule, whether an answer of AWS, a page of AWS or neither proves it."""

from __future__ import annotations

from tests.sandbox.sources import BEGIN, COLUMNS, PAGE, applied, column, written

# Nobody has seen how AWS does these. A rule is never added here: it names its source, or it is left out.
UNPROVEN = {
    "billing.closed",
    "billing.update_preferences",
    "client_tokens.keep_token",
    "client_tokens.known_token",
    "common.paging.collect",
    "common.paging.cut",
    "common.paging.note_page",
    "s3.abac.tags_elsewhere",
    "ssm.written_now",
}


def test_the_page_on_the_sandbox_says_what_each_rule_rests_on() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert BEGIN in page
    assert page == written(page), "run: python -m tests.sandbox.sources"


def test_every_rule_names_its_source() -> None:
    rules = [(f"{module}.{function.__name__}", column(function)) for module, function in applied()]
    assert {name for name, found in rules if found == COLUMNS[2]} == UNPROVEN
