"""The AWS files of a person: `~/.aws/credentials` and `~/.aws/config`, read whole and edited in place."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from awsbase import disk
from awsbase.errors import AwsbaseError
from awsbase.people import ini
from awsbase.people.locks import locked, private_folder
from awsbase.records import record

ATTEMPTS = 10
STATE = ".awsbase"


class FileProblem(AwsbaseError):
    """An AWS file that cannot be read or written; it is left as it was."""


@record
class Files:
    """Where the AWS tools of this person keep credentials and settings."""

    credentials: Path
    config: Path

    @property
    def state(self) -> Path:
        """The folder for locks and for what awsbase remembers; nothing in it is secret."""
        return self.credentials.parent / STATE


def find(environ: Mapping[str, str], home: Path) -> Files:
    """Return the files that the AWS CLI would use in this environment."""

    def path(variable: str, name: str) -> Path:
        given = environ.get(variable)
        if not given:
            return home / ".aws" / name
        if given == "~" or given.startswith("~/"):
            return home / given[2:]
        return Path(given).expanduser()

    return Files(path("AWS_SHARED_CREDENTIALS_FILE", "credentials"), path("AWS_CONFIG_FILE", "config"))


def read_credentials(files: Files) -> dict[str, dict[str, str]]:
    """Return every profile of the credentials file with its options."""
    return _parsed(files.credentials, _read(files.credentials)[0])


def read_config(files: Files) -> dict[str, dict[str, str]]:
    """Return every profile of the config file with its settings."""
    said = _parsed(files.config, _read(files.config)[0])
    return {name: values for header, values in said.items() if (name := _profile(header)) is not None}


def check_writable(files: Files) -> None:
    """Raise FileProblem now, before anybody is asked for a code, when the credentials file could not be written."""
    path = files.credentials
    with _named(path):
        _refuse_devices(path)
        real = Path(os.path.realpath(path))
        if real.exists() and not os.access(real, os.W_OK):
            raise FileProblem(f"{path} is read-only", hint=f"chmod u+w {path}")
        if real.parent.exists() and not os.access(real.parent, os.W_OK):
            raise FileProblem(f"the folder of {path} is read-only", hint=f"chmod u+w {real.parent}")
        private_folder(files.state)


def write_credentials(files: Files, profile: str, values: Mapping[str, str | None]) -> None:
    """Set options of a profile in the credentials file (None removes one), which is private from then on."""
    _edit(files.credentials, lambda text: profile, values, private=True)


def write_config(files: Files, profile: str, values: Mapping[str, str | None]) -> None:
    """Set settings of a profile in the config file (None removes one)."""

    def header(text: str) -> str:
        # The tools let the last of several headers for the same profile win: [default] and [profile default].
        found = [section.name for section in ini.scan(ini.lines(text)) if _profile(section.name) == profile]
        return found[-1] if found else profile if profile == "default" else f"profile {shlex.quote(profile)}"

    _edit(files.config, header, values, private=False)


def _profile(header: str) -> str | None:
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
    with _named(path):
        return ini.sections(_text(content))


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


Mark = tuple[int, int, int, int] | None


def _read(path: Path) -> tuple[bytes, Mark]:
    """Return a file's bytes, and what tells whether it is still the same file later on."""
    with _named(path):
        try:
            with path.open("rb") as file:
                return file.read(), _mark(os.fstat(file.fileno()))
        except FileNotFoundError:
            return b"", None


def _mark(stat: os.stat_result) -> Mark:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _marked(path: Path) -> Mark:
    try:
        return _mark(path.stat())
    except FileNotFoundError:
        return None


def _edit(path: Path, header: Callable[[str], str], values: Mapping[str, str | None], *, private: bool) -> None:
    """Read, edit and replace a file under a lock, again and again when another program wrote it meanwhile."""
    _refuse_devices(path)
    # Beside the file itself: however it is called, and with whichever credentials file, all come to the same lock.
    real = Path(os.path.realpath(path))
    with _named(path), locked(real.parent / STATE / f"{real.name}.lock"):
        for _ in range(ATTEMPTS):
            content, mark = _read(path)
            text = _text(content)
            after = ini.edited(text, header(text), values).encode("utf-8", "surrogateescape")
            if after == content and mark and not (private and _open_to_others(path)):
                return
            if _replace(path, after, mark, private=private):
                return
    raise FileProblem(f"{path} is being written by another program all the time; it was not changed")


def _refuse_devices(path: Path) -> None:
    # AWS_CONFIG_FILE=/dev/null is how people switch a file off; root could replace the device by a file.
    if path.exists() and not path.is_file():
        raise FileProblem(f"{path} is no regular file", hint="check AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE")


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)


def _replace(path: Path, content: bytes, mark: Mark, *, private: bool) -> bool:
    """Put new content in a file's place at once; return False, and change nothing, when it is no longer `mark`."""
    real = Path(os.path.realpath(path))
    private_folder(real.parent)
    if mark and not os.access(real, os.W_OK):
        raise FileProblem(f"{path} is read-only", hint=f"chmod u+w {path}")
    return disk.replace(path, content, private=private, unless=lambda: _marked(path) != mark)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a file into one line that names it."""
    try:
        yield
    except ini.Broken as broken:
        hint = "correct that line; the AWS CLI cannot read the file either"
        raise FileProblem(f"{path}:{broken.line}: {broken.problem}", hint=hint) from broken
    except OSError as error:
        raise FileProblem(f"{path}: {error.strerror or error}", hint="check that it is a file of yours") from error
