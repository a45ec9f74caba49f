"""File locks between processes, in a folder beside the AWS files."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[int]:
    """Hold the lock on a file, which is created if needed; call `waiting` once if another process holds it."""
    private_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        # Closing releases the lock. The file stays: without it, two processes could lock two different files.
        os.close(descriptor)


def private_folder(path: Path) -> None:
    """Create a folder, and missing parents, with mode 0700."""
    # mkdir(parents=True) would create the parents with the mode of the umask.
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
