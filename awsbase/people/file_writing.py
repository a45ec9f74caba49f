"""Writing the AWS files of a person: one section is edited in its place, and the file replaced atomically."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from awsbase import disk
from awsbase.people import ini, ownership, variables
from awsbase.people.files import (
    STATE,
    FileError,
    Files,
    FileVersion,
    header_of,
    naming,
    profile_of,
    read,
    sections_of,
    text_of,
    version_of,
)
from awsbase.people.locks import locked, private_folder
from awsbase.records import record

ATTEMPTS = 10
# In bytes: more than a session needs.
ROOM = 8192


@record
class Room:
    """The room on the disk that a session takes, held until it is written; `without` is what is missing, as lines."""

    without: Sequence[str]
    give_back: Callable[[], None]


def check_writable(files: Files) -> list[str]:
    """Try what writing a session takes, as `room` does; return what goes on without, as lines."""
    with room(files) as held:
        return list(held.without)


@contextmanager
def room(files: Files) -> Iterator[Room]:
    """Try what writing a session takes, before anyone is asked for a code, and hold the room for it.

    Raises FileError when the credentials file cannot be written, or not only by its owner.
    """
    path, stack = files.credentials, ExitStack()
    with naming(path):
        _refuse_devices(path)
        ownership.check(path)
        real = Path(os.path.realpath(path))
        private_folder(real.parent)
        if real.exists() and not os.access(real, os.W_OK):
            raise FileError(f"{path} is read-only", hint=f"`chmod u+w {shlex.quote(str(path))}`")
        held = stack.enter_context(disk.room(real, ROOM + (real.stat().st_size if real.exists() else 0)))
    # The lock of the file itself: the others are beside it.
    with locked(_lock_of(real)) as lock:
        without = [] if lock is not None else [_without_locks(real.parent / STATE)]
    with stack:
        yield Room(without, held)


def _without_locks(folder: Path) -> str:
    there = folder.is_dir()
    command = f"sudo chown {'-R ' if there else ''}$USER {shlex.quote(str(folder if there else folder.parent))}"
    return f"awsbase cannot write into {folder}, so it works without locks: `{command}` corrects that"


def write_credentials(files: Files, profile: str, values: Mapping[str, str | None]) -> None:
    """Set options of a profile in the credentials file (None removes one), and make the file private."""
    _edit(files.credentials, lambda text: ini.edit(text, profile, values), private=True)


def write_config(files: Files, profile: str, values: Mapping[str, str | None]) -> None:
    """Set settings of a profile in the config file (None removes one)."""

    def header(text: str) -> str:
        # If a profile has several headers ([default] and [profile default]), the AWS tools use the last one.
        found = [section.name for section in ini.scan(ini.lines(text)) if profile_of(section.name) == profile]
        return found[-1] if found else header_of(profile)

    _edit(files.config, lambda text: ini.edit(text, header(text), values), private=False)


def write_sections(files: Files, edits: Callable[[Mapping[str, Mapping[str, str]]], ini.Edits]) -> None:
    """Edit many sections of the config file at once; `edits` gets what `read_sections` returns, once or more."""
    _edit(files.config, lambda text: ini.edit_all(text, edits(sections_of(text))), private=False)


def is_private(files: Files) -> bool:
    """Tell whether only this person can read the credentials file; True if that is not known."""
    with suppress(OSError):
        return not _open_to_others(files.credentials)
    return True


def _current_version(path: Path) -> FileVersion:
    try:
        return version_of(path.stat())
    except FileNotFoundError:
        return None


def _edit(path: Path, edited: Callable[[str], str], *, private: bool) -> None:
    """Read, edit and replace a file under a lock; start again if another program wrote it in between."""
    # The lock is beside the real file, so every path to the same file leads to the same lock.
    real = Path(os.path.realpath(path))
    with naming(path):
        _refuse_devices(path)
        if private:
            ownership.check(path)
    with naming(path), locked(_lock_of(real)):
        for _ in range(ATTEMPTS):
            content, version = read(path)
            after = edited(text_of(content)).encode("utf-8", "surrogateescape")
            if after == content and version and not (private and _open_to_others(path)):
                return
            if _replace(path, after, version, private=private):
                return
    raise FileError(f"another program keeps writing {path}; it was not changed")


def _lock_of(real: Path) -> Path:
    return real.parent / STATE / f"{real.name}.lock"


def _refuse_devices(path: Path) -> None:
    # People set AWS_CONFIG_FILE=/dev/null to switch a file off. As root, awsbase could replace the device by a file.
    if path.exists() and not path.is_file():
        raise FileError(f"{path} is not a regular file", hint="check AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE")
    if (variable := variables.VARIABLE.search(str(path))) and not path.exists():
        raise FileError(f"{path} has {variable[0]}, which is not set", hint=f"set {variable[0]}, or write the path out")


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)


def _replace(path: Path, content: bytes, version: FileVersion, *, private: bool) -> bool:
    """Replace a file atomically; return False, and change nothing, if its version is no longer `version`."""
    real = Path(os.path.realpath(path))
    private_folder(real.parent)
    if version and not os.access(real, os.W_OK):
        raise FileError(f"{path} is read-only", hint=f"`chmod u+w {shlex.quote(str(path))}`")
    return disk.replace(path, content, private=private, unless=lambda: _current_version(path) != version)
