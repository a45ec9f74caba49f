"""A wheel and an sdist hold what they should, and two builds of one commit have the same bytes."""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import awsbase
from tools import release

ROOT = Path(__file__).parent.parent
EPOCH = 1_800_000_000
BUILD = "from setuptools import build_meta; build_meta.build_sdist('../out'); build_meta.build_wheel('../out')"
FOLDERS = ("awsbase", "benchmarks", "docs", "examples", "man", "manifests", "requirements", "tests", "tools")
NOT_COPIED = (".git", ".venv*", "node_modules", "__pycache__", "*.egg-info", "build", "dist", ".*_cache")


def in_git(*folders: str) -> set[str]:
    """Return the files of the clone below `folders`, or those on disk where this is no clone."""
    done = subprocess.run(["git", "ls-files", "--", *folders], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout:
        return set(done.stdout.split())
    found = (file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file())
    return {str(file.relative_to(ROOT)) for file in found if not {"__pycache__", "node_modules"} & set(file.parts)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Build with the setuptools that is here; return the files of the sdist and of the wheel."""
    folder = tmp_path_factory.mktemp("build")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*NOT_COPIED))
    (folder / "out").mkdir()
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-W", "ignore", "-c", BUILD]
    subprocess.run(command, cwd=folder / "source", env=env, check=True, capture_output=True)

    (sdist,), (wheel,) = (folder / "out").glob("*.tar.gz"), (folder / "out").glob("*.whl")
    with tarfile.open(sdist) as tar, zipfile.ZipFile(wheel) as archive:
        files = {member.name.partition("/")[2] for member in tar.getmembers() if member.isfile()}
        return {"sdist": files, "wheel": set(archive.namelist())}


@pytest.mark.slow
def test_wheel_holds_every_file_of_the_package(built: dict[str, set[str]]) -> None:
    assert in_git("awsbase") - built["wheel"] == set()
    assert "awsbase/py.typed" in built["wheel"]
    assert {Path(name).suffix for name in built["wheel"]} >= {".json", ".yaml", ".sh", ".txt"}


@pytest.mark.slow
def test_wheel_holds_nothing_but_the_package_and_its_metadata(built: dict[str, set[str]]) -> None:
    outside = {name for name in built["wheel"] if not name.startswith(("awsbase/", "awsbase-"))}
    assert outside == set()
    assert any(re.fullmatch(r"awsbase-.*\.dist-info/(licenses/)?LICENSE", name) for name in built["wheel"])


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_sdist_holds_every_file_of(folder: str, built: dict[str, set[str]]) -> None:
    assert in_git(folder) - built["sdist"] == set()


@pytest.mark.slow
def test_sdist_holds_license_changelog_and_makefile(built: dict[str, set[str]]) -> None:
    assert {"LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "README.md", "Makefile"} <= built["sdist"]
    assert {"action.yml", "Containerfile", ".containerignore"} <= built["sdist"]


def test_the_version_has_a_heading_with_its_date() -> None:
    headings = re.findall(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert awsbase.__version__ in dict(headings)
    assert [day for _, day in headings] == sorted((day for _, day in headings), reverse=True)


def packed(files: dict[str, bytes], *, mtime: int, owner: str, mode: int) -> bytes:
    """Return a .tar.gz in the order of `files`."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.uname, entry.uid, entry.mode = len(content), mtime, owner, mtime % 1000, mode
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=mtime)


def test_normalised_archives_of_the_same_files_have_the_same_bytes() -> None:
    files = {"a-1/run": b"#!/bin/sh\n", "a-1/text": b"text\n"}
    one = packed(files, mtime=1_700_000_001, owner="alice", mode=0o775)
    other = packed(dict(reversed(files.items())), mtime=1_700_000_555, owner="bob", mode=0o700)

    assert one != other
    assert release.normalise(one, EPOCH) == release.normalise(other, EPOCH)


def test_normalising_keeps_contents_and_executables() -> None:
    done = release.normalise(packed({"a-1/run": b"#!/bin/sh\n"}, mtime=7, owner="alice", mode=0o700), EPOCH)

    with tarfile.open(fileobj=io.BytesIO(done)) as tar:
        (entry,) = tar.getmembers()
        content = tar.extractfile(entry)
        assert content is not None
        assert content.read() == b"#!/bin/sh\n"
        assert (entry.mode, entry.mtime, entry.uname, entry.uid) == (0o755, EPOCH, "", 0)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"a": b"1"}, {"a": b"1"}, []),
        ({"a": b"1", "b": b"1"}, {"a": b"1", "b": b"2"}, ["  a.tar.gz: b"]),
        ({"a": b"1"}, {"a": b"1", "c": b""}, ["  a.tar.gz: c"]),
        (
            {"a": b"1", "b": b"2"},
            {"b": b"2", "a": b"1"},
            ["  a.tar.gz and a.tar.gz: same files, but their times, modes or order differ"],
        ),
    ],
    ids=["same", "another content", "another file", "another order"],
)
def test_differences_name_the_files(
    tmp_path: Path, first: dict[str, bytes], second: dict[str, bytes], expected: list[str]
) -> None:
    archives = []
    for name, files in (("one", first), ("other", second)):
        (tmp_path / name).mkdir()
        archives.append(tmp_path / name / "a.tar.gz")
        archives[-1].write_bytes(packed(files, mtime=7, owner="alice", mode=0o644))

    assert release.differences(*archives) == expected


def test_uncommitted_changes_are_not_released(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "new").touch()

    with pytest.raises(release.ReleaseError, match=r"commit or remove these first:\n\?\? new"):
        release.release(tmp_path, tmp_path / "dist")


@pytest.mark.parametrize("heading", ["## [Unreleased]", "## 0.2.0", "## 0.1.0 (2026-11-28)"])
def test_a_version_without_a_dated_heading_is_not_released(tmp_path: Path, heading: str) -> None:
    (tmp_path / "awsbase").mkdir()
    (tmp_path / "awsbase/__init__.py").write_text('__version__ = "0.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changes\n\n{heading}\n\n## 0.2.0 (2026-11-29)\n")

    with pytest.raises(release.ReleaseError, match="first heading"):
        release.undated(tmp_path)
