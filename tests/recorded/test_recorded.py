"""Each plan of each recording lists what its sample foretells; nothing in it tells whose account it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.recorded.replay import FOLDER, plans

FILES = sorted(FOLDER.glob("*/*.jsonl"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_recorded_plans_are_planned_alike(file: Path) -> None:
    assert {f"{plan.sample.name}: {plan.step}": found for plan in plans(file) if (found := plan.wrong())} == {}


def test_recordings_are_of_nobody() -> None:
    told = {file.name: re.findall(r"(?<!\d)(?!123456789012|99999)\d{12}(?!\d)", file.read_text()) for file in FILES}
    assert {name: found for name, found in told.items() if found} == {}
