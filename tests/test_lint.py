"""The limit on the length of a function is kept, and noticed when it is not."""

from pathlib import Path

from tests.lint import LINES, too_long


def test_a_function_that_is_too_long_is_named_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    body = "    x = 1\n" * (LINES - 1)
    file.write_text(f"def fits():\n{body}\n\nasync def grows():\n{body}    x = 2\n")
    assert list(too_long([file])) == [f"{file}:{LINES + 3}: grows has {LINES + 1} lines; {LINES} is the limit"]
