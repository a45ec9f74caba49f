"""The text of `~/.aws/credentials` and `~/.aws/config`: parsed as the AWS tools do, edited without other changes.

The AWS tools read these files with Python's configparser, and this module follows its rules exactly:

- A line that is indented deeper than its option continues the option.
- A comment takes a whole line.
- A duplicate section or option is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

Edits = Mapping[str, Mapping[str, str | None]]
"""The options to set in each section, by its name; None removes one."""

DEFAULTS = "DEFAULT"  # configparser applies the options of this section to every other section.

_HEADER = re.compile(r"\[(?P<name>.+)\]")
_OPTION = re.compile(r"(?P<key>.*?)\s*[=:]\s*(?P<value>.*)$")
_ASSIGNED = re.compile(r"(?P<before>\s*.*?\s*[=:])(?P<space>[^\S\r\n]*)")
_ENDING = re.compile(r"(?:\r\n|\n|\r)\Z")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


class InvalidIni(ValueError):
    """The AWS tools cannot parse the text; the error has the line number but never the content."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


# These are plain classes: a dataclass would take longer to define than a shell prompt may take.


class Option:
    """One option: its key, the numbers of its lines, and the parts of its value as configparser joins them."""

    def __init__(self, key: str, indent: str, at: list[int], parts: list[str]) -> None:
        self.key, self.indent, self.at, self.parts = key, indent, at, parts

    @property
    def value(self) -> str:
        return "\n".join(self.parts).rstrip()


class Section:
    """One section: the line of its header, and its options in order."""

    def __init__(self, name: str, indent: str, at: int) -> None:
        self.name, self.indent, self.at = name, indent, at
        self.options: dict[str, Option] = {}

    @property
    def end(self) -> int:
        """The line after the last option of this section."""
        return max([self.at, *(line for option in self.options.values() for line in option.at)]) + 1


def sections(text: str) -> dict[str, dict[str, str]]:
    """Return the options of each section, including those of `[DEFAULT]`; raises InvalidIni for an invalid text."""
    found = scan(lines(text))
    common = {key: o.value for section in found if section.name == DEFAULTS for key, o in section.options.items()}
    return {
        section.name: common | {key: option.value for key, option in section.options.items()}
        for section in found
        if section.name != DEFAULTS
    }


def edit(text: str, name: str, values: Mapping[str, str | None]) -> str:
    """Return the text with these options set in a section (None removes one), and every other byte unchanged.

    Raises ValueError when a value needs more than one line, and InvalidIni when the text cannot be edited safely.
    """
    _check(values)
    before = lines(text)
    expected = _meaning(scan(before))
    expected[name] = _with(expected.get(name, {}), values)
    for after in _attempts(before, name, values):
        if _readable(after) == expected:
            return "".join(after)
    at = next((section.at for section in scan(before) if section.name == name), len(before))
    raise InvalidIni(
        at + 1, f"section [{name}] cannot be edited because of its indentation; align it with the sections around it"
    )


def edit_all(text: str, edits: Edits) -> str:
    """Return the text with these options set in many sections, as `edit` does for one, in one pass over a long file.

    A section that loses its last option goes with it, and so does the empty line that `edit_all` put above it. Raises
    ValueError and InvalidIni as `edit` does.
    """
    for values in edits.values():
        _check(values)
    before = lines(text)
    found = scan(before)
    expected = _meaning(found)
    for name, values in edits.items():
        expected[name] = _with(expected.get(name, {}), values)
        if not expected[name]:
            del expected[name]
    after = list(before)
    # From the end on, so that the line numbers of what is above stay true.
    for section in reversed(found):
        if section.name in edits:
            _change_in_place(after, section, edits[section.name], gone=section.name not in expected)
    there = {section.name for section in found}
    for name in [name for name in edits if name not in there and name in expected]:
        after = _appended(after, name, edits[name])
    if _readable(after) == expected:
        return "".join(after)
    for name, values in edits.items():
        text = edit(text, name, values)
    return text


def _change_in_place(text: list[str], section: Section, values: Mapping[str, str | None], *, gone: bool) -> None:
    part = text[section.at : section.end]
    (own,) = scan(part)
    if not gone:
        last = max(own.options.values(), key=lambda option: option.at[0], default=None)
        text[section.at : section.end] = _changed(part, own, values, last.indent if last else own.indent)
        return
    taken = {own.at, *(line for option in own.options.values() for line in option.at)}
    left = [line for at, line in enumerate(part) if at not in taken]
    text[section.at : section.end] = left
    if left:
        return
    above, below = text[: section.at][-1:], text[section.at :][:1]
    if above and not above[0].strip() and (not below or not below[0].strip()):
        del text[section.at - 1]
    elif below and not above and not below[0].strip():
        del text[0]


def lines(text: str) -> list[str]:
    """Split a text into lines as configparser does: form feeds and Unicode separators end no line."""
    return _LINE.findall(text)


def scan(text: Sequence[str]) -> list[Section]:
    """Return the sections and options; raises InvalidIni at the first line that the AWS tools would reject."""
    found: list[Section] = []
    defaults: list[Section] = []  # this one may be there twice
    section: Section | None = None
    option: Option | None = None
    names: dict[str, int] = {}
    indented = 0
    for at, line in enumerate(text):
        content = line.strip()
        if not content or content.startswith(("#", ";")):
            if not content and option:
                option.parts.append("")
            continue
        indent = line[: len(line) - len(line.lstrip())]
        if section and option and len(indent) > indented:
            option.at.append(at)
            option.parts.append(content)
            continue
        indented = len(indent)
        if header := _HEADER.match(content):
            name = header["name"]
            if name in names and name != DEFAULTS:
                raise InvalidIni(at + 1, f"section [{name}] is already on line {names[name] + 1}")
            names.setdefault(name, at)
            section, option = Section(name, indent, at), None
            found.append(section)
            if name == DEFAULTS:
                defaults.append(section)
            continue
        if section is None:
            hint = " (the file begins with a byte order mark)" if content.startswith("\ufeff") else ""
            raise InvalidIni(at + 1, f"there is text before the first [section]{hint}")
        assigned = _OPTION.match(content)
        if not assigned or not assigned["key"]:
            raise InvalidIni(at + 1, f"neither a [section] nor `key = value`, in section [{section.name}]")
        key = assigned["key"].rstrip().lower()
        for same in defaults if section.name == DEFAULTS else (section,):
            if key in same.options:
                first = same.options[key].at[0] + 1
                raise InvalidIni(at + 1, f"{key} is already on line {first}, in section [{section.name}]")
        option = section.options[key] = Option(key, indent, [at], [assigned["value"].strip()])
    return found


def _check(values: Mapping[str, str | None]) -> None:
    for key, value in values.items():
        if value is not None and (value != value.strip() or _ENDING.search(value) or len(lines(value)) > 1):
            raise ValueError(f"the value of {key} cannot be written on one line")


def _with(options: Mapping[str, str], values: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**options, **values}
    return {key: value for key, value in merged.items() if value is not None}


def _meaning(found: Sequence[Section]) -> dict[str, dict[str, str]]:
    meaning: dict[str, dict[str, str]] = {}
    for section in found:
        meaning.setdefault(section.name, {}).update({key: o.value for key, o in section.options.items()})
    return meaning


def _readable(text: Sequence[str]) -> dict[str, dict[str, str]] | None:
    try:
        return _meaning(scan(text))
    except InvalidIni:
        return None


def _attempts(before: Sequence[str], name: str, values: Mapping[str, str | None]) -> Iterator[list[str]]:
    section = next((section for section in scan(before) if section.name == name), None)
    if section is None:
        yield _appended(before, name, values)
        return
    last = max(section.options.values(), key=lambda option: option.at[0], default=None)
    yield _changed(before, section, values, last.indent if last else section.indent)
    # If an option is indented less than the next header, configparser reads that header as its continuation.
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
    """Insert new lines with the file's own line ending; keep a missing ending of the last line."""
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
