"""Files on this machine: only regular files are read, and files are replaced atomically."""

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
# Seconds: a younger temporary file can belong to a run that is writing now; an older one is left from a killed run.
STALE_AFTER = 60


class UnsuitableFile(OSError):
    """A file that is not regular, or too large."""


def is_regular(path: Path) -> bool:
    """Tell whether a path names a regular file or nothing yet, and no device, pipe or directory."""
    # /dev/stdout can lead to a regular file that the shell has opened: it is written to, not replaced.
    if path.is_absolute() and path.parts[1:2] in (("dev",), ("proc",)):
        return False
    return path.is_file() or not path.exists()


def read(path: Path, largest: int) -> bytes:
    """Return the content of a regular file of at most `largest` bytes.

    Raises UnsuitableFile when it is not regular, and so might never end, or is larger; OSError when it cannot be read.
    """

    def opened(name: str, flags: int) -> int:
        # Without waiting for the writer of a pipe.
        return os.open(name, flags | os.O_NONBLOCK | os.O_NOCTTY)

    with open(path, "rb", buffering=0, opener=opened) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnsuitableFile(errno.EINVAL, "not a regular file")
        content = b""
        while len(content) <= largest and (part := file.read(largest + 1 - len(content))) != b"":
            # Some files of the kernel look regular and empty, and wait for what comes next, as /proc/kmsg does.
            if part is None:
                raise UnsuitableFile(errno.EINVAL, "not a regular file")
            content += part
    if len(content) > largest:
        raise UnsuitableFile(errno.EFBIG, f"larger than {largest // 1024 // 1024} MiB")
    return content


def write_stream(path: Path, content: bytes) -> None:
    """Write to a device or a pipe; raises OSError when nobody reads the pipe."""
    # Waiting for a reader could take forever.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def replace(path: Path, content: bytes, *, private: bool, unless: Callable[[], bool] = lambda: False) -> bool:
    """Replace a file's content atomically; return False, and change nothing, when `unless` returns true at the end.

    A `private` file gets mode 0600; another keeps its mode.
    """
    # A symbolic link stays: its target is replaced.
    real = Path(os.path.realpath(path))
    before = None
    with suppress(FileNotFoundError):
        before = real.stat()
    mode = PRIVATE if private or before is None else before.st_mode & 0o777
    _clear(real)
    new = real.with_name(f".{real.name}.awsbase-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if before and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                # Under sudo the file keeps its owner.
                with suppress(PermissionError):
                    os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, mode)
            file.flush()
            os.fsync(descriptor)
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
    """Delete the temporary files that killed runs have left."""
    for left in real.parent.glob(f".{glob.escape(real.name)}.awsbase-*"):
        with suppress(FileNotFoundError):
            if time.time() - left.lstat().st_mtime > STALE_AFTER:
                left.unlink()
