"""The whole manifest: one optional section for each concern."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, runtime_checkable

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from awsbase.engine.kind import Kinds
from awsbase.engine.plugin import LoadedPlugin
from awsbase.engine.resource import Resource
from awsbase.manifest.account import Account
from awsbase.manifest.base import Base
from awsbase.manifest.late_sections import LateSections
from awsbase.manifest.merge import Merged, Yielded, merge
from awsbase.manifest.outputs import Output, given
from awsbase.manifest.section import Section, Several
from awsbase.manifest.values import DistributionName

if TYPE_CHECKING:
    from awsbase.manifest.alarms import Alarms
    from awsbase.manifest.audit import Audit
    from awsbase.manifest.backups import Backups
    from awsbase.manifest.bastion import Bastion
    from awsbase.manifest.buckets import BucketsSection
    from awsbase.manifest.certificates import IssuedCertificates
    from awsbase.manifest.ci import Ci
    from awsbase.manifest.contacts import Contacts
    from awsbase.manifest.fleet import Fleet
    from awsbase.manifest.fleet_access import FleetAccess
    from awsbase.manifest.iam import Iam
    from awsbase.manifest.key_pairs import KeyPairs
    from awsbase.manifest.launch_templates import LaunchTemplates
    from awsbase.manifest.log_groups import LogGroupsSection
    from awsbase.manifest.mail import Mail
    from awsbase.manifest.network import Network
    from awsbase.manifest.notify import Channels
    from awsbase.manifest.organization import OrganizationSection
    from awsbase.manifest.parameters import Outputs
    from awsbase.manifest.protect import Protect
    from awsbase.manifest.repositories import RepositoriesSection
    from awsbase.manifest.root import RootUser
    from awsbase.manifest.secrets import SecretsSection
    from awsbase.manifest.security_groups import SecurityGroups
    from awsbase.manifest.state import State
    from awsbase.manifest.tools import Tools
    from awsbase.manifest.zones import Zones


class Manifest(LateSections, Section):
    """The base of one AWS account. A section left out is not managed; an empty one is the best practice."""

    modules: ClassVar[Mapping[str, str]] = {"outputs": "parameters"}

    version: Literal[1] = Field(description="The version of this format.")
    account: Account
    extras: Several[DistributionName] = Field(
        default=(), description="Packages of other people that give the sections whose keys begin with x-."
    )
    contacts: Contacts | None = Field(default=None, description="Whom AWS tells, beside the address of root.")
    notify: Channels | None = Field(default=None, description="Channels that alarms speak on, and who listens.")
    alarms: Alarms | None = Field(default=None, description="What the account tells by itself.")
    audit: Audit | None = Field(default=None, description="The record of who did what, in all regions.")
    root: RootUser | None = Field(
        default=None, description="The root user, locked away; what only a person can change is asked for."
    )
    protect: Protect | None = Field(
        default=None, description="What is switched on for the account as a whole, in every region."
    )
    network: Network | None = Field(default=None, description="Where machines live.")
    security_groups: SecurityGroups | None = Field(default=None, description="Who reaches what in the network.")
    key_pairs: KeyPairs | None = Field(default=None, description="Public keys for new instances.")
    launch_templates: LaunchTemplates | None = Field(
        default=None, description="What servers are before there are any, for whoever starts them."
    )
    bastion: Bastion | None = Field(default=None, description="The one way in, closed until it is needed.")
    state: State | None = Field(default=None, description="Where Terraform and OpenTofu keep their state.")
    buckets: BucketsSection | None = Field(
        default=None, description="What is kept in S3, who uses it, and for how long."
    )
    secrets: SecretsSection | None = Field(default=None, description="Where values are kept that nobody may see.")
    log_groups: LogGroupsSection | None = Field(
        default=None, description="Where servers, containers and functions write their logs, and how long those stay."
    )
    repositories: RepositoriesSection | None = Field(
        default=None, description="Where container images are kept, and who pulls and pushes them."
    )
    iam: Iam | None = Field(default=None, description="Who works in the account, and what each may do.")
    fleet: Fleet | None = Field(
        default=None, description="The engine that works on many accounts at once, in the account that is its hub."
    )
    fleet_access: FleetAccess | None = Field(default=None, description="What lets a fleet of another account in.")
    backups: Backups | None = Field(default=None, description="What is copied by itself, and kept for how long.")
    tools: Tools | None = Field(
        default=None, description="Programs of others in one version each, for everybody who works on the account."
    )
    ci: Ci | None = Field(default=None, description="The pipeline that plans and applies this manifest, and its roles.")
    outputs: Outputs | None = Field(
        default=None, description="Where Terraform and others read what the manifest makes."
    )
    zones: Zones | None = Field(default=None, description="Domains whose names Route 53 answers.")
    certificates: IssuedCertificates | None = Field(
        default=None, description="What load balancers and CloudFront show for HTTPS."
    )
    mail: Mail | None = Field(default=None, description="Domains that mail is sent from, and the password for it.")
    organization: OrganizationSection | None = Field(
        default=None, description="The accounts beside this one: only the management account has it."
    )

    later: ClassVar[frozenset[str]] = frozenset(
        {
            *("buckets", "certificates", "ci", "extras", "fleet", "fleet_access", "launch_templates", "log_groups"),
            *("mail", "organization", "outputs", "repositories", "tools", "zones"),
        }
    )

    _order: tuple[str, ...] = PrivateAttr(default=())
    # Who checks a manifest, who runs it and who says what it gives ask for the same resources.
    _merged: Merged | None = PrivateAttr(default=None)

    plugins: ClassVar[tuple[LoadedPlugin, ...]] = ()
    """The packages of `extras`, as they were loaded; the manifest that they give sections to is a subclass."""

    @model_validator(mode="wrap")
    @classmethod
    def _keep_the_order(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        manifest = handler(value)
        if isinstance(value, Mapping):
            manifest._order = tuple(value)
        return manifest

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other sections, which makes other resources."""
        copy = super().model_copy(update=update, deep=deep)
        copy._merged = None
        return copy

    def parts(self) -> Iterator[tuple[str, Any]]:
        """Yield what stands under each key, in the manifest's own order."""
        for name in self._order:
            yield name, self.part(name)

    def sections(self) -> Iterator[tuple[str, Section]]:
        """Yield the sections that the manifest has, in its own order."""
        yield from ((name, part) for name, part in self.parts() if isinstance(part, Section))

    def part(self, key: str) -> Any:
        """Return what stands under a key, written as in the manifest; None for one that is not there."""
        return getattr(self, key.replace("-", "_", 1) if key.startswith("x-") else key, None)


@runtime_checkable
class NamedEntry(Protocol):
    """An entry of a part that is a mapping of names."""

    def entry_resources(self, name: str, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the resources of the entry of this name, and what it grants."""


@runtime_checkable
class YieldsResources(Protocol):
    """A part of the manifest that stands for resources."""

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield the resources that this part stands for, and what it grants."""


def base(manifest: Manifest) -> Base:
    """Return what every section needs of the account section."""
    account = manifest.account
    return Base(account.name, account.scope, account.tags)


def resources(manifest: Manifest) -> Mapping[str, list[Resource]]:
    """Return the resources of a manifest by section, in its own order."""
    return merged(manifest).sections


def merged(manifest: Manifest) -> Merged:
    """Return the resources of a manifest, and the conflicts between its sections."""
    if manifest._merged is None:
        manifest._merged = merged_anew(manifest)
    return manifest._merged


def merged_anew(manifest: Manifest) -> Merged:
    """Merge what the sections of a manifest yield."""
    here = base(manifest)
    parts = [(name, part) for name, part in manifest.parts() if isinstance(part, YieldsResources | dict)]
    made = merge({name: yielded_by(part, here, manifest) for name, part in parts})
    if manifest.ci is None:
        return made
    from awsbase.manifest.ci import with_rights

    return replace(made, sections=with_rights(made.sections, here, kinds(manifest)))


def kinds(manifest: Manifest) -> Kinds:
    """Return the kinds that the resources of a manifest may have: awsbase's own, and those of its plug-ins."""
    from awsbase.ensure import KINDS

    # Without plug-ins nothing goes through them, which would import those of all sections.
    given = {kind: each for one in manifest.plugins for kind, each in one.plugin.kinds.items()}
    return {**KINDS, **given} if given else KINDS


def outputs(manifest: Manifest) -> list[Output]:
    """Return what a manifest gives to others, in its own order."""
    return list(given(base(manifest), manifest))


def yielded_by(part: YieldsResources | Mapping[str, object], here: Base, manifest: Manifest) -> Iterator[Yielded]:
    """Yield the resources of one part of a manifest, and what it grants."""
    if isinstance(part, YieldsResources):
        yield from part.resources(here, manifest)
        return
    for name, entry in part.items():
        if isinstance(entry, NamedEntry):
            yield from entry.entry_resources(name, here, manifest)


def fingerprint(manifest: Manifest) -> str:
    """Return the digest of all that a manifest says, with the contents of the files it refers to.

    The versions of its plug-ins are part of it; a manifest without any, and without what came later, has the digest
    that it always had.
    """
    said = plain(manifest)
    if manifest.plugins:
        said["extras"] = {each.name: each.version for each in manifest.plugins}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def plain(value: object) -> Any:
    """Return a manifest as JSON values; the order of its keys means nothing, that of its lists does."""
    if isinstance(value, Section):
        said = {name: plain(getattr(value, name)) for name in type(value).model_fields}
        return {name: each for name, each in said.items() if name not in value.later or each not in (None, False, [])}
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return ""  # a digest beside it stands for it
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value
