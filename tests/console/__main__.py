"""`python -m tests.console [SITUATION]...`: write what commands print into the pages where it differs."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.console import ALL, results
from tests.console.compare import LEFT_OUT, renewed, shows


def main(names: list[str]) -> int:
    """Run the blocks of all situations, or of those named; print which of them changed."""
    situations = names or list(dict.fromkeys(block.what for block in ALL if block.how == "run"))
    for name in situations:
        with tempfile.TemporaryDirectory() as folder:
            for block, printed in results(name, Path(folder)):
                shown = [
                    command.shown
                    if command.shown != LEFT_OUT and shows(command.shown, each)
                    else renewed(command.shown, each)
                    for command, each in zip(block.commands, printed, strict=True)
                ]
                old, new = block.text, block.showing(shown)
                if old != new:
                    print(f"{block} is written anew", file=sys.stderr)  # noqa: T201
                    page = block.page.read_text(encoding="utf-8")
                    block.page.write_text(page.replace(f"```console\n{old}", f"```console\n{new}", 1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
