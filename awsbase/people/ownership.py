"""Whose a file with credentials is, and who else could replace it."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

from awsbase.people.files import FileError

ROOT = 0


def check(path: Path) -> None:
    """Check that a file for credentials is the caller's, and that nobody else can put another one in its place.

    Raises FileError.
    """
    callers = the_callers()
    real = Path(os.path.realpath(path))
    if real.exists() and (owner := real.stat().st_uid) not in callers:
        leads = f"{path} leads to {real}, which" if real != Path(os.path.abspath(path)) else f"{path}"
        raise FileError(
            f"{leads} belongs to {name_of(owner)}, who could read the credentials",
            hint="use a file of your own: AWS_SHARED_CREDENTIALS_FILE says where",
        )
    # Whoever can write the folder of a link can let it lead elsewhere.
    for folder in dict.fromkeys((path.parent, real.parent)):
        if folder.is_dir():
            check_folder(folder, callers)


def check_folder(folder: Path, callers: frozenset[int]) -> None:
    """Check that nobody but the caller and root can write a folder; raises FileError."""
    status = folder.stat()
    if status.st_uid not in callers | {ROOT}:
        raise FileError(
            f"the folder {folder} belongs to {name_of(status.st_uid)}, who could replace the credentials",
            hint="use a folder of your own: AWS_SHARED_CREDENTIALS_FILE says where",
        )
    if status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and not is_private(status.st_gid, callers)):
        raise FileError(
            f"others may write the folder {folder}, and could replace the credentials", hint=f"chmod go-w {folder}"
        )


def the_callers() -> frozenset[int]:
    """Return the ids of who runs this; under sudo also of who called it, whose files keep their owner."""
    sudo = os.environ.get("SUDO_UID", "")
    return frozenset({os.geteuid(), *([int(sudo)] if sudo.isdecimal() and os.geteuid() == ROOT else [])})


def is_private(group: int, callers: frozenset[int]) -> bool:
    """Tell whether a group is that of one caller alone, as Debian makes one for each user."""
    try:
        found = grp.getgrgid(group)
        names = {pwd.getpwuid(each).pw_name for each in callers}
    except KeyError:
        return False
    return found.gr_name in names and set(found.gr_mem) <= names


def name_of(user: int) -> str:
    """Return the name of a user; the id when there is none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"the user {user}"
