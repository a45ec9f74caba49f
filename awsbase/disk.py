"""Files on this machine: only regular files are read, and files are replaced atomically where that is possible."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

PRIVATE = 0o600
FULL = (errno.ENOSPC, errno.EDQUOT)
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


def replace(
    path: Path, content: bytes, *, private: bool, unless: Callable[[], bool] = lambda: False, follow: bool = True
) -> bool:
    """Replace a file's content; return False, and change nothing, when `unless` returns true at the end.

    That is atomic, except where a file can be written but not replaced. A `private` file gets mode 0600, where modes
    can be set; another keeps its mode. A symbolic link stays and its target is replaced, unless `follow` is off: then
    the link itself is.
    """
    real = Path(os.path.realpath(path)) if follow else path
    before = None
    if follow:
        with suppress(FileNotFoundError):
            before = real.stat()
    mode = PRIVATE if private or before is None else before.st_mode & 0o777
    _clear(real)
    new = real.with_name(f".{real.name}.awsbase-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        try:
            _create(new, content, mode, before)
        except OSError as error:
            # On a full disk a file still has the room that it takes.
            if error.errno in FULL and before is None:
                raise
            if unless():
                return False
            _overwrite(real, content, mode, before)
        else:
            if unless():
                return False
            try:
                os.replace(new, real)
            except OSError:
                if not follow:
                    raise
                # A file that is mounted into a container by itself answers EBUSY.
                _overwrite(real, content, mode, before)
    finally:
        with suppress(OSError):
            new.unlink()
    with suppress(OSError):
        _sync_folder(real.parent)
    return True


@contextmanager
def room(path: Path, size: int) -> Iterator[Callable[[], None]]:
    """Hold the room for so many bytes of a file, which others would fill, and yield what gives it back for the write.

    Raises OSError when they cannot be written, neither in the file's place nor beside it.
    """
    real = Path(os.path.realpath(path))
    new = real.with_name(f".{real.name}.awsbase-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        _create(new, bytes(size), PRIVATE, None)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        if error.errno in FULL or not real.exists():
            raise
        os.close(os.open(real, os.O_RDWR | os.O_NOFOLLOW))

    def give_back() -> None:
        with suppress(OSError):
            new.unlink()

    try:
        yield give_back
    finally:
        give_back()


def give_to_owner(path: Path, folder: Path) -> None:
    """Give what root has made to the owner of a folder, so that `sudo` leaves nothing of root's in somebody's home."""
    with suppress(OSError):
        if os.geteuid() == 0 and (owner := folder.stat()).st_uid:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _create(new: Path, content: bytes, mode: int, before: os.stat_result | None) -> None:
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        if before is None:
            give_to_owner(new, new.parent)
        elif (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            # Under sudo the file keeps its owner.
            with suppress(OSError):
                os.fchown(descriptor, before.st_uid, before.st_gid)
        # FAT, SMB and the disks of Windows under WSL have no modes.
        with suppress(OSError):
            os.fchmod(descriptor, mode)
        _sync(descriptor)


def _overwrite(real: Path, content: bytes, mode: int, before: os.stat_result | None) -> None:
    """Write a file in its place; it gets its old content back if that fails."""
    descriptor = os.open(real, os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if before is None else 0), PRIVATE)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        old = file.read()
        try:
            _put(file, content)
        except OSError:
            with suppress(OSError):
                _put(file, old)
            raise
        with suppress(OSError):
            os.fchmod(descriptor, mode)


def _put(file: FileIO, content: bytes) -> None:
    file.seek(0)
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]
    file.truncate(len(content))
    _sync(file.fileno())


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems cannot; some notice only now that they are full.
        if error.errno in FULL:
            raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _clear(real: Path) -> None:
    """Delete the temporary files that killed runs have left."""
    import glob

    with suppress(OSError):
        for left in real.parent.glob(f".{glob.escape(real.name)}.awsbase-*"):
            if time.time() - left.lstat().st_mtime > STALE_AFTER:
                left.unlink()
