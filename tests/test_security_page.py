"""The page on security names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_each_attack_on_the_page_names_a_test_that_exists() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "`tests/" in line]
    named = [name for row in rows for name in re.findall(r"`(tests/[\w/]+\.py)`", row)]
    assert len(rows) == len(named) >= 20
    assert [name for name in named if not (ROOT / name).is_file()] == []
