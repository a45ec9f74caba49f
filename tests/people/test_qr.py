"""QR codes in a terminal can be decoded, whatever the terminal's colours are."""

import re

import pytest
import zxingcpp

from awsbase.people import qr, seeds
from awsbase.people.secret import Secret

SEED = Secret("JBSWY3DPEHPK3PXP" * 4)


def decoded(screen: str) -> list[str]:
    """Return the texts of the QR codes in a terminal's output, read by an independent decoder."""
    rows = [pixels for line in screen.replace("\r", "").split("\n") for pixels in _pixels(line)]
    widest = max(map(len, rows))
    scale = 4
    # The terminal's background surrounds the code; black is harder to decode than white.
    grey = [row + [0] * (widest - len(row)) for row in rows]
    large = [[value for value in row for _ in range(scale)] for row in grey for _ in range(scale)]
    picture = bytes(value for row in large for value in row)
    image = memoryview(picture).cast("B", (len(large), len(large[0])))
    return [found.text for found in zxingcpp.read_barcodes(image)]


def _pixels(line: str) -> list[list[int]]:
    """Return the rows of pixels of a line of coloured blocks: two for half blocks, one for double spaces."""
    upper: list[int] = []
    lower: list[int] = []
    fore = back = 0
    for part in re.findall(r"\x1b\[[0-9;]*m|\u2580|  ", line):
        if part == "\u2580":
            upper.append(fore)
            lower.append(back)
        elif part == "  ":
            upper.append(back)
        else:
            for ground, colour in re.findall(r"([34])8;5;(\d+)", part):
                shade = {"16": 0, "231": 255}[colour]
                fore, back = (shade, back) if ground == "3" else (fore, shade)
    return [row for row in (upper, lower) if row]


@pytest.mark.parametrize("ascii_only", [False, True], ids=["half blocks", "ASCII"])
@pytest.mark.parametrize("label", ["alice@acme", "somebody.with-a.very+long_name@123456789012"])
def test_drawn_qr_code_can_be_decoded(label: str, ascii_only: bool) -> None:
    uri = seeds.uri(SEED, label)
    code = qr.modules(uri)
    drawn = qr.drawn(code, ascii_only=ascii_only)

    lines = drawn.splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert {len(line) for line in plain} == {qr.width(code, ascii_only=ascii_only)}
    assert len(lines) == qr.height(code, ascii_only=ascii_only)
    assert all(line.endswith("\x1b[0m") for line in lines)
    assert drawn.isascii() is ascii_only
    assert decoded(drawn) == [uri.reveal()]


def test_usual_qr_code_fits_80_by_23() -> None:
    code = qr.modules(seeds.uri(SEED, "alice@acme"))
    assert qr.width(code) <= 80
    assert qr.height(code) <= 23
