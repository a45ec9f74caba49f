"""Locks between processes, in a folder beside the AWS files: the second waits, and uses what the first got."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[int]:
    """Hold the lock on a file, made if need be; call `waiting` once when somebody else holds it."""
    private_folder(path.parent)
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(held, fcntl.LOCK_EX)
        yield held
    finally:
        # Closing releases the lock. The file stays: removing it would let two processes hold locks on two files.
        os.close(held)


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for this person alone."""
    # mkdir's own `parents` would make the ones above with the mode of the umask.
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
