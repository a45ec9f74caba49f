"""The plans of many accounts as a folder: one file for each account, and an index that knows their digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from awsbase import disk
from awsbase.errors import AwsbaseError, UsageError
from awsbase.fleet.item import text
from awsbase.fleet.results import Result
from awsbase.records import record
from awsbase.view import document

SCHEMA = "awsbase.fleet.plans/1"
INDEX = "index.json"
HINT = "write one with `awsbase plan FILE -o FOLDER`"


@record
class Plans:
    """The plans of a folder by account, as the index lists them."""

    sandbox: bool
    accounts: Mapping[str, Mapping[str, Any]]


def check(folder: Path) -> None:
    """Check a folder before planning; raises UsageError when it is there and holds something else than plans."""
    if folder.is_dir() and any(folder.iterdir()):
        _index(folder, f"{folder} is there already and holds no plans", "name a new folder")
    elif folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, and the plans of several accounts are a folder", hint="name a folder")
    elif not folder.resolve().parent.is_dir():
        raise UsageError(f"cannot write {folder}: there is no directory {folder.resolve().parent}")


def write(folder: Path, results: Iterable[Result], *, sandbox: bool) -> int:
    """Write the plans that have changes, and the index last, so that half a folder is none; return how many.

    Raises AwsbaseError when they cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for old in folder.glob("*.json"):
            old.unlink()
        entries = {}
        for result in results:
            if result.status == "changes" and result.report:
                content = as_json(result.report)
                disk.replace(folder / f"{result.account}.json", content, private=True)
                digest = hashlib.sha256(content).hexdigest()
                entries[result.account] = {"id": result.id, "file": f"{result.account}.json", "sha256": digest}
        index = {"schema": SCHEMA, "sandbox": sandbox, "accounts": entries}
        disk.replace(folder / INDEX, as_json(index), private=True)
    except OSError as error:
        raise AwsbaseError(f"cannot write {folder}: {error.strerror}", hint="name another folder") from None
    return len(entries)


def read(folder: Path) -> Plans:
    """Read the plans of a folder; raises UsageError when one of them is not as the index says."""
    index = _index(folder, f"{folder} is no folder of plans", HINT)
    plans: dict[str, Mapping[str, Any]] = {}
    try:
        for name, entry in index["accounts"].items():
            content = disk.read(folder / Path(text(entry["file"])).name, document.MAX_BYTES)
            if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                raise UsageError(f"{folder / entry['file']} is not the plan that was written", hint="plan again")
            plans[text(name)] = json.loads(content)
        return Plans(bool(index["sandbox"]), plans)
    except OSError as error:
        raise UsageError(f"cannot read {error.filename or folder}: {error.strerror}", hint="plan again") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(f"{folder / INDEX} is not complete", hint="plan again") from None


def _index(folder: Path, message: str, hint: str) -> dict[str, Any]:
    """Return the index of a folder; raises UsageError when it has none."""
    try:
        index = json.loads(disk.read(folder / INDEX, document.MAX_BYTES))
        if index["schema"] != SCHEMA:
            raise ValueError(index["schema"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(message, hint=hint) from None
    found: dict[str, Any] = index
    return found


def as_json(value: Any) -> bytes:
    """Return a JSON document as a file holds it."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
