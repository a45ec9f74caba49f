"""The protect section: what AWS can forbid for an account as a whole, and what watches over it in every region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from awsbase.engine.resource import Resource
from awsbase.engine.scope import partition
from awsbase.ensure.analyzer import Analyzer
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.ebs_encryption import EbsEncryption, for_volumes
from awsbase.ensure.image_block import ImageBlock
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.public_access_block import PublicAccessBlock
from awsbase.ensure.regions import Regions
from awsbase.ensure.snapshot_block import ALL, NEW, SnapshotBlock
from awsbase.manifest.base import Base
from awsbase.manifest.late_sections import LateSections
from awsbase.manifest.merge import KeyUse, Yielded
from awsbase.manifest.role_presets import own_vpcs
from awsbase.manifest.section import Section, Several, ValidationProblem
from awsbase.manifest.values import AnalyzerName, Region

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest
    from awsbase.manifest.opt_ins import ClosedPorts, Config, GuardDuty, SecurityHub, VpcFlowLogs

# The key that encrypts EBS volumes. Whoever starts instances uses it, other than the keys of state, trail and secrets.
VOLUME_KEY = "{name}-ebs"
SHARING = {"blocked": ALL, "new-blocked": NEW}


class Protect(LateSections, Section):
    """What is switched on for the whole account, in every region that is on. All that is on by default is free."""

    modules: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("config", "guardduty", "security_hub", "flow_logs", "admin_ports"), "opt_ins"
    )

    regions: Several[Region] = Field(
        default=(),
        description="Only in these regions. The default is every region that is on: attackers like those that nobody "
        "uses. Opt-in regions that are off need no protection, and plans say which they are.",
    )
    block_public_buckets: bool = Field(
        default=True,
        description="No bucket of the account can be public, whatever its own policy says. False leaves the account's "
        "switches as they are, for websites served straight from S3.",
    )
    encrypt_volumes: bool = Field(
        default=True,
        description="New EBS volumes and copies of snapshots are encrypted, with AWS's key and at no cost.",
    )
    own_volume_key: Several[Region] = Field(
        default=(),
        description="Regions in which volumes are encrypted with a key of your own ($1 a month each, $3 after two "
        "yearly rotations), as needed to share encrypted snapshots with other accounts. Elsewhere the key stays what "
        "it is.",
    )
    public_snapshots: Literal["blocked", "new-blocked", "unmanaged"] = Field(
        default="blocked",
        description="Whether EBS snapshots may be public: none, only those that are already, or as it is.",
    )
    block_public_images: bool = Field(
        default=True, description="No machine image becomes public; those that are already stay so."
    )
    require_imdsv2: bool = Field(
        default=True,
        description="New instances hand out their role's credentials by IMDSv2 only, unless a launch says otherwise: "
        "version 1 gives them to whoever makes a web server fetch a URL.",
    )
    metadata_hops: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="How many hops away from a new instance its metadata can be read: 1 for the host alone, 2 for "
        "containers on it too. The default leaves it as it is.",
    )
    close_default_groups: bool = Field(
        default=True,
        description="The default security group of each VPC has no rules, so that nothing is reachable that was "
        "launched without thought. One that is in use keeps its rules and becomes a needs-you item.",
    )
    access_analyzer: bool = Field(
        default=True,
        description="An analyzer tells what can be reached from outside the account; any that exists is adopted.",
    )
    analyzer_name: AnalyzerName = Field(
        default="{name}-access", description="The name of new analyzers; those that exist keep theirs."
    )
    config: Config | None = Field(
        default=None,
        description="Record what each resource looks like, and when it changed. Not free: $0.003 a change.",
    )
    guardduty: GuardDuty | None = Field(
        default=None,
        description="Tell what looks like an attack. Not free: $4 a million events, after 30 free days.",
    )
    security_hub: SecurityHub | None = Field(
        default=None,
        description="Check the account against standards; needs config. Not free: $0.0010 a check, after 30 free days.",
    )
    flow_logs: VpcFlowLogs | None = Field(
        default=None, description="Log who speaks to whom in every VPC. Not free: $0.25 a GB."
    )
    admin_ports: ClosedPorts | None = Field(
        default=None,
        description="Remove rules that open just SSH or just RDP to the world. Free, but whoever works through them is "
        "cut off; rules that open more than that become needs-you items.",
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield regions of another partition, and settings that have no effect."""
        account = manifest.account
        for key in ("regions", "own_volume_key"):
            for index, name in enumerate(getattr(self, key)):
                if partition(name) != account.partition:
                    yield ValidationProblem((key, index), f"{name} is in another partition than {account.region}")
        for index, name in enumerate(self.own_volume_key):
            if not self.covers(name):
                yield ValidationProblem(
                    ("own_volume_key", index), f"{name} is none of protect.regions", "add it there too"
                )
        if self.own_volume_key and not self.encrypt_volumes:
            yield ValidationProblem(("own_volume_key",), "there is no use for a key while encrypt_volumes is false")
        if self.metadata_hops and not self.require_imdsv2:
            yield ValidationProblem(("metadata_hops",), "the hops are not managed while require_imdsv2 is false")
        if self.security_hub and not self.config:
            yield ValidationProblem(
                ("security_hub",), "Security Hub judges what AWS Config records", "add `config: {}` beside it"
            )

    @property
    def only(self) -> tuple[str, ...] | None:
        """Return the regions that the manifest names, or None for all that are on."""
        return tuple(sorted(self.regions)) or None

    def covers(self, region: str) -> bool:
        """Tell whether a region is looked after."""
        return not self.regions or region in self.regions

    def takes_away(self, ends: tuple[int, int] | None, blocks: Iterable[str], region: str) -> bool:
        """Tell whether a rule that lets these blocks in would be taken away again at once."""
        if self.admin_ports is None or not self.covers(region):
            return False
        from awsbase.ensure.admin_ports import PORTS, WORLD

        return ends in [(port, port) for port in PORTS] and not set(WORLD).isdisjoint(blocks)

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield one resource for each thing that is switched on; each covers all regions."""
        scope, only = base.scope, self.only
        own = own_vpcs(base, manifest)
        yield Regions(scope=scope, only=only)
        if self.block_public_buckets:
            yield PublicAccessBlock(scope=scope)
        if self.encrypt_volumes:
            keys = {name: self._volume_key(base, name, at) for at, name in enumerate(self.own_volume_key)}
            yield from keys.values()
            yield EbsEncryption(scope=scope, only=only, keys={region: key.address for region, key in keys.items()})
        if self.public_snapshots in SHARING:
            yield SnapshotBlock(scope=scope, only=only, state=SHARING[self.public_snapshots])
        if self.block_public_images:
            yield ImageBlock(scope=scope, only=only)
        if self.require_imdsv2:
            yield MetadataDefaults(scope=scope, only=only, hops=self.metadata_hops)
        if self.close_default_groups:
            yield DefaultGroups(scope=scope, only=only, but=own)
        if self.access_analyzer:
            yield Analyzer(scope=scope, name=base.expand(self.analyzer_name), only=only, tags=base.tags)
        yield from self._opt_ins(base, own)

    def _opt_ins(self, base: Base, own: tuple[str, ...]) -> Iterator[Resource]:
        only, recorders = self.only, None
        if self.config:
            *_, recorder = found = list(self.config.resources(base, only))
            recorders = recorder.address
            yield from found
        if self.guardduty:
            yield from self.guardduty.resources(base, only)
        if self.security_hub:
            yield from self.security_hub.resources(base, only, recorders)
        if self.flow_logs:
            yield from self.flow_logs.resources(base, only, own)
        if self.admin_ports:
            yield from self.admin_ports.resources(base, only, but_default=self.close_default_groups)

    def _volume_key(self, base: Base, region: str, index: int) -> KeyUse:
        scope = base.scope.at(region)
        return KeyUse(
            scope=scope,
            alias=f"alias/{base.expand(VOLUME_KEY)}",
            purpose="EBS volumes and snapshots",
            statements=(for_volumes(scope),),
            tags=base.tags,
            at=("own_volume_key", index),
        )
