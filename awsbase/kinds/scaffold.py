"""A new kind of resource: its module, section, sample and docs, written into a clone. What is written runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Template

from awsbase.errors import UsageError
from awsbase.kinds.table import PAGE
from awsbase.records import record
from awsbase.view.plurals import plural

TEMPLATES = Path(__file__).parent / "templates"
MANIFEST = "awsbase/manifest/manifest.py"
# A new section goes before these: the last field of the manifest, and the chapter after its sections.
AFTER_FIELDS = "\n    _order: "
AFTER_SECTIONS = "## Policy names\n"
AFTER_LIST = ". The sections below,"


@record
class Name:
    """What a new kind is called: by its addresses (log-group), and as a section of the manifest (log_groups)."""

    word: str
    section: str

    @classmethod
    def of(cls, given: str, section: str | None = None) -> Name:
        """Return the name that is given, with its plural; raises UsageError when it cannot begin an address."""
        word = given.lower().replace("_", "-")
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", word):
            raise UsageError(f"{given!r} is no name of a kind", hint="write it in letters and hyphens, like log-group")
        key = section or plural(word.replace("-", "_"))
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            raise UsageError(f"{key!r} is no key of a manifest", hint="write it in small letters, like log_groups")
        return cls(word, key)

    @property
    def module(self) -> str:
        return self.word.replace("-", "_")

    @property
    def words(self) -> str:
        """Several of them, as people say it."""
        return self.section.replace("_", " ")

    def fill(self, template: str) -> str:
        """Return a template with this name in it."""
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        return Template(text).substitute(
            word=self.word,
            module=self.module,
            section=self.section,
            Class=camel(self.module),
            Classes=camel(self.section),
            CONSTANT=self.module.upper(),
            words=self.words,
            Words=self.words.capitalize(),
            words_one=self.word.replace("-", " "),
        )


def camel(word: str) -> str:
    """Return a name in CamelCase."""
    return "".join(part.capitalize() for part in word.split("_"))


def scaffold(root: Path, name: Name) -> Iterator[tuple[str, str]]:
    """Write a new kind into the clone at `root`; yields `wrote` or `changed` and each file.

    Raises UsageError, before anything is written, when a file of that name is there.
    """
    new = {
        f"awsbase/ensure/{name.module}.py": name.fill("module.py.txt"),
        f"awsbase/manifest/{name.section}.py": name.fill("section.py.txt"),
        f"awsbase/samples/{name.section}.py": name.fill("sample.py.txt"),
    }
    for file in new:
        if (root / file).exists():
            raise UsageError(f"{file} is there already", hint="choose another name, or --section")
    changed = {
        MANIFEST: with_field((root / MANIFEST).read_text(encoding="utf-8"), name),
        PAGE: with_section((root / PAGE).read_text(encoding="utf-8"), name),
    }
    for action, files in (("wrote", new), ("changed", changed)):
        for file, text in files.items():
            (root / file).write_text(text, encoding="utf-8")
            yield action, file


def with_field(source: str, name: Name) -> str:
    """Return the module of the manifest with a section more: its import, in order, and its field, the last.

    Only mypy imports it there: the section is imported when a manifest has its key.
    """
    classes = camel(name.section)
    line = f"    from awsbase.manifest.{name.section} import {classes}\n"
    later = [
        other
        for other in re.findall(r"^    from awsbase\.manifest\.\w+ import [A-Z]\w+\n", source, re.MULTILINE)
        if other > line
    ]
    source = before(later[0] if later else "\n\nclass Manifest", line, source, MANIFEST)
    field = f'    {name.section}: {classes} | None = Field(default=None, description="What they are for.")\n'
    return before(AFTER_FIELDS, field, source, MANIFEST)


def with_section(page: str, name: Name) -> str:
    """Return the page of the manifest with a section more: in the list of sections, and with a chapter of its own."""
    page = before(AFTER_LIST, f",\n  **`{name.section}`**", page, PAGE)
    return before(AFTER_SECTIONS, name.fill("docs.md.txt"), page, PAGE)


def before(mark: str, text: str, source: str, file: str) -> str:
    """Return a source with a text before a mark; raises UsageError when the mark is not there."""
    if mark not in source:
        raise UsageError(f"{file} has no {mark.strip()!r}", hint="write the section into it by hand")
    return source.replace(mark, text + mark, 1)
