"""A drafted manifest says what it was given, however odd, and its remarks stand on the lines that they are about."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from awsbase.manifest.paths import Steps
from awsbase.manifest.source import parse
from awsbase.manifest.writing import written

ODD: tuple[str, ...] = (
    "",
    "yes",
    "null",
    "~",
    "true",
    "1e3",
    "0o17",
    "007",
    "0x1f",
    "12",
    "1" * 40,
    "a: b",
    "a #b",
    "- a",
    "*a",
    "&a",
    "!a",
)
ODD += (
    "{a}",
    "[a]",
    "é",
    "日本",
    "multi\nline",
    " padded ",
    "'quoted'",
    '"quoted"',
    "a\tb",
    "%a",
    "@a",
    "`a`",
    "2020-01-01",
    "=",
    "<<",
)


def read(text: str) -> Any:
    source = parse(text.encode(), file="", folder=Path())
    assert source.mistakes == ()
    return source.value


def test_odd_texts_come_back_as_they_were() -> None:
    value = {"texts": {f"k{number}": text for number, text in enumerate(ODD)}, "list": list(ODD)}
    assert read(written(value, {})) == value


def test_odd_keys_come_back_as_they_were() -> None:
    value = {"keys": {text: {"a": 1} for text in ODD if text not in ("", "<<", "null", "~")}}
    assert read(written(value, {})) == value


def test_drawn_values_come_back_with_remarks_beside_them(draw: Random) -> None:
    def some(depth: int) -> Any:
        match draw.randrange(6 if depth < 4 else 3):
            case 0 | 1:
                return draw.choice(ODD)
            case 2:
                return draw.choice([True, False, 7, 1.5])
            case 3:
                return [some(depth + 1) for _ in range(draw.randrange(4))]
            case _:
                return {f"key-{n}": some(depth + 1) for n in range(draw.randrange(5))}

    for _ in range(30):
        value = {f"section-{n}": {"a": some(1), "b": some(1)} for n in range(3)}
        remarks: dict[Steps, list[str]] = {
            ("section-0", "a"): ["weaker"],
            ("section-1", "b"): ["one", "two\nlines"],
            ("section-2",): ["whole"],
        }
        text = written(value, remarks)
        assert read(text) == value
        where, lines = parse(text.encode(), file="", folder=Path()), text.splitlines()
        for path, said in remarks.items():
            assert lines[where.at(path) - 1].endswith(f"  # {'; '.join(said)}".replace("\n", " "))


def test_a_remark_stands_on_the_line_of_its_key() -> None:
    value = {"iam": {"users": {"alice": {"groups": ["a"]}, "bob": {}}}, "state": {}}
    text = written(value, {("iam", "users", "bob"): ["unused since 2020-01-01"], ("state",): ["inferred"]})
    assert "    bob: {}  # unused since 2020-01-01\n" in text
    assert "state: {}  # inferred\n" in text
    assert "    alice: {groups: [a]}\n" in text
