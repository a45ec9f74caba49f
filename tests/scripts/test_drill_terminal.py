"""A drill on a terminal asks first, since every subscriber gets a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts.conftest import Served
from tests.scripts.test_terminal import ended, terminal

QUESTION = r"Trigger 2 alarms of account 111122223333 \(acme\)\? .* \[y/N\] "


@pytest.mark.parametrize(
    ("answer", "shown", "triggers"), [("n", "declined, no alarm was triggered", False), ("y", "0 of 2", True)]
)
def test_a_drill_asks_first(served: Served, full: Path, answer: str, shown: str, triggers: bool) -> None:
    run = terminal(served.environment, "drill", full, columns=140)
    run.expect(QUESTION)
    assert served.writes == []
    run.sendline(answer)
    code, rest = ended(run)
    assert code == 1
    assert shown in rest
    # There is nothing to ring before a reconcile, and so nothing is written either way.
    assert ("missing" in rest) == triggers
    assert served.writes == []
