"""Code and docs speak plain English: no coined words, short sentences, docstrings that say what a function raises."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# One letter in brackets keeps this file from finding itself.
COINED = re.compile(
    r"loo[s]en|\bgr[a]ve|gr[a]vity|\bstr[u]ck\b|tort[u]r|\ble[a]n(s|ed|ing)? on\b|\bh[a]ngs? below\b", re.IGNORECASE
)
FILES = {"course", "desk", "wanted", "way", "made", "absent", "standing", "powers", "upkeep", "looks", "mend"}
FILES |= {"words", "place", "mfa_more", "gra" + "ve"}
OVERRIDES = frozenset({"needs", "check"})  # the class above documents them
LONGEST = 30  # words in a sentence
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
MODULES = sorted(ROOT.glob("awsbase/**/*.py"))


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines()]


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of prose: code, tables, links' addresses and lists' markers left out."""
    text = re.sub(r"```.*?```|<!--.*?-->", "\n\n", text, flags=re.DOTALL)
    for block in re.split(r"\n\s*\n|\n(?=\s*[-*#|>] |\s*\d+\. )|^\|.*$", text, flags=re.MULTILINE):
        if "|" in block:
            continue
        plain = re.sub(r"`[^`]*`", "code", re.sub(r"\]\([^)]*\)", "]", block))
        yield from re.split(r"(?<=[.!?:;])\s+(?=[A-Z`\[*(]|code|awsbase|fail2ban|sshd)", " ".join(plain.split()))


def long_sentences(text: str) -> list[str]:
    return [each for each in sentences(text) if len(each.split()) > LONGEST]


def functions(file: Path) -> Iterator[ast.FunctionDef]:
    """Yield the functions and methods that are public and stand in public classes."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef) and not getattr(node, "name", "").startswith("_"):
            yield from (
                each for each in node.body if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")
            )


def raises(function: ast.FunctionDef) -> bool:
    """Tell whether a function itself raises something new: what it only passes on belongs to another one."""
    own = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef) and node is not function]
    inside = {id(each) for nested in own for each in ast.walk(nested)}
    return any(
        isinstance(node, ast.Raise) and node.exc is not None and id(node) not in inside for node in ast.walk(function)
    )


def test_no_coined_word_is_left() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked()
        if path.name not in ("LICENSE", "CHANGELOG.md") and path.is_file()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if COINED.search(line)
    ]
    assert found == []


def test_no_file_has_a_name_that_nobody_would_search_for() -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked() if path.stem in FILES] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_sentence_of_the_docs_is_long(page: Path) -> None:
    assert long_sentences(page.read_text()) == []


def test_no_sentence_of_a_docstring_is_long() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {sentence}"
        for file in MODULES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        for sentence in long_sentences(ast.get_docstring(node) or "")
    ]
    assert found == []


def test_a_public_function_that_raises_says_so() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{function.lineno} {function.name}"
        for file in MODULES
        for function in functions(file)
        if raises(function) and "raise" not in (ast.get_docstring(function) or "").lower()
    ]
    assert found == []


def test_a_public_function_has_a_docstring() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{function.lineno} {function.name}"
        for file in MODULES
        for function in functions(file)
        if not ast.get_docstring(function)
        and function.name not in OVERRIDES
        and not any(
            isinstance(each, ast.Name) and each.id in ("property", "overload", "override")
            for each in function.decorator_list
        )
        and not (len(function.body) == 1 and isinstance(function.body[0], ast.Expr))
    ]
    assert found == []
