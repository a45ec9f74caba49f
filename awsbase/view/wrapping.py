"""Long lines of a terminal, wrapped at words: a command between backquotes, an address or an ARN stays whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A line break within a command would be copied with it. So a command counts as one word: between backquotes, or of the
# AWS CLI with its options.
AWS_CLI = r"\baws [a-z0-9]+ [a-z]+(?:-[a-z0-9]+)+(?: --[a-z0-9-]+(?: (?!--)\S+)?)*"
WORD = re.compile(rf"(?:`[^`\n]*`|{AWS_CLI}|\S)+")
STYLE = re.compile(r"\x1b\[[0-9;]*m")
NARROWEST = 8
# These stay before what they mark.
MARK = re.compile(r"\s*(?:\W{1,3}|\d+\.|ok|x)?")


def wrap(text: str, width: int) -> Iterator[str]:
    """Yield one line as several that fit into `width` columns; a longer word stands alone and stays whole."""
    width = max(width, NARROWEST)
    start = end = 0
    for word in WORD.finditer(text):
        if cells(text[start : word.end()]) > width and not MARK.fullmatch(STYLE.sub("", text[start:end])):
            yield text[start:end]
            start = word.start()
        end = word.end()
    yield text[start:end]


def wrapped(text: str, width: int) -> str:
    """Wrap each line of a text that is too long; what follows the first part of a line is indented more."""
    return "\n".join(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    if cells(line) <= width or line.startswith("$ "):
        return line
    indent = len(line) - len(line.lstrip())
    body = line.rstrip()
    blanks = line[len(body) :]  # the answer to a question is typed behind them
    first, *others = wrap(body, width - indent - 2 - len(blanks))
    return "\n".join([first, *(f"{' ' * (indent + 2)}{other}" for other in others)]) + blanks


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    text = STYLE.sub("", text)
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
