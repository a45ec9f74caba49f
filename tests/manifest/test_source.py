"""The YAML that a manifest can have, and the mistakes for everything else."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest

from awsbase.errors import ManifestError
from awsbase.manifest.source import read
from tests.manifest.saying import source
from tests.nobody import unprivileged


def mistakes_of(text: str | bytes) -> list[str]:
    """Return the mistakes of a text, whether they stop the parser or not."""
    try:
        return [str(mistake) for mistake in source(text).mistakes]
    except ManifestError as error:
        return [str(mistake) for mistake in error.mistakes]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", 1),
        ("a: -12", -12),
        ("a: 0x1F", 31),
        ("a: 0o17", 15),
        ("a: 1.5", 1.5),
        ("a: 1e3", 1000.0),
        ("a: true", True),
        ("a: yes", "yes"),
        ("a: on", "on"),
        ("a: No", "No"),
        ("a: 2026-01-01", "2026-01-01"),
        ("a: 12:30:00", "12:30:00"),
        ("a: 1_000", "1_000"),
        ("a: .inf", ".inf"),
        ("a: ~", None),
        ("a:", None),
        ("a: ''", ""),
        ("a: '1'", "1"),
        ("a: !!str 12", "12"),
        ("a: ${aws:username}", "${aws:username}"),
        ("a: |\n  b\n  c\n", "b\nc\n"),
        ("a: &x [1]\n", [1]),
        ("a: 1\r\n", 1),
        ("\ufeffa: 1", 1),
        ("a: 'ü😀'", "ü😀"),
    ],
)
def test_scalars_are_read_as_in_yaml_1_2(text: str, value: Any) -> None:
    read_value = source(text).value["a"]
    assert (read_value, type(read_value)) == (value, type(value))


def test_yaml_alias_repeats_the_value() -> None:
    assert source("a: &x {b: [1]}\nc: *x\n").value == {"a": {"b": [1]}, "c": {"b": [1]}}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("a",), 2),
        (("a", "b"), 3),
        (("a", "b", 1), 5),
        (("a", "b", 7), 3),
        (("a", "zzz", "y"), 2),
        (("again",), 6),
        (("again", "b", 1), 5),
        (("nowhere",), 2),
    ],
)
def test_every_path_has_a_line(path: tuple[str | int, ...], line: int) -> None:
    text = "# comment\na: &a\n  b:\n    - 1\n    - 2\nagain: *a\n"
    assert source(text).at(path) == line


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["m.yaml:1: the manifest is empty, `awsbase init` writes one to start from"]),
        ("# only\n", ["m.yaml:1: the manifest is empty, `awsbase init` writes one to start from"]),
        ("---\n...\n", ["m.yaml:1: the manifest is empty, `awsbase init` writes one to start from"]),
        ("- a\n", ["m.yaml:1: a manifest is a mapping of sections, not a list, start with `version: 1`"]),
        ("\nhello\n", ["m.yaml:2: a manifest is a mapping of sections, not a single value, start with `version: 1`"]),
        ("a: 1\n---\nb: 1\n", ["m.yaml:2: a second document starts here, one manifest a file"]),
        (b"a: 1\nb: \xff\n", ["m.yaml:2: not UTF-8 text, save it as UTF-8"]),
        ("a: 1".encode("utf-16"), ["m.yaml:1: not UTF-8 text, save it as UTF-8"]),
        (b"a: 1\n\nb: \0\n", ["m.yaml:3: an invisible character U+0000, delete it; is this a text file?"]),
        ("a: \ufeffb\n", ["m.yaml:1: an invisible character U+FEFF, delete it; is this a text file?"]),
        ("a:\n\tb: 1\n", ["m.yaml:2: a tab cannot indent YAML, use spaces"]),
        ("a: @b\n", ["m.yaml:1: a value cannot start with '@', quote it"]),
        ("a: *\n", ["m.yaml:1: a value cannot start with '*', quote it: \"*\""]),
        ("a:\n  - *.example.com\n", ["m.yaml:2: a value cannot start with '*', quote it: \"*.example.com\""]),
        ("a: [s3:Get*, *]\n", ["m.yaml:1: a value cannot start with '*', quote it: \"*\""]),
        ("a:\n  b: {name}-x\nc: d\n", ["m.yaml:2: a value cannot start with '{' and go on, quote it: \"{name}-x\""]),
        ("a: [{id}/*, b]\n", ["m.yaml:1: a value cannot start with '{' and go on, quote it: \"{id}/*\""]),
        ("a: 'b' c\n", ["m.yaml:1: a value goes on after its closing quote, put the whole value into quotes"]),
        (
            "a: b: c\n",
            [
                "m.yaml:1: not YAML: a second `key:` where a value was expected, "
                "check the indentation, and quote a value that contains `: `"
            ],
        ),
        ("a: 1\nb\nc: 2\n", ["m.yaml:3: not YAML: a key without `:`, write `key: value`"]),
        ("a: 1\nb: 'x\nc: 1\n", ["m.yaml:2: not YAML: a quote that is never closed"]),
        ("a: 1\nb: [1,\nc: 2\n", ["m.yaml:2: not YAML: a `[` that is not closed, write `]`, or `,` between the items"]),
        ("{a: 1", ["m.yaml:1: not YAML: a `{` that is not closed, write `}`, or `,` between the entries"]),
        ("a:\n  - b\n c: 1", ["m.yaml:3: not YAML: this line fits no mapping above it, check the indentation"]),
        ("a: 1\na: 2\n", ["m.yaml:2: a: duplicate key 'a', first on line 1"]),
        (
            "a:\n  b: {c: 1}\n  'b': 2\na: 3\n",
            ["m.yaml:3: a.b: duplicate key 'b', first on line 2", "m.yaml:4: a: duplicate key 'a', first on line 1"],
        ),
        ("a:\n- {x: 1, x: 2}\n", ["m.yaml:2: a[0].x: duplicate key 'x', first on line 2"]),
        ("a: {1: x}\n", ["m.yaml:1: a.1: YAML reads the key 1 as a number, quote it: \"1\""]),
        ("a: {true: x}\n", ["m.yaml:1: a.true: YAML reads the key true as a boolean, quote it: \"true\""]),
        ("a: {~: x}\n", ["m.yaml:1: a: a key without a name, write it in quotes if it is meant: \"null\""]),
        ("a: {[b]: x}\n", ["m.yaml:1: a: a key must be a word, not a list or a mapping"]),
        ("a: {{}: x, b: 1, b: 2}\n", [
            "m.yaml:1: a: a key must be a word, not a list or a mapping",
            "m.yaml:1: a.b: duplicate key 'b', first on line 1",
        ]),
        (
            "a: &a {b: 1}\nc:\n  <<: *a\n",
            ["m.yaml:3: c: merge keys (`<<`) are not supported, repeat the keys, or alias the whole value"],
        ),
        ("a: 012345678901\n", ["m.yaml:1: a: YAML reads 012345678901 as another number, quote it: \"012345678901\""]),
        ("a: [1, " + "9" * 5000 + "]\n", ["m.yaml:1: a[1]: a number of 5000 digits, quote it if it is text"]),
        (
            "a: !!python/object/apply:os.system ['true']\n",
            ["m.yaml:1: a: tags such as !!python/object/apply:os.system have no meaning here, remove the tag"],
        ),
        ("a: !Ref b\n", ["m.yaml:1: a: tags such as !Ref have no meaning here, remove the tag"]),
        ("a: !x!y b\n", ["m.yaml:1: a tag that is not declared, remove what follows the `!`"]),
        ("staff: &staff 1\nb: *stuff\n", ["m.yaml:2: b: no anchor &stuff above, did you mean 'staff'?"]),
        ("a: &x\n  b: [*x]\n", ["m.yaml:2: a.b[0]: the alias *x contains itself"]),
        ("a: " + "[" * 900, ["m.yaml:1: a" + "[0]" * 39 + ": nested more than 40 deep"]),
        (
            BOMB,
            ["m.yaml:5: a4[3]: aliases unfold into more than 50000 values, write them out, or use fewer"],
        ),
    ],
)  # fmt: skip
def test_unsupported_yaml_is_refused(text: str | bytes, lines: list[str]) -> None:
    assert mistakes_of(text) == lines


def test_deep_nesting_is_refused() -> None:
    (line,) = mistakes_of("a: " + "[" * 100_000)
    assert line.startswith("m.yaml:1: ")
    assert line.endswith("nested more than 40 deep")


def test_aliases_cannot_nest_deeper_than_lists() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 60))
    assert mistakes_of(chain) == ["m.yaml:40: a39[0]: nested more than 40 deep"]


def test_large_manifest_is_read_quickly() -> None:
    text = "users:\n" + "".join(f"  user{n}: {{groups: [a, b], console: true}}\n" for n in range(10_000))
    begun = time.perf_counter()
    assert len(source(text).value["users"]) == 10_000
    assert time.perf_counter() - begun < 10


def refused(path: Path) -> str:
    with pytest.raises(ManifestError) as caught:
        read(path)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_missing_file_is_reported_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.yaml").write_text("a: 1")
    assert refused(tmp_path / "manfest.yaml") == f"{tmp_path}/manfest.yaml: no such file, did you mean 'manifest.yaml'?"
    assert refused(tmp_path / "q") == f"{tmp_path}/q: no such file, `awsbase init` writes one"


def test_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: is a directory, name the manifest inside it"
    assert refused(tmp_path / "a\0b").endswith("is no file name")
    assert refused(tmp_path / ("x" * 5000)).endswith("cannot be read: File name too long")
    (tmp_path / "large").write_bytes(b"# " + b"x" * 5_000_000)
    assert refused(tmp_path / "large") == f"{tmp_path}/large: larger than 4 MiB, is this a manifest?"


def test_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o755)
    path = Path("m.yaml")
    path.write_text("a: 1")
    path.chmod(0)
    with unprivileged():
        assert refused(path) == "m.yaml: cannot be read: Permission denied"


def test_dash_reads_standard_input() -> None:
    from_stdin = read(Path("-"), stdin=io.BytesIO(b"a: 1"))
    assert (from_stdin.file, from_stdin.value) == ("<stdin>", {"a": 1})
