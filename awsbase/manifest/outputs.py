"""What a manifest gives to others by its own names: ids, ARNs and names, for Terraform and for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from awsbase.engine.references import Reference
from awsbase.manifest.base import Base
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest


@record
class Output:
    """One value under a name: that of a resource, or one that the manifest says itself.

    Several under one name are a map, each with its `key`, or a list if they are `listed`. `data` is Terraform's data
    source that finds the same by this value: its type and its argument.
    """

    name: str
    value: Reference | str
    key: str | None = None
    listed: bool = False
    data: tuple[str, str] | None = None
    needs: str | None = None
    """The address of the resource that must be there, where the value is known before."""

    @property
    def address(self) -> str | None:
        """The address of the resource without which there is no value."""
        return self.value.address if isinstance(self.value, Reference) else self.needs


@runtime_checkable
class GivesOutputs(Protocol):
    """A section that others build on."""

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield what the section gives."""


@runtime_checkable
class EntryGivesOutputs(Protocol):
    """An entry of a mapping of names that others build on."""

    def entry_outputs(self, name: str, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield what the entry of this name gives."""


def given(base: Base, manifest: Manifest) -> Iterator[Output]:
    """Yield what a manifest gives, in its own order."""
    yield from account_outputs(base)
    for _, part in manifest.parts():
        yield from section_outputs(part, base, manifest)


def account_outputs(base: Base) -> Iterator[Output]:
    """Yield what every account gives."""
    yield Output("account_id", base.scope.account)
    yield Output("account_name", base.name)
    yield Output("region", base.scope.home)


def section_outputs(section: object, base: Base, manifest: Manifest) -> Iterator[Output]:
    """Yield what one section gives."""
    if isinstance(section, GivesOutputs):
        yield from section.outputs(base, manifest)
    elif isinstance(section, dict):
        for name, entry in section.items():
            if isinstance(entry, EntryGivesOutputs):
                yield from entry.entry_outputs(name, base, manifest)
