"""A loaded manifest: turned into resources, and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from awsbase import __version__
from awsbase.engine.dependencies import Cycle, UnknownDependency, dependencies, select
from awsbase.engine.kind import Kinds
from awsbase.engine.resource import Resource
from awsbase.errors import UsageError
from awsbase.manifest.manifest import Manifest, fingerprint, kinds, resources
from awsbase.records import record


@record
class LoadedManifest:
    """A manifest with its resources by section, in manifest order."""

    file: str
    manifest: Manifest
    sections: Mapping[str, Sequence[Resource]]

    @property
    def account(self) -> str:
        return self.manifest.account.id

    @property
    def name(self) -> str:
        return self.manifest.account.name

    @property
    def region(self) -> str:
        return self.manifest.account.region

    @property
    def kinds(self) -> Kinds:
        """Return the kinds that its resources may have: awsbase's own, and those of its plug-ins."""
        return kinds(self.manifest)

    @property
    def resources(self) -> list[Resource]:
        """Return all resources, in manifest order."""
        return [resource for section in self.sections.values() for resource in section]

    @property
    def section_of(self) -> dict[str, str]:
        """Return the section of each address."""
        return {resource.address: name for name, section in self.sections.items() for resource in section}

    @cached_property
    def fingerprint(self) -> str:
        """Return a digest of everything that a plan depends on besides the account."""
        return plan_fingerprint(self.manifest)

    def only(self, names: Iterable[str]) -> list[Resource]:
        """Return the resources of these addresses and sections with their dependencies; without names, all.

        Raises UsageError for an unknown name.
        """
        names = tuple(names)
        return select(self.resources, self.named(names)) if names else self.resources

    def named(self, names: Iterable[str]) -> list[str]:
        """Return the addresses that are named, by themselves or by their section.

        Raises UsageError for an unknown name.
        """
        section_of = self.section_of
        addresses: list[str] = []
        for name in names:
            if name in self.sections:
                addresses += [resource.address for resource in self.sections[name]]
            elif name in section_of:
                addresses.append(name)
            else:
                raise self._unknown("resource or section", name, [*self.sections, *section_of])
        return addresses

    def has(self, addresses: Iterable[str]) -> None:
        """Raise UsageError for what is no address of this manifest."""
        known = self.section_of
        for name in addresses:
            if name not in known:
                raise self._unknown("resource", name, known)

    def _unknown(self, what: str, name: str, known: Iterable[str]) -> UsageError:
        from difflib import get_close_matches

        near = get_close_matches(name, list(known), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`awsbase graph` lists them"
        return UsageError(f"{self.file} has no {what} {name!r}", hint=hint)


def plan_fingerprint(manifest: Manifest) -> str:
    """Return a digest of everything that a plan of a manifest depends on besides the account."""
    text = "\n".join((manifest.account.id, manifest.account.region, fingerprint(manifest), __version__))
    return hashlib.sha256(text.encode()).hexdigest()


def loaded_manifest(file: str, manifest: Manifest) -> LoadedManifest:
    """Return a checked manifest with its resources; raises UsageError when they depend on one another in a cycle."""
    loaded = LoadedManifest(file, manifest, resources(manifest))
    try:
        dependencies(loaded.resources)
    except (Cycle, UnknownDependency) as error:
        raise UsageError(f"{file}: {error.message}", hint=error.hint) from None
    return loaded
