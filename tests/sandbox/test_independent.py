"""The sandbox stands by itself: of the package it imports what says nothing of AWS's answers, and no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "awsbase"
# The shape of requests, the grammar of policies, and how files of botocore are read.
ALLOWED = {"awsbase.constraints", "awsbase.models", "awsbase.policies.grammar"}


def modules() -> dict[str, Path]:
    """Return the files of the sandbox by the names of their modules."""
    return {
        ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): file
        for file in (PACKAGE / "sandbox").rglob("*.py")
    }


def imported(file: Path, known: set[str]) -> Iterator[str]:
    """Yield what a file imports of awsbase, at its top and in its functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("awsbase"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("awsbase"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else str(node.module)


def test_sandbox_imports_only_what_says_nothing_of_awss_answers() -> None:
    known = modules()
    others = {
        f"{name} imports {target}"
        for name, file in known.items()
        for target in imported(file, set(known))
        if target not in known and target not in ALLOWED
    }
    assert others == set()


def test_sandbox_has_no_import_circle() -> None:
    known = modules()
    graph = {name: set(imported(file, set(known))) - ALLOWED for name, file in known.items()}
    assert sum(map(len, graph.values())) > 100, "the walk found nothing: it is broken"
    assert list(TopologicalSorter(graph).static_order())
