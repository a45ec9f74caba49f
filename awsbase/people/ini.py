"""The text of `~/.aws/credentials` and `~/.aws/config`: read as the AWS tools read it, edited without moving a byte.

The AWS tools read these files with Python's configparser, whose rules are kept here to the letter: what is indented
deeper than its option continues it, comments take whole lines, a section or an option given twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

DEFAULTS = "DEFAULT"  # configparser: what this section says holds in every other one.

_HEADER = re.compile(r"\[(?P<name>.+)\]")
_OPTION = re.compile(r"(?P<key>.*?)\s*[=:]\s*(?P<value>.*)$")
_ASSIGNED = re.compile(r"(?P<before>\s*.*?\s*[=:])(?P<space>[^\S\r\n]*)")
_ENDING = re.compile(r"(?:\r\n|\n|\r)\Z")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


class Broken(ValueError):
    """A text that the AWS tools refuse; says where, never what stands there."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


@dataclass
class Option:
    """One option: its key, the lines that hold its value, and the value as configparser joins it."""

    key: str
    indent: str
    at: list[int]
    parts: list[str]

    @property
    def value(self) -> str:
        return "\n".join(self.parts).rstrip()


@dataclass
class Section:
    """One section: its header's line and its options in their order."""

    name: str
    indent: str
    at: int
    options: dict[str, Option] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The line after the last one that says something in this section."""
        return max([self.at, *(line for option in self.options.values() for line in option.at)]) + 1


def sections(text: str) -> dict[str, dict[str, str]]:
    """Return what a text says, section by section, with the options of `[DEFAULT]` in each."""
    found = scan(lines(text))
    common = {key: o.value for section in found if section.name == DEFAULTS for key, o in section.options.items()}
    return {
        section.name: common | {key: option.value for key, option in section.options.items()}
        for section in found
        if section.name != DEFAULTS
    }


def edited(text: str, name: str, values: Mapping[str, str | None]) -> str:
    """Return the text with these options set in a section (None removes one), and every other byte as it was."""
    for key, value in values.items():
        if value is not None and (value != value.strip() or _ENDING.search(value) or len(lines(value)) > 1):
            raise ValueError(f"the value of {key} cannot be written on one line")
    before = lines(text)
    wanted = _meaning(scan(before))
    kept = wanted.setdefault(name, {})
    for key, value in values.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = value
    for after in _attempts(before, name, values):
        if _readable(after) == wanted:
            return "".join(after)
    at = next((section.at for section in scan(before) if section.name == name), len(before))
    raise Broken(at + 1, f"section [{name}] is indented so that it cannot be edited; align it with its neighbours")


def lines(text: str) -> list[str]:
    """Split a text as configparser does, endings kept: a form feed or a Unicode separator ends no line."""
    return _LINE.findall(text)


def scan(text: Sequence[str]) -> list[Section]:
    """Find sections and options; raise Broken at the first line that the AWS tools would stop at."""
    found: list[Section] = []
    section: Section | None = None
    option: Option | None = None
    names: dict[str, int] = {}
    indented = 0
    for at, line in enumerate(text):
        said = line.strip()
        if not said or said.startswith(("#", ";")):
            if not said and option:
                option.parts.append("")
            continue
        indent = line[: len(line) - len(line.lstrip())]
        if section and option and len(indent) > indented:
            option.at.append(at)
            option.parts.append(said)
            continue
        indented = len(indent)
        if header := _HEADER.match(said):
            name = header["name"]
            if name in names and name != DEFAULTS:
                raise Broken(at + 1, f"section [{name}] stands on line {names[name] + 1} already")
            names.setdefault(name, at)
            section, option = Section(name, indent, at), None
            found.append(section)
            continue
        if section is None:
            hint = " (the file begins with a byte order mark)" if said.startswith("\ufeff") else ""
            raise Broken(at + 1, f"something stands before the first [section]{hint}")
        assigned = _OPTION.match(said)
        if not assigned or not assigned["key"]:
            raise Broken(at + 1, f"neither a [section] nor `key = value`, in section [{section.name}]")
        key = assigned["key"].rstrip().lower()
        if key in section.options:
            first = section.options[key].at[0] + 1
            raise Broken(at + 1, f"{key} stands on line {first} already, in section [{section.name}]")
        option = section.options[key] = Option(key, indent, [at], [assigned["value"].strip()])
    return found


def _meaning(found: Sequence[Section]) -> dict[str, dict[str, str]]:
    meaning: dict[str, dict[str, str]] = {}
    for section in found:
        meaning.setdefault(section.name, {}).update({key: o.value for key, o in section.options.items()})
    return meaning


def _readable(text: Sequence[str]) -> dict[str, dict[str, str]] | None:
    try:
        return _meaning(scan(text))
    except Broken:
        return None


def _attempts(before: Sequence[str], name: str, values: Mapping[str, str | None]) -> Iterator[list[str]]:
    section = next((section for section in scan(before) if section.name == name), None)
    if section is None:
        yield _appended(before, name, values)
        return
    last = max(section.options.values(), key=lambda option: option.at[0], default=None)
    yield _changed(before, section, values, last.indent if last else section.indent)
    # An option that stands further left than the header below it would swallow that header.
    following = next((line for line in before[section.end :] if line.strip() and line.strip()[0] not in "#;"), "")
    yield _changed(before, section, values, following[: len(following) - len(following.lstrip())])


def _changed(before: Sequence[str], section: Section, values: Mapping[str, str | None], indent: str) -> list[str]:
    after: dict[int, str] = dict(enumerate(before))
    new: list[str] = []
    for key, value in values.items():
        option = section.options.get(key)
        if option is None:
            if value is not None:
                new.append(f"{indent}{key} = {value}".rstrip())
            continue
        if value == option.value:
            continue
        first, *more = option.at
        for line in more:
            del after[line]
        if value is None:
            del after[first]
        else:
            after[first] = _assigned(after[first], value)
    return _inserted(after, section.end, new)


def _assigned(line: str, value: str) -> str:
    found = _ASSIGNED.match(line)
    assert found, "an option's line has a delimiter"
    before, space, ending = found["before"], found["space"], _ending(line)
    if not space and before[-2:-1].isspace():
        space = " "
    return f"{before}{space}{value}".rstrip() + ending


def _inserted(after: Mapping[int, str], place: int, new: Sequence[str]) -> list[str]:
    above = [line for at, line in after.items() if at < place]
    below = [line for at, line in after.items() if at >= place]
    return _joined(above, new, below)


def _appended(before: Sequence[str], name: str, values: Mapping[str, str | None]) -> list[str]:
    new = [f"[{name}]", *(f"{key} = {value}".rstrip() for key, value in values.items() if value is not None)]
    if before and before[-1].strip():
        new.insert(0, "")
    return _joined(before, new, [])


def _joined(above: Sequence[str], new: Sequence[str], below: Sequence[str]) -> list[str]:
    """Put new lines between others in the manner of the file: its line ending, and its last line's lack of one."""
    if not new:
        return [*above, *below]
    ending = next((_ending(line) for line in (*reversed(above), *below) if _ending(line)), "\n")
    head, tail = list(above), [line + ending for line in new]
    if head and not _ending(head[-1]):
        head[-1] += ending
        if not below:
            tail[-1] = new[-1]
    return [*head, *tail, *below]


def _ending(line: str) -> str:
    found = _ENDING.search(line)
    return found[0] if found else ""
