"""A process of the pool: takes items from a pipe and answers with results. It imports only what its work needs."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait

CarryOut = Callable[[str], str]
"""Carries out an item that is given as JSON, and returns its result as JSON."""
Begin = Callable[[], CarryOut]
"""Is called once in each process, for what its accounts share. A process gets it by its name."""


def begin() -> CarryOut:
    """Return the work on real accounts, whose sessions a process opens once."""
    from awsbase.fleet.item import read_item
    from awsbase.fleet.work import work
    from awsbase.organization.reach import Sessions
    from awsbase.people.profile_session import session_of

    sessions = Sessions(session_of)
    return lambda item: json.dumps(work(read_item(json.loads(item)), sessions.to).document())


def serve(connection: Connection, begin: Begin) -> None:
    """Carry out items until there are no more, or until the process that gives them has ended."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    # The parent decides what Ctrl-C ends. Nothing here asks on the terminal, where several processes would.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError):
        os.setsid()
    os.environ["TERM"] = "dumb"
    carry_out = begin()
    with suppress(EOFError, OSError):
        while True:
            connection.send_bytes(carry_out(connection.recv_bytes().decode()).encode())


def end_with_parent() -> None:
    """End this process when the one that started it ends: the next run then finds no lock of it."""
    if parent := multiprocessing.parent_process():
        wait([parent.sentinel])
        os._exit(1)
