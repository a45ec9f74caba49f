"""How IAM reads a pattern: `*` and `?` are wild, and `${key}` stands for what the request brings."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Context = Mapping[str, str | Sequence[str]]
"""What AWS knows about a request, by condition key in lower case; a key that is not there is absent."""

VARIABLE = re.compile(r"\$\{([^}]*)\}")
WITH_DEFAULT = re.compile(r"\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?")
TOKEN = re.compile(r"\$\{[^}]*\}|[*?:]|[^*?:$]+|\$")
FIELDS = 5
"""The colons of an ARN that part its fields; those of its last field part nothing."""


def matches(pattern: str, text: str, context: Context | None = None, *, arn: bool = False, fold: bool = False) -> bool:
    """Compare a text with a pattern, field by field if it is an ARN; without a context, variables are plain text."""
    values: list[str | None] = []
    if context is not None:
        values = [resolved(name, context) for name in VARIABLE.findall(pattern)]
    filled = tuple(value for value in values if value is not None)
    # A variable without a value matches nothing.
    return len(filled) == len(values) and _compiled(pattern, filled, arn, fold).fullmatch(text) is not None


def filled(text: str, context: Context | None) -> str | None:
    """Put its variables' values into a text; nothing when one has no value."""
    if context is None:
        return text
    values = [resolved(name, context) for name in VARIABLE.findall(text)]
    if any(value is None for value in values):
        return None
    given = iter(values)
    return VARIABLE.sub(lambda _: str(next(given)), text)


def resolved(variable: str, context: Context) -> str | None:
    """Return what a variable stands for: a key's value, its default, or one of the three characters that need it."""
    if variable in ("*", "?", "$"):
        return variable
    read = WITH_DEFAULT.fullmatch(variable)
    name, default = read.groups() if read else (variable, None)
    value = context.get(name.lower())
    # A key with many values is no variable.
    return value if isinstance(value, str) else default


@lru_cache(maxsize=8192)
def _compiled(pattern: str, values: tuple[str, ...], arn: bool, fold: bool) -> re.Pattern[str]:
    by_field = arn and pattern.startswith("arn:")
    colons, given, written = 0, iter(values), []
    for part in TOKEN.findall(pattern):
        within = "[^:]" if by_field and colons < FIELDS else "."
        if part == "*":
            written.append(f"{within}*")
        elif part == "?":
            written.append(within)
        elif part.startswith("${") and values:
            written.append(re.escape(next(given)))
        else:
            written.append(re.escape(part))
        colons += part == ":"
    if by_field and colons < FIELDS:
        # Fields that an ARN leaves out are wildcards.
        written.append(":[^:]*" * (FIELDS - colons - 1) + ":.*")
    return re.compile("".join(written), re.DOTALL | (re.IGNORECASE if fold else re.NOFLAG))
