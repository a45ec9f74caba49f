"""Ctrl-C during a run: the first one asks it to finish, the second one ends it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from awsbase import busy

FINISHING = "finishing the calls in flight…  (Ctrl-C again ends at once)"
SHOW_CURSOR = b"\x1b[?25h\n"
INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible(say: Callable[[str], None]) -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C, SIGTERM or SIGHUP sets after a message; a second signal ends the program at once."""
    stop = threading.Event()
    pressed = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            exit_now()
        pressed = True
        say(FINISHING)
        stop.set()

    with handling(on_signal):
        yield stop


@contextmanager
def abortable() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP abort a question that is asked during a run."""
    with handling(signal.default_int_handler):
        yield


@contextmanager
def handling(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Handle the signals that end a program; one that was ignored at its start (`nohup`, in background) stays so."""
    # Other threads cannot handle signals.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handled = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in handled}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def exit_now() -> None:
    """End the program at once, without waiting for threads; the next run finishes the work."""
    busy.clear()
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(sys.stderr.fileno(), SHOW_CURSOR)
    os._exit(INTERRUPTED)
