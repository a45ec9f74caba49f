"""The words of manifest errors: where something is, what is nearest to it, and how a list of choices reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from awsbase.webhooks import masked

Steps = tuple[str | int, ...]

SIMPLE = re.compile(r"[\w@+=-]+")
SHOWN = 40


def dotted(path: Sequence[str | int]) -> str:
    """Write a path the way people say it: `iam.groups.Ops.policies[0]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if SIMPLE.fullmatch(step) else json.dumps(step, ensure_ascii=False))
    return text


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that a mistyped word most likely meant, if any is near."""
    from difflib import SequenceMatcher

    low = word.lower()

    def score(choice: str) -> float:
        other = choice.lower()
        if low == other:
            return 1.0
        if min(len(low), len(other)) >= 3 and (other.startswith(low) or low.startswith(other)):
            return 0.9
        return SequenceMatcher(None, low, other).ratio()

    # Long words are not typed by accident, and comparing them is slow.
    if len(word) > 200:
        return None
    best = max(sorted(choices), key=score, default=None)
    return best if best is not None and score(best) >= 0.65 else None


def closest(word: str, choices: Iterable[str]) -> str | None:
    """Return the hint "did you mean 'x'?", or nothing when no choice is near."""
    best = nearest(word, choices)
    return None if best is None else f"did you mean {best!r}?"


def one_of(choices: Iterable[object]) -> str:
    """Write choices as `a, b or c`."""
    words = [str(choice) for choice in choices]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def shown(value: object) -> str:
    """Show a value from the manifest, shortened; collections only by what they are, of web hooks no key."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(masked(value) if isinstance(value, str) else value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
