"""Output to streams: terminals, closed pipes, and streams limited to ASCII."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from contextlib import suppress

from awsbase import busy
from awsbase.errors import AwsbaseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

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
# C0 and C1, which move the cursor or set the title; what turns the direction of writing, is invisible, or ends lines.
# Of the sequences after ESC only those pass that awsbase itself writes. No letter of these is printable.
OBEYED = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    r"|\x1b(?!\[(?:[0-9;]*m|2J|H|\?(?:25|1049)[hl]))|[\U000e0000-\U000e007f]"
)
PLAIN_LOCALES = ("C", "POSIX")
# Python itself sets LC_CTYPE to one of these when it finds the locale C.
COERCED = ("", "C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8")


def supports_unicode(stream: TextIO | None, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a stream supports Unicode."""
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").replace("_", "")
    if not encoding.startswith("utf"):
        return False
    everything = environ.get("LC_ALL", "")
    if everything:
        return everything not in PLAIN_LOCALES
    return not (environ.get("LANG") in PLAIN_LOCALES and environ.get("LC_CTYPE", "") in COERCED)


def encodable(text: str, stream: TextIO | None) -> str:
    """Return text that a stream can encode: symbols replaced by ASCII and the rest escaped where necessary."""
    if supports_unicode(stream):
        return text.encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates are escaped
    encoding = getattr(stream, "encoding", None) or "ascii"
    return text.translate(ASCII).encode(encoding, "backslashreplace").decode(encoding)


def disarmed(text: str) -> str:
    """Escape the characters that a terminal would obey as JSON writes them, other than line ends, tabs and colours."""
    if text.replace("\n", "").isprintable():
        return text

    def in_json(found: re.Match[str]) -> str:
        import json

        return json.dumps(found[0])[1:-1]

    return re.sub(OBEYED, in_json, text)


def as_json(value: Any, *, ascii_only: bool = False) -> str:
    """Return a JSON document as indented text, with the characters escaped that a terminal would obey."""
    import json

    # JSON escapes C0 by itself; C1 and marks of direction it does not, and they are valid when escaped.
    return disarmed(json.dumps(value, indent=2, ensure_ascii=ascii_only)) + "\n"


def escaped(text: str) -> str:
    """Escape control characters in names and messages from elsewhere, which could move the cursor."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text)


def write(text: str, stream: TextIO | None) -> None:
    """Write progress, a remark or an error, wrapped at words on a terminal; ignore a stream that fails."""
    with suppress(OSError):
        deliver(fitted(text, stream), stream)


def write_result(text: str, stream: TextIO | None) -> None:
    """Write a result; raises AwsbaseError when that fails, except when the reader has closed the pipe."""
    try:
        deliver(text, stream)
    except OSError as error:
        # A terminal whose window was closed answers EIO.
        if error.errno not in (errno.EPIPE, errno.EIO):
            raise AwsbaseError(f"the output could not be written: {error.strerror}") from None


def deliver(text: str, stream: TextIO | None) -> None:
    """Write text; raises OSError when the stream fails, and silences it from then on."""
    # Python sets a stream to None when the program was started without it (`>&-`).
    if stream is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    busy.clear()
    try:
        stream.write(encodable(disarmed(text), stream))
        stream.flush()
    except OSError:
        silence(stream)
        raise
    except ValueError:
        if not stream.closed:
            raise


def silence(stream: TextIO) -> None:
    """Redirect a failed stream to /dev/null, so that Python reports no error at exit."""
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, stream.fileno())
    os.close(void)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a stream is a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def fitted(text: str, stream: TextIO | None) -> str:
    """Wrap the long lines of a text for a stream that is a terminal."""
    if stream is None or not is_terminal(stream):
        return text
    from awsbase.view.wrapping import wrapped

    return wrapped(text, columns(stream))


def columns(stream: TextIO) -> int:
    """Return the width of a terminal in columns; 80 when it is unknown."""
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        width = 0
    return width or 80
