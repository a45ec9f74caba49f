"""`python -m tests.console [SITUATION]...`: write what commands print into the pages where it differs."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from tests.console import ALL, results
from tests.console.blocks import Block
from tests.console.compare import LEFT_OUT, Printed, renewed, shows


def main(names: list[str]) -> int:
    """Run the blocks of all situations, or of those named; print which of them changed."""
    for name in names or dict.fromkeys(block.what for block in ALL if block.how == "run"):
        with tempfile.TemporaryDirectory() as folder:
            try:
                for block, printed in results(name, Path(folder)):
                    write(block, printed)
            except pytest.skip.Exception as skipped:
                print(f"left out: {name}: {skipped}", file=sys.stderr)  # noqa: T201
    return 0


def write(block: Block, printed: list[Printed]) -> None:
    """Write what the commands of a block printed into its page, where the page shows something else."""
    shown = [
        command.shown if command.shown != LEFT_OUT and shows(command.shown, each) else renewed(command.shown, each)
        for command, each in zip(block.commands, printed, strict=True)
    ]
    if (new := block.showing(shown)) != block.text:
        print(f"{block} is written anew", file=sys.stderr)  # noqa: T201
        page = block.page.read_text(encoding="utf-8")
        block.page.write_text(page.replace(f"```console\n{block.text}", f"```console\n{new}", 1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
