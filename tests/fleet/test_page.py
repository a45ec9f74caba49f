"""The organization file that docs/fleet.md shows is the one that its console blocks run on."""

from __future__ import annotations

import re
from pathlib import Path

from tests.fleet.organizations import ORGANIZATION

PAGE = Path(__file__).parents[2] / "docs/fleet.md"


def test_the_page_shows_the_file_that_its_commands_run_on() -> None:
    shown = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert ORGANIZATION in shown
