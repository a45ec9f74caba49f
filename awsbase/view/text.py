"""Lines of styled text: wrapped with a hanging indent on a terminal, neither wrapped nor coloured elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from awsbase.records import record
from awsbase.view.stream import columns, encodable, escaped, is_terminal
from awsbase.view.wrapping import wrap

if TYPE_CHECKING:
    from rich.text import Text

# These stand out on a dark terminal and on a light one: their contrast with black and with white is at least 3.5.
# Text itself has the terminal's own colour, at most bold or dim.
GREEN, AMBER, RED, PURPLE, TEAL = "color(28)", "color(130)", "color(160)", "color(164)", "color(30)"


@record
class Line:
    """One line: its indent in columns, its text and mark, and the style of each."""

    indent: int
    text: str
    mark: str = ""
    style: str = ""
    mark_style: str = ""


def render(lines: Iterable[Line], stream: TextIO) -> str:
    """Return lines as text for a stream."""
    if not is_terminal(stream):
        return "".join(f"{text}\n" for line in lines for text in _plain(line, stream))
    from rich.console import Console

    colours = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = columns(stream)
    page = StringIO()
    console = Console(
        file=page,
        force_terminal=colours,
        color_system="auto" if colours else None,
        width=width,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for line in lines:
        for text in _physical(line, stream, width):
            console.print(text, soft_wrap=True)
    return page.getvalue()


def _plain(line: Line, stream: TextIO) -> Iterator[str]:
    mark = encodable(line.mark, stream)
    hang = len(mark) + 1 if mark else 0
    first, *others = encodable(escaped(line.text), stream).split("\n")
    yield f"{' ' * line.indent}{mark}{' ' if mark else ''}{first}".rstrip()
    yield from (f"{' ' * (line.indent + hang)}{other}".rstrip() for other in others)


def _physical(line: Line, stream: TextIO, width: int) -> Iterator[Text]:
    from rich.text import Text

    mark = encodable(line.mark, stream)
    hang = len(mark) + 1 if mark else 0
    content = encodable(escaped(line.text), stream)
    # At 40 columns an indented line still needs room for its words.
    indent = min(line.indent, max(0, width - hang - 20))
    first = True
    for part in content.split("\n"):
        for piece in wrap(part, width - indent - hang):
            start = Text(" " * indent, end="")
            if first and mark:
                start.append(mark, line.mark_style or line.style).append(" ")
            else:
                start.append(" " * hang)
            start.append(piece, line.style)
            start.rstrip()
            yield start
            first = False
