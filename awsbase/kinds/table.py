"""The table of docs/manifest.md that says what of each kind is owned, and what is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from awsbase.engine.kind import Kind
from awsbase.errors import UsageError

PAGE = "docs/manifest.md"
BEGIN = "<!-- written by `python -m awsbase.kinds docs` from what each kind declares -->"
END = "<!-- end -->"


def table(kinds: Iterable[Kind]) -> Iterator[str]:
    """Yield the lines of the table in Markdown, by the words of the kinds."""
    yield "| kind | found by | owned wholly | kept |"
    yield "| --- | --- | --- | --- |"
    for kind in sorted(kinds, key=lambda kind: (kind.word, kind.resource.__name__)):
        yield f"| `{kind.word}` | {kind.found_by} | {kind.owns} | {kind.keeps} |".replace("  ", " ")


def insert(page: str, kinds: Iterable[Kind]) -> str:
    """Return a page with the table between its markers; raises UsageError when it has none."""
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not between.search(page):
        raise UsageError(f"{PAGE} has no place for the table", hint=f"write {BEGIN} and {END} where it belongs")
    text = "\n".join(table(kinds))
    return between.sub(lambda found: f"{BEGIN}\n\n{text}\n\n{END}", page, count=1)
