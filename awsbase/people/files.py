"""The AWS files of a person, `~/.aws/credentials` and `~/.aws/config`, read whole.

A live session is found with this module alone; `file_writing` is imported when something is written.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from awsbase.errors import AwsbaseError
from awsbase.people import ini, variables
from awsbase.records import record

STATE = ".awsbase"
# Sections of the config file that are no profiles.
_NO_PROFILES = ("profile", "sso-session", "services", "preview", "plugins")


class FileError(AwsbaseError):
    """An AWS file cannot be read or written; it was not changed."""


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
    return _parsed(files.credentials, read(files.credentials)[0])


def read_config(files: Files) -> dict[str, dict[str, str]]:
    """Return every profile of the config file with its settings."""
    sections = _parsed(files.config, read(files.config)[0])
    return {name: values for header, values in sections.items() if (name := profile_of(header)) is not None}


def read_endpoints(files: Files, services: str) -> dict[str, str]:
    """Return the endpoint of each service in a [services] section of the config file."""
    section = _parsed(files.config, read(files.config)[0]).get(f"services {services}", {})
    settings = {service: dict(re.findall(r"^(\w+)\s*=\s*(.*)$", block, re.M)) for service, block in section.items()}
    return {service: own["endpoint_url"] for service, own in settings.items() if own.get("endpoint_url")}


def other_headers(files: Files) -> list[str]:
    """Return the headers of the config file that name neither a profile nor anything else that the AWS tools know."""
    sections = _parsed(files.config, read(files.config)[0])
    return [header for header in sections if header != "default" and not header.startswith(_NO_PROFILES)]


def header_of(profile: str) -> str:
    """Return the header of a profile in the config file."""
    return profile if profile == "default" else f"profile {shlex.quote(profile)}"


def read_sections(files: Files) -> dict[str, dict[str, str]]:
    """Return the own options of each section of the config file, by its header: without those of `[DEFAULT]`."""
    with naming(files.config):
        return sections_of(text_of(read(files.config)[0]))


def sections_of(text: str) -> dict[str, dict[str, str]]:
    """Return the own options of each section of a text, by its header."""
    found = ini.scan(ini.lines(text))
    return {section.name: {key: option.value for key, option in section.options.items()} for section in found}


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
    with naming(path):
        return ini.sections(text_of(content))


def text_of(content: bytes) -> str:
    """Return the text of a file; bytes that are not UTF-8 survive until it is written."""
    return content.decode("utf-8", "surrogateescape")


FileVersion = tuple[int, int, int, int] | None


def read(path: Path) -> tuple[bytes, FileVersion]:
    """Return a file's bytes, and its version, which shows whether the file changes later."""
    with naming(path):
        # The AWS tools read no device or pipe either, which might never end.
        if path.exists() and not path.is_file() and not path.is_dir():
            return b"", None
        try:
            with path.open("rb") as file:
                return file.read(), version_of(os.fstat(file.fileno()))
        except FileNotFoundError:
            return b"", None


def version_of(stat: os.stat_result) -> FileVersion:
    """Return what tells one version of a file from another."""
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in errors of reading or writing; raises FileError."""
    try:
        yield
    except ini.InvalidIni as invalid:
        hint = "correct that line; the AWS CLI cannot read the file either"
        raise FileError(f"{path}:{invalid.line}: {invalid.problem}", hint=hint) from invalid
    except OSError as error:
        from awsbase.disk import FULL

        hint = "make room there" if error.errno in FULL else "check that the file and its folder belong to you"
        raise FileError(f"{path}: {error.strerror or error}", hint=hint) from error
