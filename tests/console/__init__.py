"""The console blocks of the docs: what they show, and what their commands print.

`python -m tests.console` writes what the commands print into the pages, where it differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.console.blocks import Block, blocks
from tests.console.compare import Printed
from tests.console.run import run
from tests.console.situations import situation

ALL = list(blocks())


def results(name: str, folder: Path) -> Iterator[tuple[Block, list[Printed]]]:
    """Run the blocks of a situation one after the other, in one account; yield what the commands of each printed.

    What two pages show runs once; a page that shows it twice means to run it twice.
    """
    done: dict[tuple[str, ...], tuple[Path, list[Printed]]] = {}
    with situation(name, folder) as here:
        for block in ALL:
            if (block.how, block.what) == ("run", name):
                page, printed = done.get(block.lines, (block.page, []))
                if page == block.page:
                    printed = run(block.lines, here)
                    done[block.lines] = block.page, printed
                yield block, printed
