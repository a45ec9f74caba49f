"""The file that a drafted manifest goes to, and the files beside it: written once, and nothing of anybody's is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from awsbase import disk
from awsbase.adopt.proof import Target
from awsbase.errors import ManifestError, UsageError
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.source import parse, read_bytes
from awsbase.manifest.writing import written

# A document that ends, or one that is written as JSON is, cannot be continued by adding lines.
NO_MORE = "sections cannot be added to it by adding lines"


def new(file: Path, account: str, name: str, region: str) -> Target:
    """Return a manifest that is not there yet; raises UsageError for a name or region that no manifest takes."""
    head = {"version": 1, "account": {"id": account, "name": name, "region": region}}
    try:
        load_text(written(head, {}), file, {})
    except ManifestError as error:
        first = error.mistakes[0]
        raise UsageError(f"{first.path}: {first.message}", hint=first.hint) from None
    return Target(file, head)


def check_new(file: Path) -> None:
    """Check that a file can be made; raises UsageError where something has its name already."""
    if file.exists() or file.is_symlink():
        raise UsageError(
            f"{file} exists already, and stays unchanged",
            hint="name another file with -o, or add what it lacks with --merge",
        )
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}", hint="make it, or name another file with -o")


def continued(file: Path, manifest: Manifest) -> Target:
    """Return a manifest that is there, to add the sections that it lacks.

    Raises UsageError if no lines can be added to it.
    """
    text = read_bytes(file).decode("utf-8-sig")
    has = frozenset(name for name, _ in manifest.parts())
    probe = f"{text.rstrip()}\n\nan_added_key: {{}}\n"
    try:
        added: Mapping[str, Any] = parse(probe.encode(), file=str(file), folder=file.parent).value
    except Exception:  # noqa: BLE001, whatever is wrong comes from the added line
        added = {}
    if set(added) != has | {"an_added_key"}:
        raise UsageError(f"{file}: {NO_MORE}", hint="write it in block style, a key a line, without `...` at its end")
    return Target(file, before=text, has=has, tags=manifest.account.tags)


def place(target: Target, text: str, files: Mapping[str, str]) -> None:
    """Write a manifest, and before it the files that it names; when that fails nothing of it is left.

    Raises UsageError when something cannot be written, or when a file with other contents has a name already.
    """
    folder, made = target.file.parent, list[Path]()
    try:
        for name, content in files.items():
            write_once(folder / name, content, made)
        if target.before:
            disk.replace(target.file, text.encode(), private=False)
        else:
            write_once(target.file, text, made)
    except (OSError, UsageError) as error:
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink()
        if isinstance(error, UsageError):
            raise
        raise UsageError(
            f"cannot write {error.filename or target.file}: {error.strerror}", hint="name another file with -o"
        ) from None


def write_once(path: Path, content: str, made: list[Path]) -> None:
    """Write a new file, and note it; one with the same content stays. Raises UsageError for other content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as handle:
            made.append(path)
            handle.write(content)
    except FileExistsError:
        if path.is_file() and path.read_bytes() == content.encode():
            return
        raise UsageError(
            f"{path} exists already with other contents, and stays unchanged",
            hint="name a manifest in another folder with -o",
        ) from None
