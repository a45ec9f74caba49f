"""Writing to a stream that may be a terminal, a pipe that was closed, or one that knows ASCII only."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from awsbase.errors import AwsbaseError

ASCII = str.maketrans(
    {
        "✓": "ok",
        "✗": "x",
        "→": "->",
        "…": "...",
        "·": "-",
        "–": "-",
        "—": "-",
        "±": "+/-",
        "“": '"',
        "”": '"',
        "’": "'",
        "×": "x",
    }
)
PLAIN_LOCALES = ("C", "POSIX")
# Python itself sets LC_CTYPE to one of these when it finds the locale C.
COERCED = ("", "C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8")


def spells(stream: TextIO | None, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a stream shows more than ASCII."""
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").replace("_", "")
    if not encoding.startswith("utf"):
        return False
    everything = environ.get("LC_ALL", "")
    if everything:
        return everything not in PLAIN_LOCALES
    return not (environ.get("LANG") in PLAIN_LOCALES and environ.get("LC_CTYPE", "") in COERCED)


def fitting(text: str, stream: TextIO | None) -> str:
    """Return text as a stream can show it: our symbols in ASCII, the rest escaped, where it must be."""
    if spells(stream):
        return text.encode("utf-8", "backslashreplace").decode("utf-8")  # half a surrogate pair stays readable
    encoding = getattr(stream, "encoding", None) or "ascii"
    return text.translate(ASCII).encode(encoding, "backslashreplace").decode(encoding)


def harmless(text: str) -> str:
    """Escape what would move the cursor or colour the screen when names and messages from elsewhere are shown."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text)


def write(text: str, stream: TextIO | None) -> None:
    """Write what may get lost, such as progress: where the stream does not take it, go on in silence."""
    with suppress(OSError):
        deliver(text, stream)


def put(text: str, stream: TextIO | None) -> None:
    """Write a result, and raise an AwsbaseError where it gets lost; a reader who has gone (`| head`) wants no more."""
    try:
        deliver(text, stream)
    except OSError as error:
        # EIO is what a terminal says whose window was closed.
        if error.errno not in (errno.EPIPE, errno.EIO):
            raise AwsbaseError(f"the output could not be written: {error.strerror}") from None


def deliver(text: str, stream: TextIO | None) -> None:
    """Write text; a stream that fails is silent from then on."""
    # Python has no stream where the program was started with none (`>&-`).
    if stream is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    try:
        stream.write(fitting(text, stream))
        stream.flush()
    except OSError:
        silence(stream)
        raise
    except ValueError:
        if not stream.closed:
            raise


def silence(stream: TextIO) -> None:
    """Let a stream that takes no more end in the void, so that Python finds nothing to complain about at exit."""
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, stream.fileno())
    os.close(void)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a person is at the other end."""
    return stream is not None and not stream.closed and stream.isatty()


def columns(stream: TextIO) -> int:
    """Return the width of a terminal."""
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        width = 0
    return width or 80
