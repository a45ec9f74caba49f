"""Long lines of a terminal, wrapped at words: a command between backquotes, an address or an ARN stays whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from awsbase.view.stream import columns, is_terminal

# A line break within a command would be copied with it. So a command counts as one word: between backquotes, or of the
# AWS CLI with its options.
AWS_CLI = r"\baws [a-z0-9]+ [a-z]+(?:-[a-z0-9]+)+(?: --[a-z0-9-]+(?: (?!--)\S+)?)*"
WORD = re.compile(rf"(?:`[^`\n]*`|{AWS_CLI}|\S)+")
NARROWEST = 8


def wrap(text: str, width: int) -> Iterator[str]:
    """Yield one line as several that fit into `width` columns; a longer word stands alone and stays whole."""
    width = max(width, NARROWEST)
    start = end = 0
    for word in WORD.finditer(text):
        if start < end and cells(text[start : word.end()]) > width:
            yield text[start:end]
            start = word.start()
        end = word.end()
    yield text[start:end]


def fitted(text: str, stream: TextIO | None) -> str:
    """Wrap the lines of a text for a stream that is a terminal; what follows a line's first part is indented more."""
    if stream is None or not is_terminal(stream):
        return text
    width = columns(stream)
    return "\n".join(_fitted(line, width) for line in text.split("\n"))


def _fitted(line: str, width: int) -> str:
    if cells(line) <= width or line.startswith("$ "):
        return line
    indent = len(line) - len(line.lstrip())
    body = line.rstrip()
    blanks = line[len(body) :]  # the answer to a question is typed behind them
    first, *others = wrap(body, width - indent - 2 - len(blanks))
    return "\n".join([first, *(f"{' ' * (indent + 2)}{other}" for other in others)]) + blanks


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
