"""Write a man page for each command into `man/`, from what click knows of it.

click-man does this too, but loads a command by its entry point, and ours is a function that also answers shell prompts.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.site.commands import Command, every

FOLDER = Path(__file__).parents[1] / "man"


def pages() -> dict[str, str]:
    """Return the man pages by the names of their files."""
    commands = list(every())
    return {f"{dashed(command.words)}.1": "\n".join(page(command)) + "\n" for command in commands}


def page(command: Command) -> Iterator[str]:
    """Yield the lines of a man page in roff."""
    name = dashed(command.words)
    yield f'.TH {name.upper()} 1 "" awsbase "awsbase"'
    yield f".SH NAME\n{plain(name)} \\- {plain(command.summary.rstrip('.'))}"
    pieces = command.usage.removeprefix(command.words).strip()
    yield f".SH SYNOPSIS\n.B {plain(command.words)}\n{plain(pieces)}"
    yield ".SH DESCRIPTION"
    for text, verbatim in command.paragraphs:
        yield f".PP\n.nf\n{plain(text)}\n.fi" if verbatim else f".PP\n{plain(' '.join(text.split()))}"
    yield from listed("OPTIONS", command.options)
    yield from listed("COMMANDS", command.below)
    if parent := command.words.rpartition(" ")[0]:
        yield f".SH SEE ALSO\n.BR {dashed(parent)} (1)"


def listed(heading: str, entries: list[tuple[str, str]]) -> Iterator[str]:
    """Yield a section that explains one thing after the other."""
    if entries:
        yield f".SH {heading}"
    for name, about in entries:
        yield f".TP\n.B {plain(name)}\n{plain(about)}"


def dashed(words: str) -> str:
    return words.replace(" ", "-")


def plain(text: str) -> str:
    """Return a text as roff that says just this: no character is a command, and hyphens can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", escaped, flags=re.MULTILINE)


def main() -> int:
    """Write the pages, and remove those of commands that are gone."""
    FOLDER.mkdir(exist_ok=True)
    wanted = pages()
    for old in {file.name for file in FOLDER.glob("*.1")} - wanted.keys():
        (FOLDER / old).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
