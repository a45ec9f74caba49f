"""The setting mfa_serial of profiles: set for a new device, and corrected wherever a removed one is named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from awsbase.people import file_writing, files, resolver
from awsbase.people.files import FileError, Files

SETTING = "mfa_serial"


def put(where: Files, profile: str, serial: str | None) -> str:
    """Set the device of a profile, or remove it, in the file that has it; return what is true now, as a line."""
    in_credentials = SETTING in files.read_credentials(where).get(profile, {})
    write = file_writing.write_credentials if in_credentials else file_writing.write_config
    path = where.credentials if in_credentials else where.config
    try:
        write(where, profile, {SETTING: serial})
    except FileError as error:
        todo = f"write `{SETTING} = {serial}` into it" if serial else f"delete its {SETTING}"
        return f"profile {profile} in {path} is unchanged ({error.message}): {todo}"
    return f"profile {profile}: {SETTING} is {serial or 'removed'}"


def correct(where: Files, removed: Collection[str], left: Callable[[], Sequence[str]]) -> Iterator[str]:
    """Give every profile with a removed device one that is left, and yield a line about each.

    Without one, profiles with keys lose the setting, and those of roles keep it for a new device of the same name.
    """
    profiles = resolver.read(where)
    named = [name for name in profiles.names if profiles.settings(name).get(SETTING) in removed]
    remaining = left() if named else ()
    for name in named:
        if remaining or not resolver.is_role(profiles.settings(name)):
            yield put(where, name, remaining[0] if remaining else None)
        else:
            yield f"profile {name} still names the removed device, and works again with a new one of the same name"
