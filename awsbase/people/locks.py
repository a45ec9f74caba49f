"""File locks between processes, in a folder beside the AWS files; what is written under them is not interrupted."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from awsbase.disk import give_to_owner


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[int | None]:
    """Hold the lock on a file, which is created if needed; call `waiting` once if another process holds it.

    Yields None, and locks nothing, where the file cannot be created: a person's own files come first.
    """
    descriptor = None
    with suppress(OSError):
        descriptor = _opened(path)
    try:
        if descriptor is not None:
            _lock(descriptor, waiting)
        yield descriptor
    finally:
        # Closing releases the lock. The file stays: without it, two processes could lock two different files.
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)


def _opened(path: Path) -> int:
    private_folder(path.parent)
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if new:
        give_to_owner(path, path.parent)
    return descriptor


def _lock(descriptor: int, waiting: Callable[[], None]) -> None:
    # Some file systems, such as an NFS without its lock daemon, have no locks.
    with suppress(OSError):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put Ctrl-C and the like off until something that cannot be had again is written."""
    # A live session is found without these.
    import signal
    from threading import current_thread, main_thread

    # A mask would hold off one thread alone: the system gives the signal to another one, and Python raises it here.
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if current_thread() is main_thread() else ()
    before = {number: signal.getsignal(number) for number in numbers}
    held = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    for number in held:
        signal.signal(number, lambda got, _: came.append(got))
    try:
        yield
    finally:
        for number in held:
            signal.signal(number, before[number])
        for caught in dict.fromkeys(came):
            signal.raise_signal(caught)


def private_folder(path: Path) -> None:
    """Create a folder, and missing parents, with mode 0700; what root creates belongs to the owner of its parent."""
    # mkdir(parents=True) would create the parents with the mode of the umask.
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        give_to_owner(path, path.parent)
