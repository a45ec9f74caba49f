"""A pseudo-terminal of a given width, for what is written to one."""

from __future__ import annotations

import os
import re
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@contextmanager
def terminal(columns: int) -> Iterator[TextIO]:
    """Yield a terminal of 24 rows, to be written to."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    with os.fdopen(slave, "w", encoding="utf-8") as stream:
        yield stream
    os.close(master)
