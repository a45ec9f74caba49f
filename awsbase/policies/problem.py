"""A mistake in a policy document, and the checks that several of its elements share."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

from awsbase.policies.document import listed
from awsbase.records import record

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"


@record
class Problem:
    """One line of advice; `refusal` is what AWS says, and empty where AWS takes what nobody can mean."""

    advice: str
    refusal: str = ""


def texts(value: object) -> list[str]:
    """Return the texts of a value that is one text or a list."""
    return [it for it in listed(value) if isinstance(it, str)]


def list_problems(where: str, value: object, refusal: str) -> Iterator[Problem]:
    """Yield a problem when a value is neither a text nor a list of texts; `refusal` is for an empty list."""
    if isinstance(value, list) and not value:
        yield Problem(f"{where} is an empty list, name at least one or leave it out", refusal)
    if value is None or any(is_json(it) and not isinstance(it, str) for it in listed(value)):
        yield Problem(f"{where} contains something that is not a text, write a text or a list of texts", SYNTAX)


def nearest(word: object, choices: Collection[str]) -> str:
    """Return a hint: the choice nearest to a word, or all choices."""
    folded = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(word.lower(), folded, 1, 0.6) if isinstance(word, str) else []
    return f", did you mean {folded[close[0]]}?" if close else f", choose from {', '.join(choices)}"


def is_json(value: object) -> bool:
    """Tell whether a value is JSON rather than an unknown."""
    return value is None or isinstance(value, str | bool | int | float | list | Mapping)
