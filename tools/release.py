"""Build the release of the last commit twice, and keep it in `dist/` only if both builds have the same bytes.

Wheels have the same bytes as soon as `SOURCE_DATE_EPOCH` is set. In the sdist setuptools leaves the time, the owner and
the permissions of each file, and gzip writes the time of the build: `normalise` replaces them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What must not matter: each build has its own folder, time zone and hash seed.
BUILDS = (("first", "UTC", "1"), ("the-second", "Pacific/Auckland", "2"))


class ReleaseError(Exception):
    """No release can be made; the message says why."""


def main() -> int:
    """Build twice, compare, and print the sha256 of what is now in `dist/`."""
    try:
        for file in release(ROOT, ROOT / "dist"):
            print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(ROOT)}")
    except ReleaseError as error:
        print(f"make release: {error}", file=sys.stderr)
        return 1
    return 0


def release(root: Path, target: Path) -> list[Path]:
    """Return the wheel and the sdist of the last commit; raises ReleaseError when two builds differ."""
    if changed := git(root, "status", "--porcelain").decode().strip():
        raise ReleaseError(f"commit or remove these first:\n{changed}")
    undated(root)
    os.umask(0o022)  # The wheel keeps the permissions of the metadata that setuptools writes.
    epoch = int(git(root, "log", "-1", "--format=%ct"))
    source = git(root, "archive", "--format=tar", "HEAD")
    with tempfile.TemporaryDirectory() as folder:
        first, second = (build(source, Path(folder, name), epoch, zone, seed) for name, zone, seed in BUILDS)
        if found := [line for pair in zip(first, second, strict=True) for line in differences(*pair)]:
            raise ReleaseError("two builds of one commit differ:\n" + "\n".join(found))
        target.mkdir(exist_ok=True)
        return [Path(shutil.copy(file, target)) for file in first]


def undated(root: Path) -> None:
    """Raise ReleaseError unless the changelog has a heading with date for the version, above all others."""
    version = re.search(r'__version__ = "(.+)"', (root / "awsbase/__init__.py").read_text(encoding="utf-8"))
    newest = re.search(r"^## (.*)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    expected = rf"{re.escape(version[1]) if version else '?'} \(\d{{4}}-\d\d-\d\d\)"
    if not newest or not re.fullmatch(expected, newest[1]):
        raise ReleaseError("the first heading of CHANGELOG.md is not the version of awsbase/__init__.py with a date")


def build(source: bytes, folder: Path, epoch: int, zone: str, seed: str) -> list[Path]:
    """Return the sdist of a tar of the sources, and the wheel that is built from this sdist."""
    unpack(source, folder / "source")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env = kept | {"SOURCE_DATE_EPOCH": str(epoch), "TZ": zone, "PYTHONHASHSEED": seed}

    run_build("--sdist", folder / "source", folder / "out", env)
    (sdist,) = (folder / "out").glob("*.tar.gz")
    sdist.write_bytes(normalise(sdist.read_bytes(), epoch))

    unpack(sdist.read_bytes(), folder / "sdist")
    (inside,) = (folder / "sdist").iterdir()
    run_build("--wheel", inside, folder / "out", env)
    (wheel,) = (folder / "out").glob("*.whl")
    return [sdist, wheel]


def run_build(what: str, source: Path, target: Path, env: dict[str, str]) -> None:
    """Run `build` with the build backend of this environment; raises ReleaseError with its output when it fails."""
    command = [sys.executable, "-I", "-m", "build", what, "--no-isolation", "--outdir", str(target), str(source)]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{what} could not be built:\n{done.stdout}")


def normalise(sdist: bytes, epoch: int) -> bytes:
    """Return the same files in a .tar.gz that tells nothing of the build: sorted, one time, no owner, plain modes."""
    plain = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(sdist)) as old,
        tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            entry = tarfile.TarInfo(member.name)
            entry.type, entry.linkname, entry.size, entry.mtime = member.type, member.linkname, member.size, epoch
            entry.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(entry, old.extractfile(member) if member.isfile() else None)
    return gzip.compress(plain.getvalue(), mtime=epoch)


def differences(one: Path, other: Path) -> list[str]:
    """Return a line for each file in which two archives differ, or one for the archive if only its wrapping does."""
    if one.name == other.name and one.read_bytes() == other.read_bytes():
        return []
    first, second = contents(one), contents(other)
    files = [f"  {one.name}: {name}" for name in sorted(first | second) if first.get(name) != second.get(name)]
    return files or [f"  {one.name} and {other.name}: same files, but their times, modes or order differ"]


def contents(archive: Path) -> dict[str, bytes]:
    """Return the files of a wheel or an sdist by name."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(archive) as sdist:
        files = [member for member in sdist.getmembers() if member.isfile()]
        return {member.name: stream.read() for member in files if (stream := sdist.extractfile(member))}


def unpack(archive: bytes, folder: Path) -> None:
    """Unpack a tar, compressed or not, with its own permissions."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")


def git(root: Path, *words: str) -> bytes:
    """Return the output of git; raises ReleaseError where `root` is no clone."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise ReleaseError(f"git {' '.join(words)}: {done.stderr.decode().strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
