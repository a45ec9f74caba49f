"""QR codes in a terminal, black on white whatever the terminal's own colours are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from awsbase.people.secret import Secret

# Two of the standard's four: the code stands in a picture of its own, and has to fit 24 lines.
QUIET = 2
# Of the 256 colours these are never changed by a theme, as the first sixteen are.
BLACK, WHITE = 16, 231
RESET = "\x1b[0m"

Modules = list[list[bool]]


def modules(text: Secret) -> Modules:
    """Return a text's QR code with its quiet zone, row by row, dark modules true."""
    import segno

    # A run of capitals and digits, such as a seed, takes two thirds of the room that other text does.
    parts = [part for part in re.split(r"([A-Z2-7]{32,})", text.reveal()) if part]
    code = segno.make_qr(parts, error="l", boost_error=False)  # type: ignore[arg-type]  # takes a sequence as well
    return [[bool(dark) for dark in row] for row in code.matrix_iter(border=QUIET)]


def width(code: Modules, *, ascii_only: bool = False) -> int:
    """Return the columns that a code needs."""
    return len(code[0]) * (2 if ascii_only else 1)


def height(code: Modules, *, ascii_only: bool = False) -> int:
    """Return the lines that a code needs."""
    return len(code) if ascii_only else (len(code) + 1) // 2


def drawn(code: Modules, *, ascii_only: bool = False) -> str:
    """Draw a code: two rows of it a line as half blocks, or one row a line where the terminal knows ASCII only."""
    lines = _plain(code) if ascii_only else _halves(code)
    return "".join(f"{line}{RESET}\n" for line in lines)


def _halves(code: Modules) -> Iterator[str]:
    blank = [False] * len(code[0])
    for upper, lower in zip(code[::2], [*code[1::2], blank], strict=False):
        yield "".join(
            f"\x1b[38;5;{BLACK if top else WHITE};48;5;{BLACK if bottom else WHITE}m\u2580"
            for top, bottom in zip(upper, lower, strict=True)
        )


def _plain(code: Modules) -> Iterator[str]:
    for row in code:
        yield "".join(f"\x1b[48;5;{BLACK if dark else WHITE}m  " for dark in row)
