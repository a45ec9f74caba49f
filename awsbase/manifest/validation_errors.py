"""What pydantic found wrong, in the words of the manifest's author."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from awsbase.manifest.paths import Steps, closest, nearest, one_of, shown
from awsbase.webhooks import masked

Explanation = tuple[str, str | None]

TRUE_WORDS = {"yes", "y", "on", "1", "true"}
FALSE_WORDS = {"no", "n", "off", "0", "false"}


def placed(errors: list[ErrorDetails], value: Any) -> list[tuple[ErrorDetails, Steps]]:
    """Return each error with its place, without those that only follow from one further in."""
    both = [(error, place_of(error, value)) for error in errors]
    return [
        (error, path)
        for error, path in both
        if not (follows(error) and any(len(other) > len(path) and other[: len(path)] == path for _, other in both))
    ]


def follows(error: ErrorDetails) -> bool:
    """Tell whether an error goes away with those further in: a list that lost its wrong items, a union's other form."""
    if error["type"] == "too_short":
        return bool(len(error["input"]) >= error["ctx"]["min_length"])
    return error["type"] == "literal_error" and isinstance(error["input"], dict)


def place_of(error: ErrorDetails, value: Any) -> Steps:
    """Return where an error is, without the steps that pydantic adds for the branches of unions and for keys."""
    path: list[str | int] = []
    *before, last = error["loc"] or ("",)
    for step in before:
        if has(value, step):
            value = value[step]
            path.append(step)
    # A key that is not there is where a missing one belongs, or a default that does not fit; one with [ is a branch.
    if has(value, last) or (isinstance(value, dict) and last != "" and "[" not in str(last)):
        path.append(last)
    return tuple(path)


def has(value: object, step: str | int) -> bool:
    """Tell whether a mapping has a key, or a list an item."""
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def explain(error: ErrorDetails, path: Steps, text: str | None, keys: list[str]) -> Explanation:
    """Say what is wrong and what to write; `text` is the value as it is written, `keys` are those allowed here."""
    kind, given = error["type"], error["input"]
    context: Mapping[str, Any] = error.get("ctx", {})
    if kind == "invalid":
        return str(context["message"]), context["hint"]
    if kind == "extra_forbidden":
        return unknown_key(path, keys)
    if kind == "missing":
        return f"{str(path[-1])!r} is missing" if path else "something is missing", None
    if kind in EXPECTED and given is None:
        return f"must be {EXPECTED[kind]}, and nothing is given", None
    if kind in EXPLANATIONS:
        return EXPLANATIONS[kind](given, text, context)
    if kind in EXPECTED:
        return f"must be {EXPECTED[kind]}, not {shown(given)}", None
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", error["msg"])), None
    message = error["msg"].replace("Input should", "must")
    return message[:1].lower() + message[1:], None


def unknown_key(path: Steps, keys: list[str]) -> Explanation:
    """Explain a key that the manifest does not know."""
    word = str(path[-1]) if path else ""
    if not keys:
        return f"unknown key {word!r}", None
    choices = sorted(set(keys))
    return f"unknown key {word!r}", closest(word, choices) or f"there {'is' if len(choices) == 1 else 'are'} " + (
        one_of(choices).replace(" or ", " and ")
    )


def want_text(given: object, text: str | None, _: Mapping[str, Any]) -> Explanation:
    """Explain that a text is expected."""
    if isinstance(given, bool):
        return f"must be text, and {text} without quotes is true or false", f'quote it: "{text}"'
    if isinstance(given, int | float):
        return f"must be text, and {text} without quotes is a number", f'quote it: "{text}"'
    if isinstance(given, dict) and len(given) == 1 and next(iter(given.values())) is None:
        word = next(iter(given))
        return f"must be text, and {{{word}}} without quotes is a mapping", f'quote it: "{{{word}}}"'
    return f"must be text, not {shown(given)}", None


def want_bool(given: object, text: str | None, _: Mapping[str, Any]) -> Explanation:
    """Explain that true or false is expected."""
    word = str(given).lower()
    hint = "write true" if word in TRUE_WORDS else "write false" if word in FALSE_WORDS else None
    return f"must be true or false, not {shown(given)}", hint


def want_number(given: object, text: str | None, _: Mapping[str, Any]) -> Explanation:
    """Explain that a number is expected."""
    quoted = isinstance(given, str) and re.fullmatch(r"\s*[-+]?[0-9]+(\.[0-9]+)?\s*", given)
    return (
        f"must be a number, not {'text' if quoted else shown(given)}",
        f"write {given} without quotes" if quoted else None,
    )


def want_whole(given: object, text: str | None, context: Mapping[str, Any]) -> Explanation:
    """Explain that a whole number is expected."""
    if isinstance(given, float):
        return f"must be a whole number, not {text or given}", None
    message, hint = want_number(given, text, context)
    return message.replace("a number", "a whole number"), hint


def want_list(given: object, text: str | None, _: Mapping[str, Any]) -> Explanation:
    """Explain that a list is expected."""
    hint = None
    if text and not isinstance(given, dict | list):
        hint = f"write [{text}]" if masked(text) == text else "write it in [brackets]"
    return f"must be a list, not {shown(given)}", hint


def want_choice(given: object, text: str | None, context: Mapping[str, Any]) -> Explanation:
    """Explain that one of a few values is expected."""
    expected = str(context.get("expected", ""))
    choices = re.findall(r"'([^']*)'|(-?[0-9]+)", expected)
    words = [word or number for word, number in choices]
    if expected in ("True", "False"):
        message, hint = want_bool(given, text, context)
        only = expected.lower()
        return message.replace("true or false", only), hint if hint == f"write {only}" else None
    if isinstance(given, dict | list) or not words:
        return f"must be {one_of(words) if words else expected}, not {shown(given)}", None
    near = nearest(str(given), words)
    if near is not None and near == str(given):
        right = near if any(number == near for _, number in choices) else f'"{near}"'
        return f"must be {one_of(words)}, not {shown(given)}", f"write {right}"
    return f"must be {one_of(words)}, not {shown(given)}", closest(str(given), words)


def bound(words: str, key: str) -> Callable[[object, str | None, Mapping[str, Any]], Explanation]:
    """Return what explains a limit that a value exceeds."""

    def say(given: object, text: str | None, context: Mapping[str, Any]) -> Explanation:
        limit = context[key]
        # Pydantic gives the limits of a float as floats: say 1, not 1.0.
        number = int(limit) if isinstance(limit, float) and limit.is_integer() else limit
        return f"must be {words} {number}, not {shown(given)}", None

    return say


def length(words: str, key: str) -> Callable[[object, str | None, Mapping[str, Any]], Explanation]:
    """Return what explains a length that a value exceeds."""

    def say(given: object, text: str | None, context: Mapping[str, Any]) -> Explanation:
        unit = "character" if isinstance(given, str) else "item"
        count = context[key]
        size = (
            len(given)
            if isinstance(given, str | list | tuple | dict)
            else context.get("actual_length", "another number")
        )
        return f"must have {words} {count} {unit}{'' if count == 1 else 's'}, not {size}", None

    return say


def want_tag(given: object, text: str | None, context: Mapping[str, Any]) -> Explanation:
    """Explain that the key which decides between forms is missing or wrong."""
    choices = re.findall(r"'([^']*)'", str(context.get("expected_tags", "")))
    word = str(context.get("tag", ""))
    key = str(context.get("discriminator", "")).strip("'")
    if not word:
        return f"{key!r} is missing", None
    return f"{key} must be {one_of(choices)}, not {word!r}", closest(word, choices)


EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "finite_number": "a finite number",
    "none_required": "empty",
}

EXPLANATIONS: dict[str, Callable[[object, str | None, Mapping[str, Any]], Explanation]] = {
    "string_type": want_text,
    "bool_type": want_bool,
    "bool_parsing": want_bool,
    "int_type": want_whole,
    "int_from_float": want_whole,
    "int_parsing": want_whole,
    "float_type": want_number,
    "float_parsing": want_number,
    "list_type": want_list,
    "tuple_type": want_list,
    "set_type": want_list,
    "frozen_set_type": want_list,
    "literal_error": want_choice,
    "enum": want_choice,
    "union_tag_invalid": want_tag,
    "union_tag_not_found": want_tag,
    "greater_than": bound("more than", "gt"),
    "greater_than_equal": bound("at least", "ge"),
    "less_than": bound("less than", "lt"),
    "less_than_equal": bound("at most", "le"),
    "multiple_of": bound("a multiple of", "multiple_of"),
    "too_short": length("at least", "min_length"),
    "too_long": length("at most", "max_length"),
    "string_too_short": length("at least", "min_length"),
    "string_too_long": length("at most", "max_length"),
}
