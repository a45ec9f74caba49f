"""The record of a run: its results as JSON lines, each flushed when it comes, so that a run that was killed goes on."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from awsbase.engine.changes import Mode
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.fleet.item import Item, text
from awsbase.fleet.results import Result, read_result
from awsbase.records import record

SCHEMA = "awsbase.fleet.run/1"
KEPT = 100  # records of earlier runs
RUN = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


@record
class Header:
    """What a run is about: its accounts, and a digest of all that is to be done in them."""

    run: str
    mode: Mode
    file: str
    digest: str
    accounts: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the header as JSON values."""
        fields = {"run": self.run, "mode": self.mode, "file": self.file, "digest": self.digest}
        return {"schema": SCHEMA, **fields, "accounts": list(self.accounts)}


def new_run(now: datetime) -> str:
    """Return the name of a run, which AWS takes as the name of a session too."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def digest(items: Iterable[Item]) -> str:
    """Return the digest of what is to be done: another manifest, way or selection has another one."""
    whole = hashlib.sha256()
    for item in items:
        said = item.document() | {"run": "", "manifest": "", "files": {}, "patience": 0}
        whole.update(json.dumps(said, sort_keys=True).encode() + b"\n")
    return whole.hexdigest()


def folder(environ: Mapping[str, str], home: Path) -> Path:
    """Return the folder of the records.

    https://specifications.freedesktop.org/basedir-spec/latest/ ignores a path that is not absolute.
    """
    state = environ.get("XDG_STATE_HOME", "")
    return (Path(state) if os.path.isabs(state) else home / ".local/state") / "awsbase/runs"


@dataclass
class Record:
    """The record of a run, in a private file or in memory. It remembers where each account's last result stands."""

    header: Header
    stream: BinaryIO
    path: Path | None = None
    sync: Callable[[int], object] = os.fsync
    results: dict[str, Result] = field(default_factory=dict)
    """The last result of each account, without its report."""
    _at: dict[str, int] = field(default_factory=dict)

    @property
    def left(self) -> list[str]:
        """Return the accounts that are not finished, in the order of the file."""
        ended = {name for name, result in self.results.items() if result.ends(self.header.mode)}
        return [name for name in self.header.accounts if name not in ended]

    def add(self, result: Result) -> None:
        """Write a result; once this returns, it outlives this process and the machine."""
        self._remember(result, self._write(result.document()))

    def full(self, account: str) -> Result | None:
        """Return the last result of an account with its report; None when there is none."""
        if account not in self._at:
            return None
        self.stream.seek(self._at[account])
        return read_result(json.loads(self.stream.readline()))

    def all(self) -> Iterator[Result]:
        """Yield the last result of each account with its report, in the order of the file."""
        yield from (found for name in self.header.accounts if (found := self.full(name)))

    def close(self) -> None:
        """Close the file."""
        self.stream.close()

    def _write(self, value: Mapping[str, Any]) -> int:
        at = self.stream.seek(0, os.SEEK_END)
        self.stream.write(json.dumps(value, separators=(",", ":")).encode() + b"\n")
        self.stream.flush()
        if self.path:
            self.sync(self.stream.fileno())
        return at

    def _remember(self, result: Result, at: int) -> None:
        self.results[result.account] = replace(result, report=None)
        self._at[result.account] = at


def in_memory(header: Header) -> Record:
    """Return a record that ends with this process."""
    made = Record(header, BytesIO())
    made._write(header.document())
    return made


def create(where: Path, header: Header, sync: Callable[[int], object] = os.fsync) -> Record:
    """Begin the record of a run in a folder, of which only its owner can read anything.

    Raises AwsbaseError when it cannot be written.
    """
    path = where / f"{header.run}.jsonl"
    try:
        where.mkdir(parents=True, exist_ok=True, mode=0o700)
        where.chmod(0o700)
        forget(where)
        stream = _opened(path, os.O_CREAT | os.O_EXCL)
        made = Record(header, stream, path, sync)
        made._write(header.document())
    except OSError as error:
        raise AwsbaseError(
            f"cannot write the record of this run, {path}: {error.strerror}", hint="set XDG_STATE_HOME"
        ) from None
    return made


def resume(where: Path, run: str, header: Callable[[Header], Header]) -> Record:
    """Go on with a record; `header` returns what the run would be about now, by what it was about.

    Raises UsageError when there is no such run, and Refused when it was about something else, or still goes on.
    """
    path = where / f"{run}.jsonl"
    try:
        if not RUN.fullmatch(run):
            raise FileNotFoundError
        stream = _opened(path, 0)
    except FileNotFoundError:
        raise UsageError(f"there is no run {run} in {where}", hint=hint(where)) from None
    except OSError as error:
        raise AwsbaseError(f"cannot read {path}: {error.strerror}", hint="is it yours?") from None
    try:
        found = Record(_header(stream, path), stream, path)
        if (now := header(found.header)).digest != found.header.digest:
            raise Refused(
                f"run {run} was about something else than {now.file} is now", hint="begin a new run: leave --resume out"
            )
        _read(found)
    except BaseException:
        stream.close()
        raise
    return found


def _opened(path: Path, flags: int) -> BinaryIO:
    """Open a record for one process alone; raises Refused while another one has it, or OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Refused(f"run {path.stem} goes on in another process", hint="let it finish, or end it") from None
    except OSError:
        # Some network file systems have no locks; the lock of each account holds nevertheless.
        pass
    return os.fdopen(descriptor, "r+b")


def _header(stream: BinaryIO, path: Path) -> Header:
    try:
        value = json.loads(stream.readline())
        if value["schema"] != SCHEMA or value["mode"] not in ("plan", "reconcile"):
            raise ValueError(value["schema"])
        accounts = tuple(map(text, value["accounts"]))
        return Header(text(value["run"]), value["mode"], text(value["file"]), text(value["digest"]), accounts)
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is no record of a run", hint="leave --resume out") from None


def _read(found: Record) -> None:
    """Read all results; a last line that a killed process left half written is cut off."""
    while True:
        at = found.stream.tell()
        line = found.stream.readline()
        if not line:
            return
        try:
            if not line.endswith(b"\n"):
                raise ValueError
            result = read_result(json.loads(line))
        except (ValueError, UsageError):
            found.stream.seek(at)
            found.stream.truncate()
            return
        found._remember(result, at)


def runs(where: Path) -> Sequence[str]:
    """Return the names of the runs of which there is a record, the newest first."""
    return sorted((each.stem for each in where.glob("*.jsonl") if RUN.fullmatch(each.stem)), reverse=True)


def hint(where: Path) -> str:
    """Return which runs there are."""
    return f"there are {', '.join(names[:3])}" if (names := runs(where)) else "there is none; leave --resume out"


def forget(where: Path) -> None:
    """Delete the oldest records."""
    for name in runs(where)[KEPT - 1 :]:
        with suppress(OSError):
            (where / f"{name}.jsonl").unlink()
