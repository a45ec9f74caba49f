"""QR codes in a terminal, always black on white."""

from __future__ import annotations

import re
from collections.abc import Iterator

from awsbase.people.secret import Secret

# In modules. The standard asks for four, but the code must fit 24 lines and has a white frame of its own.
QUIET = 2
# Themes change the first 16 of the 256 colours, but not these two.
BLACK, WHITE = 16, 231
RESET = "\x1b[0m"

Modules = list[list[bool]]


def modules(text: Secret) -> Modules:
    """Return the QR code of a text with its quiet zone, row by row; True is a dark module."""
    import segno

    # Capitals and digits, such as a seed, need two thirds of the space of other text.
    parts = [part for part in re.split(r"([A-Z2-7]{32,})", text.reveal()) if part]
    code = segno.make_qr(parts, error="l", boost_error=False)  # type: ignore[arg-type]  # takes a sequence as well
    return [[bool(dark) for dark in row] for row in code.matrix_iter(border=QUIET)]


def width(code: Modules, *, ascii_only: bool = False) -> int:
    """Return the width of a code in terminal columns."""
    return len(code[0]) * (2 if ascii_only else 1)


def height(code: Modules, *, ascii_only: bool = False) -> int:
    """Return the height of a code in terminal lines."""
    return len(code) if ascii_only else (len(code) + 1) // 2


def drawn(code: Modules, *, ascii_only: bool = False) -> str:
    """Return a code as text: two rows a line as half blocks, or one row a line for ASCII terminals."""
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
