"""Adding a kind goes as CONTRIBUTING.md says: its commands are run, in a copy of the tree, and its figures counted."""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHAPTER = re.split(r"^## ", GUIDE.partition("\n## Adding a kind of resource\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
SHOWN = re.findall(r"^```console\n(.*?)^```", CHAPTER, re.MULTILINE | re.DOTALL)[0]
PARTS = (
    "awsbase",
    "docs",
    "examples",
    "manifests",
    "tests",
    "README.md",
    "CONTRIBUTING.md",
    "pyproject.toml",
    "setup.cfg",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the tree."""
    there = tmp_path / "clone"
    there.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, there / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, there / part)
    return there


def run(line: str, where: Path) -> str:
    """Run a command of the guide with this Python, in a copy; returns what it prints."""
    command = [sys.executable, *(("-m", "pytest") if line.startswith("pytest ") else ()), *shlex.split(line)[1:]]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    env = {**kept, "PYTHONPATH": str(where), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def added(there: Path) -> dict[str, int]:
    """Return how many lines each file of a copy has more than the tree."""
    found = {}
    for file in sorted(path for path in there.rglob("*") if path.suffix in (".py", ".md")):
        name = str(file.relative_to(there))
        old = (ROOT / name).read_text(encoding="utf-8").splitlines() if (ROOT / name).exists() else []
        lines = difflib.ndiff(old, new) if (new := file.read_text(encoding="utf-8").splitlines()) != old else ()
        if count := sum(line.startswith("+ ") for line in lines):
            found[name] = count
    return found


def test_the_guide_adds_a_kind_that_keeps_the_contract(copy: Path) -> None:
    for step in SHOWN.split("$ ")[1:]:
        line, _, shown = step.partition("\n")
        printed = run(line, copy)
        assert printed.startswith(shown) if shown else re.search(r"\d+ passed", printed), printed

    files = added(copy)
    stated = re.search(r"(\d+) files and (\d+) lines", CHAPTER)
    assert stated, "the guide does not say how many files and lines it takes"
    assert files.keys() == set(re.findall(r"^(?:wrote|changed) (\S+)$", SHOWN, re.MULTILINE))
    assert (len(files), sum(files.values())) == (int(stated[1]), int(stated[2]))
    assert len(files) <= 5

    ruff = [sys.executable, "-m", "ruff"]
    for check in (["check"], ["format", "--check"]):
        subprocess.run(
            [*ruff, *check, "--no-cache", *(file for file in files if file.endswith(".py"))], cwd=copy, check=True
        )


def test_check_says_what_a_new_kind_lacks(copy: Path) -> None:
    run("python -m awsbase.kinds new queue", copy)
    module = copy / "awsbase/ensure/queue.py"
    whole = module.read_text(encoding="utf-8")
    module.write_text(whole.partition("\n\nKIND = ")[0], encoding="utf-8")
    with pytest.raises(AssertionError, match=r"write KIND = Kind\(RECIPE, READS, resource=\.\.\., \.\.\.\) at its end"):
        run("python -m awsbase.kinds check", copy)
    module.write_text(whole.replace('    owns="the title",\n', ""), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"KIND does not say what is corrected, write owns="):
        run("python -m awsbase.kinds check", copy)
