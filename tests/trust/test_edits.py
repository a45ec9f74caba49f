"""Each edit that could widen, mute, delete or lock out is noticed, for every key of a manifest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.trust.account import outcome
from tests.trust.edits import EDITS, ELSEWHERE, Edit
from tests.trust.keys import keys
from tests.trust.starts import STARTS
from tests.trust.table import PAGE, numbered, page

STOPPED = ("mistake", "refused", "stopped")


@pytest.mark.parametrize("edit", [pytest.param(edit, id=id) for id, edit in numbered().items()])
def test_edit(edit: Edit) -> None:
    found = outcome(edit.start, edit.changes)
    assert [each for each in found if each.startswith(STOPPED)] == (found if edit.stops else [])
    if edit.harmless:
        assert found == []
    else:
        assert any((edit.asks or edit.stops) in each for each in found), found


@pytest.mark.parametrize("start", STARTS)
def test_what_was_not_edited_needs_nothing(start: str) -> None:
    assert outcome(start, {}) == []


def test_every_key_of_a_manifest_was_edited() -> None:
    edited = {key for edit in EDITS for key in edit.keys.split()}
    assert edited | ELSEWHERE.keys() == set(keys())
    assert len(EDITS) >= 120


@pytest.mark.parametrize(("what", "test"), ELSEWHERE.values())
def test_what_planning_cannot_show_is_shown_elsewhere(what: str, test: str) -> None:
    file, _, name = test.partition("::")
    assert re.search(rf"^def {name}\(", (Path(__file__).parents[2] / file).read_text(), re.MULTILINE)


def test_the_page_has_the_table() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.trust.table"
