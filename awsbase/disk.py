"""Files on this machine: read if they are files at all, and replaced as a whole or not at all."""

from __future__ import annotations

import errno
import glob
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
# What is younger may be another run's that is just writing; what is older was left behind by a killed one.
YOUNG = 60


class Unfit(OSError):
    """Something that is there, and is not the regular file that it should be."""


def ordinary(path: Path) -> bool:
    """Tell whether a name is that of a regular file or of none yet; devices, pipes and directories are neither."""
    # /dev/stdout may well lead to a regular file, which the shell has opened: it is written to, and not replaced.
    if path.is_absolute() and path.parts[1:2] in (("dev",), ("proc",)):
        return False
    return path.is_file() or not path.exists()


def read(path: Path, largest: int) -> bytes:
    """Return what is in a regular file; raise OSError for what is none, for it might never end, or is too large."""

    def opened(name: str, flags: int) -> int:
        # Without waiting for somebody who writes into a pipe.
        return os.open(name, flags | os.O_NONBLOCK | os.O_NOCTTY)

    with open(path, "rb", opener=opened) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Unfit(errno.EINVAL, "not a regular file")
        content = file.read(largest + 1)
    if len(content) > largest:
        raise Unfit(errno.EFBIG, f"larger than {largest // 1024 // 1024} MiB")
    return content


def pour(path: Path, content: bytes) -> None:
    """Write into what is no regular file, such as a device or a pipe that somebody reads."""
    # To wait for a reader could take for ever.
    held = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY)
    os.set_blocking(held, True)
    with os.fdopen(held, "wb") as file:
        file.write(content)


def replace(path: Path, content: bytes, *, private: bool, unless: Callable[[], bool] = lambda: False) -> bool:
    """Put new content in a file's place at once; return False, and change nothing, when `unless` says so at the end.

    A file that is `private` is its owner's alone from then on; another keeps its mode.
    """
    # A symbolic link stays one: what it points to is replaced.
    real = Path(os.path.realpath(path))
    before = None
    with suppress(FileNotFoundError):
        before = real.stat()
    mode = PRIVATE if private or before is None else before.st_mode & 0o777
    _clear(real)
    new = real.with_name(f".{real.name}.awsbase-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        made = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE)
        with os.fdopen(made, "wb") as file:
            file.write(content)
            if before and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                # Under sudo the file stays the person's own.
                with suppress(PermissionError):
                    os.fchown(made, before.st_uid, before.st_gid)
            os.fchmod(made, mode)
            file.flush()
            os.fsync(made)
        if unless():
            return False
        os.replace(new, real)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()
    folder = os.open(real.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _clear(real: Path) -> None:
    """Delete what killed runs have left half written."""
    for left in real.parent.glob(f".{glob.escape(real.name)}.awsbase-*"):
        with suppress(FileNotFoundError):
            if time.time() - left.lstat().st_mtime > YOUNG:
                left.unlink()
