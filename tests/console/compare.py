"""What a page shows, compared with what was printed, and written anew where it differs.

A line `...` stands for any lines, and `...` within a line for any text. A line break of the page can stand for a space.
Times, dates, ports and ids are compared by their form.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

# What differs from run to run, as a page may show it, and what it is compared by.
FORMS = (
    (r"\d+\.\d s\b", r"\d+\.\d s"),
    (r"\d+ h(?: \d+ min)? left", r"\d+ h(?: \d+ min)? left"),
    (r"in \d+ s\b", r"in \d+ s"),
    (r"\d+h\d\dm\b", r"\d+h\d\dm"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"),
    (r"\d{4}-\d\d-\d\d\b", r"\d{4}-\d\d-\d\d"),
    (r"\d\d:\d\d UTC", r"\d\d:\d\d UTC"),
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    (r"127\.0\.0\.1:\d+", r"127\.0\.0\.1:\d+"),
    (r"…[A-Z0-9]{4}\b", r"…[A-Z0-9]{4}"),
    (r"\bi-[0-9a-f]{17}\b", r"i-[0-9a-f]{17}"),
    (r"\bA[A-Z]{2}A[A-Z0-9]{12,17}\b", r"A[A-Z]{2}A[A-Z0-9]{12,17}"),
    (r"\.\.\.", r".*?"),
    (r"\n", r"[\n ]"),
)
LEFT_OUT = "..."
LIKE = 0.6  # what two lines have in common that are one, in other words
WIDTH = 118
# A page shows this many lines of an output that it did not show before, at each end of a long one.
FIRST, LAST, WHOLE = 3, 3, 12


@dataclass(frozen=True)
class Printed:
    """What a command printed, and its exit code."""

    out: str
    err: str
    code: int

    @property
    def texts(self) -> tuple[str, ...]:
        """Return what a page may show of it: both streams in either order, or one where the other is empty of use."""
        return tuple(dict.fromkeys((self.out + self.err, self.err + self.out, self.out, self.err)))


def shows(shown: str, printed: Printed) -> bool:
    """Tell whether a page shows what was printed; where it shows nothing, nothing may be printed."""
    if not shown:
        return not printed.out.strip() and not printed.err.strip()
    return any(matches(shown, text) for text in printed.texts)


def matches(shown: str, printed: str) -> bool:
    """Tell whether a page shows a text."""
    parts = re.split("(" + "|".join(form for form, _ in FORMS) + ")", shown)
    pattern = "".join(formed(part) for part in parts if part)
    lines = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, lines, re.DOTALL) is not None


def formed(part: str) -> str:
    """Return the pattern of a part of what a page shows: its form, or the part itself."""
    for form, pattern in FORMS:
        if re.fullmatch(form, part):
            return pattern
    return re.escape(part)


def renewed(shown: str, printed: Printed) -> str:
    """Return what a page should show: the same parts of the output as before, in its new words."""
    old = shown.splitlines()
    known = [line for line in old if line != LEFT_OUT]
    # Progress on stderr is no part of what a page shows first.
    streams = [text for text in (printed.out, printed.err, *printed.texts) if text.strip()] or [""]
    text = max(streams, key=lambda text: sum(is_in(line, text.splitlines()) for line in known))
    new = [line.rstrip() for line in text.strip("\n").splitlines()]
    chosen = places(old, new) if known else set()
    if not chosen:
        ends = {*range(FIRST), *range(len(new) - LAST, len(new))}
        chosen = ends if len(new) > WHOLE or (old and len(new) > FIRST + LAST) else set(range(len(new)))
    return "\n".join(lines_of(new, chosen))


def is_in(line: str, lines: list[str]) -> bool:
    """Tell whether a line, or one that is like it, is among others."""
    return any(SequenceMatcher(None, line, other).ratio() > LIKE for other in lines)


def places(old: list[str], new: list[str]) -> set[int]:
    """Return where in `new` the parts are that `old` shows: from the first line that is like one to the last."""
    found: set[int] = set()
    start = 0
    for begin, end in parts(old):
        near = []
        for line in old[begin:end]:
            likeness = {at: SequenceMatcher(None, line, new[at]).ratio() for at in range(start, len(new))}
            best = max(likeness, key=lambda at: likeness[at], default=0)
            if likeness.get(best, 0) > LIKE:
                near.append(best)
                start = best + 1
        if near:
            first, last = (0 if begin == 0 else near[0]), (len(new) if end == len(old) else near[-1] + 1)
            found |= set(range(first, last))
    return found


def parts(old: list[str]) -> Iterator[tuple[int, int]]:
    """Yield where the parts of an output begin and end that a page shows between its `...`."""
    begin = 0
    for at, line in enumerate([*old, LEFT_OUT]):
        if line == LEFT_OUT:
            if begin < at:
                yield begin, at
            begin = at + 1


def lines_of(lines: list[str], chosen: set[int]) -> Iterator[str]:
    """Yield the chosen lines, wrapped to the width of a page, and one `...` for others between, before and after."""
    left_out = False
    for number, line in enumerate(lines):
        if number in chosen:
            yield from textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) or [line]
        elif not left_out:
            yield LEFT_OUT
        left_out = number not in chosen
