"""Where a text stops being YAML, in plain words: what is wrong with the line, and what to write instead."""

from __future__ import annotations

import re

import yaml

from awsbase.errors import Mistake

# What libyaml says, and what a person can do about it.
EXPLANATIONS = {
    "mapping values are not allowed in this context": (
        "a second `key:` where a value was expected",
        "check the indentation, and quote a value that contains `: `",
    ),
    "could not find expected ':'": ("a key without `:`", "write `key: value`"),
    "found unexpected end of stream": ("a quote that is never closed", None),
    "did not find expected '-' indicator": ("a key among the items of a list", "check the indentation"),
    "did not find expected key": ("this line fits no mapping above it", "check the indentation"),
    "did not find expected ',' or ']'": ("a `[` that is not closed", "write `]`, or `,` between the items"),
    "did not find expected ',' or '}'": ("a `{` that is not closed", "write `}`, or `,` between the entries"),
    "found unknown escape character": ("an escape that YAML does not know", "use single quotes to keep a backslash"),
}
# What libyaml says when a value goes on after it has ended.
GOES_ON = ("did not find expected key", "did not find expected '-' indicator", "did not find expected ','")
NAMELESS = "did not find expected alphabetic or numeric character"


def syntax_mistake(error: yaml.MarkedYAMLError, file: str, text: str, most: int) -> Mistake:
    """Say in plain words where the text stops being YAML; `most` is how deep it may nest."""
    problem, mark = error.problem or "", error.problem_mark
    line = mark.line + 1 if mark else 1
    if found := unquoted(error, text):
        return Mistake(file, line, "", *found)
    if error.context_mark and problem.startswith(("did not find expected ','", "found unexpected end of stream")):
        line = error.context_mark.line + 1
    if problem == "found character that cannot start any token" and mark and letter(text, mark) == "\t":
        return Mistake(file, line, "", "a tab cannot indent YAML", "use spaces")
    if problem.startswith("undefined tag handle") or "tag handle" in problem:
        return Mistake(file, line, "", "a tag that is not declared", "remove what follows the `!`")
    # libyaml 0.2.6 stops at 1000 by itself, and looks that far ahead.
    if problem == "exceeded maximum nesting depth":
        return Mistake(file, line, "", f"nested more than {most} deep")
    message, hint = EXPLANATIONS.get(problem, (problem, None))
    return Mistake(file, line, "", f"not YAML: {message}", hint)


def unquoted(error: yaml.MarkedYAMLError, text: str) -> tuple[str, str] | None:
    """Return what is wrong with a value that only quotes would make one, and how to write it."""
    problem, mark, context = error.problem or "", error.problem_mark, error.context_mark
    if mark and problem == "found character that cannot start any token" and letter(text, mark) != "\t":
        return f"a value cannot start with {letter(text, mark)!r}", "quote it"
    if mark and context and problem == NAMELESS:
        # A `*` or `&` starts an alias or an anchor, and this one has no name.
        return f"a value cannot start with {letter(text, context)!r}", quoting(rest(text, context))
    if not mark or not problem.startswith(GOES_ON):
        return None
    line = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    before, after = line[: mark.column], line[mark.column :]
    if found := re.search(r"(\{[^{}]*\}\s*|\*[^\s,\[\]{}]+\s+)$", before):
        return f"a value cannot start with {found[1][0]!r} and go on", quoting(found[1] + after)
    if re.search(r"[\"']\s*$", before) and after.strip():
        return "a value goes on after its closing quote", "put the whole value into quotes"
    return None


def letter(text: str, mark: yaml.Mark) -> str:
    """Return the character at a mark; empty behind the end."""
    return rest(text, mark)[:1]


def rest(text: str, mark: yaml.Mark) -> str:
    """Return a line from a mark on."""
    lines = text.splitlines()
    return lines[mark.line][mark.column :] if mark.line < len(lines) else ""


def quoting(value: str) -> str:
    """Say how to write a value, up to what can only follow it."""
    shown = re.match(r"(\{[^{}\s]*\}|(?! #|: )[^,\[\]{}])*", value)
    text = shown[0].rstrip() if shown else ""
    return f'quote it: "{text}"' if text and '"' not in text and "\\" not in text else "quote it"
