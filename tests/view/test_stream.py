"""Whatever is written, no terminal obeys a name or a message from elsewhere."""

from __future__ import annotations

import io
import json
import re

import pytest

from awsbase.scripts.output import as_json
from awsbase.view.stream import OBEYED, write_result

HOSTILE = {
    "C0": "\x07",
    "a title": "\x1b]0;pwned\x07",
    "a cursor": "\x1b[1;1H",
    "a delete": "\x7f",
    "CSI of C1": "\x9b2J",
    "OSC of C1": "\x9d0;pwned\x9c",
    "right to left": "\u202eexe.txt",
    "isolates": "\u2066a\u2069",
    "marks": "\u200e\u200f\u061c",
    "nothing to see": "\u200b\ufeff\u2060",
    "a line": "\u2028",
    "tags": "\U000e0041",
}


class Terminal(io.StringIO):
    encoding = "utf-8"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_json_is_the_same_document_without_what_a_terminal_obeys(text: str) -> None:
    written = as_json({text: [text]})
    assert json.loads(written) == {text: [text]}
    assert all(letter.isprintable() or letter == "\n" for letter in written)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_stream_escapes_what_a_terminal_obeys(text: str) -> None:
    terminal = Terminal()
    write_result(f"before {text} after\n", terminal)
    shown = terminal.getvalue()
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert shown.startswith("before \\u")


def test_colours_and_letters_of_every_language_pass() -> None:
    terminal = Terminal()
    written = "\x1b[1;31mrot\x1b[0m\tЖ中é😀 עברית\n"
    write_result(written, terminal)
    assert terminal.getvalue() == written


def test_what_is_printable_needs_no_search_for_what_a_terminal_obeys() -> None:
    letters = map(chr, (*range(0x10000), *range(0xE0000, 0xE0100)))
    obeyed = [letter for letter in letters if re.match(OBEYED, letter)]
    assert len(obeyed) > 200
    assert not any(map(str.isprintable, obeyed))
