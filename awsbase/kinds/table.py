"""The tables of docs/manifest.md: what of each kind is owned and what is kept, and which quotas it counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from awsbase.engine.kind import Kind
from awsbase.engine.quotas import TAGS
from awsbase.errors import UsageError

PAGE = "docs/manifest.md"
BEGIN = "<!-- written by `python -m awsbase.kinds docs` from what each kind declares -->"
BEGIN_QUOTAS = "<!-- quotas, written by `python -m awsbase.kinds docs` from what each kind declares -->"
END = "<!-- end -->"


def table(kinds: Iterable[Kind]) -> Iterator[str]:
    """Yield the lines of the table in Markdown, by the words of the kinds."""
    yield "| kind | found by | owned wholly | kept |"
    yield "| --- | --- | --- | --- |"
    for kind in sorted(kinds, key=lambda kind: (kind.word, kind.resource.__name__)):
        yield f"| `{kind.word}` | {kind.found_by} | {kind.owns} | {kind.keeps} |".replace("  ", " ")


def quota_table(kinds: Iterable[Kind]) -> Iterator[str]:
    """Yield the lines of the table of quotas in Markdown, by the words of the kinds."""
    yield "| kind | how many of what | per | raised on request |"
    yield "| --- | --- | --- | --- |"
    for kind in sorted(kinds, key=lambda kind: (kind.word, kind.resource.__name__)):
        for quota in kind.quotas:
            many, asked = f"{quota.most:,} {quota.what}", "yes" if quota.adjustable else ""
            yield f"| `{kind.word}` | {many} | {quota.place} | {asked} |".replace("  ", " ")
    yield f"| all that take tags | {TAGS.most} {TAGS.what} | {TAGS.place} | |"


def insert(page: str, kinds: Iterable[Kind]) -> str:
    """Return a page with the tables between their markers; raises UsageError when it has none."""
    kinds = tuple(kinds)
    for begin, lines in ((BEGIN, table(kinds)), (BEGIN_QUOTAS, quota_table(kinds))):
        between = re.compile(f"{re.escape(begin)}.*?{re.escape(END)}", re.DOTALL)
        if not between.search(page):
            raise UsageError(f"{PAGE} has no place for the table", hint=f"write {begin} and {END} where it belongs")
        page = between.sub(filled(begin, "\n".join(lines)), page, count=1)
    return page


def filled(begin: str, text: str) -> Callable[[re.Match[str]], str]:
    """Return what stands in the place of a table: its markers with the table between them."""
    return lambda found: f"{begin}\n\n{text}\n\n{END}"
