"""The AWS files of a person: `~/.aws/credentials` and `~/.aws/config`, read whole and edited in place."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from awsbase import disk
from awsbase.people import ini, ownership, variables
from awsbase.people.locks import locked, private_folder
from awsbase.people.ownership import FileError as FileError
from awsbase.records import record

ATTEMPTS = 10
# In bytes: more than a session needs.
ROOM = 8192
STATE = ".awsbase"
# Sections of the config file that are no profiles.
_NO_PROFILES = ("profile", "sso-session", "services", "preview", "plugins")


@record
class Files:
    """Where the AWS tools of this person keep credentials and settings."""

    credentials: Path
    config: Path

    @property
    def state(self) -> Path:
        """The folder for locks and for awsbase's own notes; it holds no secret."""
        # People name files in /dev to switch one off.
        own = (path.parent for path in (self.credentials, self.config) if not path.is_relative_to("/dev"))
        return next(own, Path.home() / ".aws") / STATE


def find(environ: Mapping[str, str], home: Path) -> Files:
    """Return the files that botocore uses in this environment."""
    paths = [Path(variables.file_of(environ, str(home), file)) for file in (variables.CREDENTIALS, variables.CONFIG)]
    return Files(*paths)


def read_credentials(files: Files) -> dict[str, dict[str, str]]:
    """Return every profile of the credentials file with its options."""
    return _parsed(files.credentials, _read(files.credentials)[0])


def read_config(files: Files) -> dict[str, dict[str, str]]:
    """Return every profile of the config file with its settings."""
    sections = _parsed(files.config, _read(files.config)[0])
    return {name: values for header, values in sections.items() if (name := profile_of(header)) is not None}


def read_endpoints(files: Files, services: str) -> dict[str, str]:
    """Return the endpoint of each service in a [services] section of the config file."""
    section = _parsed(files.config, _read(files.config)[0]).get(f"services {services}", {})
    settings = {service: dict(re.findall(r"^(\w+)\s*=\s*(.*)$", block, re.M)) for service, block in section.items()}
    return {service: own["endpoint_url"] for service, own in settings.items() if own.get("endpoint_url")}


def other_headers(files: Files) -> list[str]:
    """Return the headers of the config file that name neither a profile nor anything else that the AWS tools know."""
    sections = _parsed(files.config, _read(files.config)[0])
    return [header for header in sections if header != "default" and not header.startswith(_NO_PROFILES)]


def header_of(profile: str) -> str:
    """Return the header of a profile in the config file."""
    return profile if profile == "default" else f"profile {shlex.quote(profile)}"


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
    with _naming(path):
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


def read_sections(files: Files) -> dict[str, dict[str, str]]:
    """Return the own options of each section of the config file, by its header: without those of `[DEFAULT]`."""
    with _naming(files.config):
        return _sections_of(_text(_read(files.config)[0]))


def write_sections(files: Files, edits: Callable[[Mapping[str, Mapping[str, str]]], ini.Edits]) -> None:
    """Edit many sections of the config file at once; `edits` gets what `read_sections` returns, once or more."""
    _edit(files.config, lambda text: ini.edit_all(text, edits(_sections_of(text))), private=False)


def _sections_of(text: str) -> dict[str, dict[str, str]]:
    found = ini.scan(ini.lines(text))
    return {section.name: {key: option.value for key, option in section.options.items()} for section in found}


def is_private(files: Files) -> bool:
    """Tell whether only this person can read the credentials file; True if that is not known."""
    with suppress(OSError):
        return not _open_to_others(files.credentials)
    return True


def profile_of(header: str) -> str | None:
    """Return the profile that a header of the config file names; None for any other section."""
    if header == "default":
        return header
    if not header.startswith("profile"):
        return None
    try:
        words = shlex.split(header)
    except ValueError:
        return None
    return words[1] if len(words) == 2 else None


def _parsed(path: Path, content: bytes) -> dict[str, dict[str, str]]:
    with _naming(path):
        return ini.sections(_text(content))


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


FileVersion = tuple[int, int, int, int] | None


def _read(path: Path) -> tuple[bytes, FileVersion]:
    """Return a file's bytes, and its version, which shows whether the file changes later."""
    with _naming(path):
        # The AWS tools read no device or pipe either, which might never end.
        if path.exists() and not path.is_file() and not path.is_dir():
            return b"", None
        try:
            with path.open("rb") as file:
                return file.read(), _version_of(os.fstat(file.fileno()))
        except FileNotFoundError:
            return b"", None


def _version_of(stat: os.stat_result) -> FileVersion:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _current_version(path: Path) -> FileVersion:
    try:
        return _version_of(path.stat())
    except FileNotFoundError:
        return None


def _edit(path: Path, edited: Callable[[str], str], *, private: bool) -> None:
    """Read, edit and replace a file under a lock; start again if another program wrote it in between."""
    # The lock is beside the real file, so every path to the same file leads to the same lock.
    real = Path(os.path.realpath(path))
    with _naming(path):
        _refuse_devices(path)
        if private:
            ownership.check(path)
    with _naming(path), locked(_lock_of(real)):
        for _ in range(ATTEMPTS):
            content, version = _read(path)
            after = edited(_text(content)).encode("utf-8", "surrogateescape")
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


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn errors of reading or writing into a FileError that names the file."""
    try:
        yield
    except ini.InvalidIni as invalid:
        hint = "correct that line; the AWS CLI cannot read the file either"
        raise FileError(f"{path}:{invalid.line}: {invalid.problem}", hint=hint) from invalid
    except OSError as error:
        hint = "make room there" if error.errno in disk.FULL else "check that the file and its folder belong to you"
        raise FileError(f"{path}: {error.strerror or error}", hint=hint) from error
