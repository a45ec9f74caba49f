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

    Blocks with the same lines run once: two pages may show the same.
    """
    done: dict[tuple[str, ...], list[Printed]] = {}
    with situation(name, folder) as here:
        for block in ALL:
            if (block.how, block.what) == ("run", name):
                if block.lines not in done:
                    done[block.lines] = run(block.lines, here)
                yield block, done[block.lines]
