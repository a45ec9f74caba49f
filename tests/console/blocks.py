"""The console blocks of the pages, as commands with what the page shows below each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"(?:^ *<!-- (?P<how>run|not run): (?P<what>.+?) -->\n)?^(?P<indent> *)```console\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Command:
    """A command of a block, and what the page shows below it."""

    line: str
    shown: str

    @property
    def text(self) -> str:
        return f"$ {self.line}\n" + (f"{self.shown}\n" if self.shown else "")


@dataclass(frozen=True)
class Block:
    """A console block of a page: whether it runs, and the situation or the reason that its comment names."""

    page: Path
    line: int
    how: str
    what: str
    commands: tuple[Command, ...]
    indent: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(command.line for command in self.commands)

    def showing(self, shown: list[str]) -> str:
        """Return the text of the block with these outputs."""
        text = "".join(replace(command, shown=each).text for command, each in zip(self.commands, shown, strict=True))
        return "".join(f"{self.indent}{line}".rstrip() + "\n" for line in text.splitlines())


def blocks() -> Iterator[Block]:
    """Yield the console blocks of all pages."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            lines = [line.removeprefix(found["indent"]) for line in found["text"].splitlines()]
            line, how, what = text[: found.start()].count("\n") + 1, found["how"] or "run", found["what"] or ""
            yield Block(page, line, how, what, tuple(commands(lines)), found["indent"], found["text"])


def commands(lines: list[str]) -> Iterator[Command]:
    """Yield the commands of a block; what stands before the first one is a command that prints itself."""
    command, shown = "", [""]
    for line in [*lines, "$ "]:
        if line.startswith("$ "):
            if command or shown != [""]:
                yield Command(command, "\n".join(shown[1:]))
            command, shown = line.removeprefix("$ "), [""]
        elif command.endswith("\\") and shown == [""]:
            command += f"\n{line}"
        else:
            shown.append(line)
