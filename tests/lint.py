"""What `make lint` asks for beyond ruff: no function is longer than 60 lines."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("awsbase", "benchmarks", "examples", "tests", "tools")
LINES = 60


def too_long(files: Iterable[Path]) -> Iterator[str]:
    """Yield where a function is longer than `LINES`, its decorators left out."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                if lines > LINES:
                    yield f"{file}:{node.lineno}: {node.name} has {lines} lines; {LINES} is the limit"


if __name__ == "__main__":
    files = sorted(file for name in FOLDERS for file in (ROOT / name).rglob("*.py") if "node_modules" not in file.parts)
    sys.exit("\n".join(too_long(files)) or 0)
