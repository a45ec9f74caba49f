"""The console blocks of the docs run, and print what the page shows.

A comment before a block names the situation in which it runs: `<!-- run: in an empty folder -->`. Without a comment it
runs in a folder with `acme.yaml`, the manifest of README.md, and against an empty sandbox. If no test can run a block,
its comment gives the reason: `<!-- not run: installs packages from the network -->`. `tests/console/compare.py` says
how what is printed is compared; `python -m tests.console` writes it into the pages.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console import ALL, results
from tests.console.blocks import Block
from tests.console.compare import LEFT_OUT, Printed, matches, renewed, shows
from tests.console.situations import SITUATIONS


@pytest.mark.parametrize("block", ALL, ids=str)
def test_each_block_says_how_it_runs_or_why_not(block: Block) -> None:
    assert all(command.line for command in block.commands), "a console block begins with a command: $ ..."
    if block.how == "run":
        assert block.what in SITUATIONS
        hidden = [command.line for command in block.commands if set(command.shown.splitlines()) == {LEFT_OUT}]
        assert hidden == [], "show a line of what it prints, so that there is something to compare"
    else:
        assert len(block.what.split()) >= 3, "say why no test can run it"


def test_each_situation_is_that_of_a_block() -> None:
    assert SITUATIONS.keys() - {block.what for block in ALL if block.how == "run"} == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", SITUATIONS, ids=lambda name: name or "an empty account")
def test_blocks_print_what_the_pages_show(name: str, tmp_path: Path) -> None:
    differ = [
        f"{block}: $ {command.line}\n{each.out}{each.err}(exit code {each.code})\n"
        for block, printed in results(name, tmp_path)
        for command, each in zip(block.commands, printed, strict=True)
        if not shows(command.shown, each) or (each.code and not command.shown)
    ]
    assert differ == [], "the pages show something else; `python -m tests.console` writes this:\n" + "\n".join(differ)


# How outputs are compared, and written anew.

LONG = "\n".join(f"line {number}" for number in range(20))


@pytest.mark.parametrize(
    ("shown", "out", "err", "expected"),
    [
        ("", "", "", True),
        ("", "some\n", "", False),
        ("", "", "some\n", False),
        ("a\nb", "a b\n", "", True),
        ("a\n...", "a\nb\nc\n", "", True),
        ("...\nb\n...", "a\nb\nc\n", "", True),
        ("...\nd\n...", "a\nb\nc\n", "", False),
        ("2026-11-29 in 0.3 s", "2027-01-02 in 4.1 s\n", "", True),
        ("2026-11-29 in 0.3 s", "2027-01-02 in 4 s\n", "", False),
        ("done", "done\n", "progress\n", True),
        ("progress\ndone", "done\n", "progress\n", True),
    ],
)
def test_what_is_shown_is_compared(shown: str, out: str, err: str, expected: bool) -> None:
    assert shows(shown, Printed(out, err, 0)) is expected


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("old", "new words\n", "new words"),
        ("", "new\n", "new"),
        ("", LONG, "line 0\nline 1\nline 2\n...\nline 17\nline 18\nline 19"),
        (LEFT_OUT, LONG, "line 0\nline 1\nline 2\n...\nline 17\nline 18\nline 19"),
        (
            "account 1\n...\n4 to change, 8 unchanged\n21 calls",
            "account 1\n  one\n  two\n5 to change, 8 unchanged\n22 calls",
            "account 1\n...\n5 to change, 8 unchanged\n22 calls",
        ),
        (
            "...\n  + role/a\n    more\n...",
            "all\n  + role/b\n    new\n    more\nend",
            "...\n  + role/b\n    new\n    more\n...",
        ),
    ],
    ids=["other words", "nothing before", "long", "hidden", "both ends", "a part"],
)
def test_a_page_shows_the_same_parts_anew(shown: str, printed: str, expected: str) -> None:
    assert renewed(shown, Printed(printed, "", 0)) == expected
    assert matches(expected, printed)


def test_progress_takes_no_place_of_the_result() -> None:
    printed = Printed("account 1\nresources: 1 updated, 2 unchanged\n", "updated trail\n", 0)
    assert renewed("...\n1 updated, 3 unchanged\n...", printed) == "...\nresources: 1 updated, 2 unchanged"
