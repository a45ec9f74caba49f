"""The turn of a process on its terminal: processes ask one after the other, also across Ctrl-Z and `fg`."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

# Linux answers with the number of the device behind /dev/tty.
TIOCGDEV = 0x80045432
PTS_MAJORS = range(136, 144)


class Turn:
    """The lock on the terminal's device, and what this process shows meanwhile; threads take turns too.

    While the process is stopped, others have their turn, and the terminal is as it was found.
    """

    def __init__(self) -> None:
        self._threads = threading.RLock()
        self._taken = False
        self._lock: int | None = None
        self._shown: list[tuple[Callable[[], None], Callable[[], None]]] = []

    @contextmanager
    def taken(self, terminal: int) -> Iterator[None]:
        """Wait until no other process asks on this terminal, and keep it; within a turn do nothing."""
        with self._threads:
            if self._taken:
                yield
                return
            with _interruptible():
                try:
                    self._acquire(terminal)
                    self._taken = True
                    with self._job_control(terminal):
                        yield
                finally:
                    self._taken = False
                    self._release()

    @contextmanager
    def shown(self, leave: Callable[[], None], enter: Callable[[], None]) -> Iterator[None]:
        """Call `leave` when the process is stopped, and `enter` when it continues."""
        self._shown.append((leave, enter))
        try:
            yield
        finally:
            self._shown.pop()

    def _acquire(self, terminal: int) -> None:
        # In the background this stops the process, before it holds a lock that nobody could wait for.
        with suppress(termios.error):
            termios.tcdrain(terminal)
        with suppress(OSError):
            if (path := device(terminal)) is not None:
                self._lock = os.open(path, os.O_RDWR | os.O_NOCTTY)
                fcntl.flock(self._lock, fcntl.LOCK_EX)

    def _release(self) -> None:
        if self._lock is not None:
            with suppress(OSError):
                os.close(self._lock)
        self._lock = None

    @contextmanager
    def _job_control(self, terminal: int) -> Iterator[None]:
        # Only the main thread receives signals. Where Ctrl-Z is ignored, it stays so.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}

        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stop(terminal)

        def enter(_number: int, _frame: FrameType | None) -> None:
            # After `kill -STOP` and `fg` the shell has switched echo on again.
            self._enter()

        if before[signal.SIGTSTP] is signal.SIG_DFL:
            signal.signal(signal.SIGTSTP, stop)
        signal.signal(signal.SIGCONT, enter)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, terminal: int) -> None:
        for leave, _ in reversed(self._shown):
            leave()
        self._release()
        before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTSTP, signal.SIGCONT)}
        os.kill(os.getpid(), signal.SIGTSTP)
        # The process continues, perhaps in the background.
        self._acquire(terminal)
        for number, handler in before.items():
            signal.signal(number, handler)
        self._enter()

    def _enter(self) -> None:
        for _, enter in self._shown:
            enter()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end a question even where a shell lets its background jobs ignore it."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if not ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def device(terminal: int) -> str | None:
    """Return the path of the device behind /dev/tty, which all processes on a terminal share; None if unknown."""
    with suppress(OSError):
        number = int.from_bytes(fcntl.ioctl(terminal, TIOCGDEV, bytes(4)), sys.byteorder)
        major, minor = os.major(number), os.minor(number)
        if major in PTS_MAJORS:
            return f"/dev/pts/{(major - PTS_MAJORS[0]) * 256 + minor}"
        return f"/dev/{os.path.basename(os.readlink(f'/sys/dev/char/{major}:{minor}'))}"
    for descriptor in (0, 1, 2):
        with suppress(OSError):
            return os.ttyname(descriptor)
    return None
