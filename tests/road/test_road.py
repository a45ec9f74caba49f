"""A new user walks from README.md to a converged account, and sees what the files in `screens` show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.road.screen import COLUMNS, Terminal
from tests.road.walk import ROADS, ROOT, SCREENS, Step, file_of, walk

STEPS = [step for steps in ROADS.values() for step in steps]


@pytest.mark.slow
@pytest.mark.sampled(1)  # each takes ten seconds
@pytest.mark.parametrize("road", ROADS)
def test_each_command_shows_its_screen(road: str, tmp_path: Path) -> None:
    differ = {}
    for step, screen in walk(ROADS[road], tmp_path):
        if screen != file_of(step).read_text(encoding="utf-8"):
            differ[step.name] = screen
    assert differ == {}, "if these screens are meant, run: python -m tests.road.walk\n" + "\n".join(differ.values())


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_readme_names_each_command(step: Step) -> None:
    assert step.command in (ROOT / "README.md").read_text(encoding="utf-8")


def test_there_is_a_screen_for_each_step_and_no_other() -> None:
    assert {path.stem for path in SCREENS.iterdir()} == {step.name for step in STEPS}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("one\r\ntwo", ["one", "two"]),
        ("planning\r\x1b[2K\x1b[1mdone\x1b[0m", ["done"]),
        ("a\r\nb\x1b[1A\r\x1b[2Kc", ["c", "b"]),
        ("longer\rlost\x1b[K", ["lost"]),
        ("x" * (COLUMNS + 1), ["x" * COLUMNS, "x"]),
        ("\x1b]133;D;0\x07$ \x1b[?25h", ["$"]),
    ],
    ids=["lines", "line erased", "line above", "rest erased", "wrapped", "hidden"],
)
def test_the_terminal_shows_what_is_left(written: str, shown: list[str]) -> None:
    terminal = Terminal()
    terminal.feed(written)
    assert terminal.text() == shown


def test_a_sequence_that_nobody_expects_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody expects"):
        Terminal().feed("\x1b[5n")


@pytest.mark.parametrize("file", ["Makefile", "tools/install"])
def test_the_first_make_shows_what_pip_does(file: str) -> None:
    lines = [line for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if "pip install" in line]
    assert lines
    assert [line for line in lines if re.search(r"\s(--quiet|-q+)\s", line)] == []


@pytest.mark.parametrize("name", ["demo", "plan", "again"])
def test_a_run_says_what_matters_in_forty_lines(name: str) -> None:
    lines = (SCREENS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    # Neither the two prompts, nor the line that stands above the screen; `make` shows the command itself.
    assert len([line for line in lines if not line.startswith(("$", "---", ".venv/bin/"))]) <= 40
