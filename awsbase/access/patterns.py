"""Compare texts with IAM's patterns: `*` and `?` are wild, and `${key}` stands for a value of the request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

Held = bool | None
"""True, False, or None: that depends on what is not known."""

Keys = Mapping[str, tuple[str, ...]]
"""The values of condition keys, by key in lower case. A request lacks a key without values; others are not known."""

VARIABLE = re.compile(r"\$\{([^}]*)\}")
WITH_DEFAULT = re.compile(r"\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?")
TOKEN = re.compile(r"\$\{[^}]*\}|[*?:]|[^*?:$]+|\$")
# The colons that part the fields of an ARN; those in its last field part nothing.
COLONS = 5


class UnknownValue(Exception):
    """A variable stands for a value that is not known."""


class NoValue(Exception):
    """A variable stands for a key that the request lacks, or one with several values: it equals nothing."""


def every(held: Iterable[Held]) -> Held:
    """Tell whether all hold: one that does not decides, and then one that is not known."""
    several = list(held)
    return False if False in several else None if None in several else True


def some(held: Iterable[Held]) -> Held:
    """Tell whether at least one holds: one that does decides, and then one that is not known."""
    several = list(held)
    return True if True in several else None if None in several else False


def matches(pattern: object, text: str, keys: Keys | None, *, arn: bool = False, fold: bool = False) -> Held:
    """Tell whether a text matches a pattern; an ARN is compared field by field. Without keys a variable is plain text.

    A pattern that is no text is a value which exists only after the run: it is not known.
    """
    if not isinstance(pattern, str):
        return None
    # Most patterns have nothing but stars; to compile a regular expression takes longer than to use it a hundred times.
    if "?" not in pattern and "$" not in pattern and (not fold or (pattern + text).isascii()):
        return starred(pattern, text, arn) if not fold else starred(pattern.lower(), text.lower(), arn)
    try:
        values = () if keys is None else tuple(value_of(name, keys) for name in VARIABLE.findall(pattern))
    except UnknownValue:
        return None
    except NoValue:
        return False
    return compiled(pattern, values if keys is not None else None, arn, fold).fullmatch(text) is not None


def starred(pattern: str, text: str, arn: bool) -> bool:
    """Tell whether a text matches a pattern in which nothing is wild but stars; of an ARN each field by itself."""
    if not arn or not pattern.startswith("arn:"):
        return spans(pattern, text)
    fields, found = pattern.split(":", COLONS), text.split(":", COLONS)
    # AWS completes an ARN of too few fields with wildcards.
    return len(found) == COLONS + 1 and all(map(spans, fields, found))


def spans(pattern: str, text: str) -> bool:
    """Tell whether the parts of a pattern between its stars stand in a text, in order and to both ends."""
    first, *others = pattern.split("*")
    if not others:
        return pattern == text
    *middle, last = others
    end = len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last) or end < len(first):
        return False
    start = len(first)
    for part in middle:
        start = text.find(part, start, end) + len(part)
        if start < len(part):
            return False
    return True


def filled(text: str, keys: Keys | None) -> str:
    """Return a text with the values of its variables; raises UnknownValue or NoValue."""
    return text if keys is None else VARIABLE.sub(lambda found: value_of(found[1], keys), text)


def value_of(variable: str, keys: Keys) -> str:
    """Return the value of a variable: of a key, its default, or one of the three characters that are written so.

    Raises UnknownValue, or NoValue when it has no value or several.
    """
    if variable in ("*", "?", "$"):
        return variable
    read = WITH_DEFAULT.fullmatch(variable)
    name, default = read.groups() if read else (variable, None)
    values = keys.get(name.lower())
    if values is None:
        raise UnknownValue(name)
    if len(values) == 1:
        return values[0]
    if default is None or values:
        raise NoValue(name)
    return str(default)


@lru_cache(maxsize=8192)
def compiled(pattern: str, values: tuple[str, ...] | None, arn: bool, fold: bool) -> re.Pattern[str]:
    """Return a pattern as a regular expression; `values` are those of its variables, in order."""
    by_field = arn and pattern.startswith("arn:")
    given, colons, written = iter(values or ()), 0, []
    for piece in TOKEN.findall(pattern):
        character = "[^:]" if by_field and colons < COLONS else "."
        if piece in ("*", "?"):
            written.append(f"{character}*" if piece == "*" else character)
        elif piece.startswith("${") and values is not None:
            written.append(re.escape(next(given)))
        else:
            written.append(re.escape(piece))
        colons += piece == ":"
    if by_field and colons < COLONS:
        # AWS completes an ARN of too few fields with wildcards.
        written.append(":[^:]*" * (COLONS - colons - 1) + ":.*")
    return re.compile("".join(written), re.DOTALL | (re.IGNORECASE if fold else re.NOFLAG))
