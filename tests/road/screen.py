"""A terminal that keeps what programs write to it: the screen, and what has scrolled off it."""

from __future__ import annotations

import re

COLUMNS, LINES = 80, 24
# One control sequence, one sequence for the terminal's program (such as a title), one control character, or text.
PIECE = re.compile(r"\x1b\[(?P<csi>[?0-9;]*)(?P<end>[A-Za-z])|\x1b\].*?(?:\x07|\x1b\\)|(?P<control>[\x00-\x1f\x7f])|.")


class Terminal:
    """Only what awsbase and its tools write is understood; raises ValueError for any other sequence."""

    def __init__(self, columns: int = COLUMNS, lines: int = LINES) -> None:
        self.columns, self.height = columns, lines
        self.rows: list[list[str]] = [[]]
        self.row = self.column = 0

    @property
    def top(self) -> int:
        """The first row that is on the screen."""
        return max(0, len(self.rows) - self.height)

    def feed(self, text: str) -> None:
        """Take what a program writes."""
        for piece in PIECE.finditer(text):
            if piece["end"]:
                self._sequence(piece["csi"], piece["end"])
            elif piece["control"]:
                self._control(piece["control"])
            elif not piece[0].startswith("\x1b"):
                self._letter(piece[0])

    def text(self) -> list[str]:
        """Return all lines, those that have scrolled off first."""
        return ["".join(row).rstrip() for row in self.rows]

    def _letter(self, letter: str) -> None:
        if self.column == self.columns:
            self._down()
            self.column = 0
        row = self.rows[self.row]
        row.extend(" " * (self.column + 1 - len(row)))
        row[self.column] = letter
        self.column += 1

    def _control(self, control: str) -> None:
        if control == "\n":
            self._down()
        elif control == "\r":
            self.column = 0
        elif control == "\b":
            self.column = max(0, self.column - 1)
        elif control != "\x07":
            raise ValueError(f"a control character that nobody expects: {control!r}")

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    def _sequence(self, given: str, end: str) -> None:
        if end == "A":
            self.row = max(self.top, self.row - int(given or 1))
        elif end == "K" and given == "2":
            self.rows[self.row].clear()
        elif end == "K" and given in ("", "0"):
            del self.rows[self.row][self.column :]
        # Colours, and whether the cursor is shown, change no letter.
        elif end != "m" and not given.startswith("?25"):
            raise ValueError(f"a sequence that nobody expects: ESC [{given}{end}")
