"""From an organization file to the checked manifests of all its accounts; or every mistake in them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from awsbase.errors import ManifestError, Mistake, UsageError
from awsbase.manifest.load import checked, validated
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.paths import closest, dotted
from awsbase.manifest.source import Source, is_organization, read, stop
from awsbase.manifest.writing import written
from awsbase.organization.access_parts import parts, people_elsewhere
from awsbase.organization.compiling import compiled
from awsbase.organization.file import Entry, FromOrganization, OrganizationFile, Way
from awsbase.organization.repeated import each_once
from awsbase.records import record

Listing = Callable[[OrganizationFile], Mapping[str, Mapping[str, Any]]]
"""Returns the entries of the accounts that AWS Organizations lists, by name."""


@record
class Member:
    """An account of the file: how it is reached, and the ordinary manifest that it gets."""

    name: str
    entry: Entry
    way: Way
    source: Source
    manifest: Manifest

    @property
    def text(self) -> str:
        """Return the manifest as YAML."""
        return written(self.source.value, {})


@record
class Organization:
    """A checked organization file with its accounts, in the file's own order."""

    file: str
    model: OrganizationFile
    members: Mapping[str, Member]

    @property
    def identity(self) -> Member | None:
        """Return the account with the people's IAM users."""
        return next((each for each in self.members.values() if each.entry.identity), None)

    def chosen(self, names: Iterable[str]) -> list[Member]:
        """Return the accounts of these names, in the file's order; without names, all.

        Raises UsageError for an unknown name.
        """
        names = list(names)
        for name in names:
            if name not in self.members:
                hint = closest(name, self.members) or f"there are {', '.join(self.members)}"
                raise UsageError(f"{self.file} has no account {name!r}", hint=hint)
        return [each for name, each in self.members.items() if not names or name in names]


def load(path: Path, *, listing: Listing | None = None, stdin: BinaryIO | None = None) -> Organization:
    """Return the organization of a file (`-` is standard input); raise ManifestError with the mistakes of all accounts.

    Raises UsageError when AWS must list the accounts and nobody can ask it.
    """
    return organization(read(path, stdin=stdin), listing)


def organization(file: Source, listing: Listing | None = None) -> Organization:
    """Return the organization of a source; raise ManifestError with the mistakes of all accounts."""
    model = validated(file, OrganizationFile)
    if isinstance(model.accounts, FromOrganization):
        if listing is None:
            raise UsageError(
                f"the accounts of {file.file} are listed by AWS, which this command does not ask",
                hint="add --live if the command has it, or write the accounts into the file",
            )
        file = replace(file, value={**file.value, "accounts": listing(model)})
        model = validated(file, OrganizationFile)
    assert isinstance(model.accounts, dict)
    templates = Templates(file)
    members: dict[str, Member] = {}
    mistakes: dict[str, Sequence[Mistake]] = {}
    for name, entry in model.accounts.items():
        try:
            template = templates.of(name, entry, model)
            source = compiled(file, model, name, template, parts(model, name, file, template))
            source = people_elsewhere(model, name, source)
            members[name] = Member(name, entry, model.way(entry), source, checked(source, Path(template.file)))
        except ManifestError as error:
            mistakes[name] = error.mistakes
    if mistakes:
        raise ManifestError(list(each_once(mistakes, file.file, len(model.accounts))))
    return Organization(file.file, model, members)


class Templates:
    """Reads each template once."""

    def __init__(self, file: Source) -> None:
        self._file = file
        self._read: dict[str, Source | ManifestError] = {}

    def of(self, name: str, entry: Entry, model: OrganizationFile) -> Source:
        """Return the template of an account; raises ManifestError when it cannot be read."""
        file = entry.manifest or model.defaults.manifest or ""
        if file not in self._read:
            try:
                self._read[file] = self._source(file, ("accounts", name) if entry.manifest else ("defaults",))
            except ManifestError as error:
                self._read[file] = error
        found = self._read[file]
        if isinstance(found, ManifestError):
            raise found
        return found

    def _source(self, file: str, at: tuple[str, ...]) -> Source:
        path = self._file.folder / file
        at = (*at, "manifest")
        if not path.is_file():
            near = closest(path.name, [each.name for each in path.parent.glob("*.y*ml")])
            where = Mistake(self._file.file, self._file.at(at), dotted(at), f"there is no file {path}", near)
            raise ManifestError([where])
        source = read(path)
        if is_organization(source):
            raise stop(source.file, source.root.line, "this is an organization file, and no manifest")
        return source
