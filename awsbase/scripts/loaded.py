"""A manifest as the commands use it: read, turned into resources, and checked as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from awsbase import __version__
from awsbase.engine.execution import Cycle, UnknownDependency, dependencies, select
from awsbase.engine.resource import Resource
from awsbase.errors import UsageError
from awsbase.manifest import Manifest, fingerprint, load, resources
from awsbase.records import record
from awsbase.scripts.options import Options


@record
class LoadedManifest:
    """What a manifest wants, by section, in its order."""

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
    def resources(self) -> list[Resource]:
        """All resources, in manifest order."""
        return [resource for wanted in self.sections.values() for resource in wanted]

    @property
    def section_of(self) -> dict[str, str]:
        """The section that each address comes from."""
        return {resource.address: name for name, wanted in self.sections.items() for resource in wanted}

    @property
    def fingerprint(self) -> str:
        """A digest of all that a plan depends on, beside the account itself."""
        said = "\n".join((self.account, self.region, fingerprint(self.manifest), __version__))
        return hashlib.sha256(said.encode()).hexdigest()

    def only(self, names: Iterable[str]) -> list[Resource]:
        """Return the resources of these addresses and sections with all that they lean on; of none, all."""
        names = tuple(names)
        if not names:
            return self.resources
        section_of = self.section_of
        addresses: list[str] = []
        for name in names:
            if name in self.sections:
                addresses += [resource.address for resource in self.sections[name]]
            elif name in section_of:
                addresses.append(name)
            else:
                near = get_close_matches(name, [*self.sections, *section_of], n=1)
                raise UsageError(
                    f"{self.file} has no resource or section {name!r}",
                    hint=f"did you mean {near[0]!r}?" if near else "`awsbase graph` lists them",
                )
        return select(self.resources, addresses)


def read(path: Path, options: Options) -> LoadedManifest:
    """Read a manifest and find every mistake that can be found without AWS."""
    manifest = load(path)
    wanted = LoadedManifest(str(path), manifest, resources(manifest))
    region = manifest.account.region
    if options.region not in (None, region):
        raise UsageError(
            f"--region {options.region} contradicts {path}, whose home region is {region}",
            hint="leave --region out: the manifest says where everything lives",
        )
    try:
        dependencies(wanted.resources)
    except (Cycle, UnknownDependency) as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from None
    return wanted
