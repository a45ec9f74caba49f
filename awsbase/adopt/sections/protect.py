"""The protect section: what is switched on for the account as a whole, and what watches over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.engine.refusals import Refusal, is_refusal
from awsbase.engine.resource import Resource
from awsbase.ensure import (
    analyzer,
    default_groups,
    ebs_encryption,
    image_block,
    metadata_defaults,
    snapshot_block,
)
from awsbase.ensure.admin_ports import AdminPorts
from awsbase.ensure.analyzer import Analyzer
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.config_recorders import ConfigRecorders
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.detectors import Detectors
from awsbase.ensure.ebs_encryption import EbsEncryption, default_key
from awsbase.ensure.flow_logs import FlowLogs
from awsbase.ensure.image_block import ImageBlock
from awsbase.ensure.key import Key
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.public_access_block import PublicAccessBlock, public_access
from awsbase.ensure.regions import Answers, RegionClosed, Regions, ServiceClosed, Switch, answers, several
from awsbase.ensure.regions import regions as regions_of_account
from awsbase.ensure.security_hubs import SecurityHubs
from awsbase.ensure.snapshot_block import NEW, SnapshotBlock
from awsbase.facts.keys import aliases
from awsbase.manifest.opt_ins import STANDARDS, Config, SecurityHub, VpcFlowLogs
from awsbase.manifest.protect import VOLUME_KEY, Protect
from awsbase.records import record

KINDS = (
    *(Regions, PublicAccessBlock, EbsEncryption, SnapshotBlock, ImageBlock, MetadataDefaults, DefaultGroups, Analyzer),
    *(ConfigRecorders, Detectors, SecurityHubs, FlowLogs, AdminPorts, Bucket, Key),
)


T = TypeVar("T")
# Below what a service writes to its bucket, after the account.
PREFIXES = {"config": "Config", "flow_logs": "vpcflowlogs"}


@record
class Setting:
    """A key of the section: the kind that it stands for, what it says without it, and what each region says of it."""

    key: str
    kind: type[Resource]
    off: Any = False
    default: str = "true"
    switch: Switch | None = None


ANALYZERS = Switch(analyzer.analyzer, lambda have: have is not None, "there is an analyzer")
SETTINGS = (
    Setting("block_public_buckets", PublicAccessBlock),
    Setting("encrypt_volumes", EbsEncryption, switch=ebs_encryption.SWITCH),
    Setting("public_snapshots", SnapshotBlock, "unmanaged", "blocked", snapshot_block.SWITCH),
    Setting("block_public_images", ImageBlock, switch=image_block.SWITCH),
    Setting("require_imdsv2", MetadataDefaults, switch=metadata_defaults.SWITCH),
    Setting("close_default_groups", DefaultGroups, switch=default_groups.SWITCH),
    Setting("access_analyzer", Analyzer, switch=ANALYZERS),
)


def draft(seen: Seen, section: Draft) -> None:
    """Write each switch that is not as it would be without a word, and what is paid for where it is there."""
    section.put(value={})
    regions(seen, section)
    for setting in SETTINGS:
        if not seen.of(setting.kind):
            switched_off(seen, section, setting)
    details(seen, section)
    watching(seen, section)


def told(seen: Seen, setting: Setting) -> Answers | None:
    """Return what the regions say of a setting; None where they may not be asked."""
    return readable(partial(answers, seen.facts, setting.switch.fact)) if setting.switch else None


def readable(read: Callable[[], T]) -> T | None:
    """Return what a read says; None where it is refused."""
    from botocore.exceptions import ClientError

    try:
        return read()
    except (RegionClosed, ServiceClosed):
        return None
    except ClientError as error:
        if not is_refusal(error):
            raise
        return None


def regions(seen: Seen, section: Draft) -> None:
    """Write the open regions, if a policy of the organization closes some."""
    found = [answer for setting in SETTINGS if (answer := told(seen, setting))]
    closed: dict[str, Refusal] = {}
    for each in found:
        closed = {**each.closed, **closed}
    onlys = [set(only) for kind in KINDS for one in seen.of(kind) if (only := getattr(one, "only", None))]
    if closed or onlys:
        left = set(seen.facts.read(regions_of_account).on).difference(closed).intersection(*onlys)
        why = f"left out: {several(sorted(closed))}; {next(iter(closed.values()))}" if closed else ""
        section.put("regions", value=sorted(left), remark=why)


def switched_off(seen: Seen, section: Draft, setting: Setting) -> None:
    """Write that a setting is off, and why; where that is weaker than the default, say so."""
    put = partial(section.weaker, setting.key, value=setting.off, default=setting.default)
    blocks = readable(partial(seen.facts.read, public_access, seen.base.scope.account))
    have = told(seen, setting)
    if setting.switch is None and blocks:
        on = [name for name, is_on in blocks.items() if is_on]
        put(remark=f"on are {several(on)} alone" if on else "")
    elif setting.switch is None or have is None:
        section.put(setting.key, value=setting.off, remark="what it is could not be read")
    elif part := setting.switch.partly(seen.facts):
        put(remark=part)
    elif False in map(setting.switch.on, have.by_region.values()):
        put()
    elif setting.kind is Analyzer:
        section.put(setting.key, value=setting.off, remark="somebody else looks after those that are there")
    else:
        put(remark="regions differ")


def details(seen: Seen, section: Draft) -> None:
    """Write what is chosen of what is on."""
    for each in seen.of(SnapshotBlock):
        if each.state == NEW:
            section.weaker("public_snapshots", value="new-blocked", default="blocked")
    for defaults in seen.of(MetadataDefaults):
        if defaults.hops:
            section.put("metadata_hops", value=defaults.hops)
    default_name = seen.base.expand(Protect().analyzer_name)
    for found in seen.of(Analyzer):
        if found.name != default_name:
            section.put("analyzer_name", value=found.name)
    if seen.of(EbsEncryption) and (keys := sorted(own_keys(seen))):
        section.put("own_volume_key", value=keys)


def own_keys(seen: Seen) -> Iterator[str]:
    """Yield the regions in which new volumes are encrypted with the key that the section makes for them."""
    for each in seen.of(Key):
        if each.name == seen.base.expand(VOLUME_KEY):
            region = each.scope.region
            id = seen.facts.read(aliases, region).get(f"alias/{each.name}", "-")
            if seen.facts.read(default_key, region).endswith(f"/{id}"):
                yield region


def watching(seen: Seen, section: Draft) -> None:
    """Write what watches over the account and is paid for, and the ports that are closed."""
    for recorders in seen.of(ConfigRecorders):
        default = Config()
        put_logs(seen, section, "config", recorders, recorders.bucket_name, default.bucket, default.retention_days)
    for each in seen.of(Detectors):
        section.put("guardduty", value={} if each.plans is None else {"plans": list(each.plans)}, of=each.address)
    for hubs in seen.of(SecurityHubs):
        security_hub(section, hubs)
    for logs in seen.of(FlowLogs):
        bucket, usual = logs.bucket.partition("/")[2], VpcFlowLogs()
        drafted = put_logs(seen, section, "flow_logs", logs, bucket, usual.bucket, usual.retention_days)
        if drafted and logs.traffic == "REJECT":
            section.weaker("flow_logs", "traffic", value="rejected", default="all")
    for ports in seen.of(AdminPorts):
        section.put("admin_ports", value={}, of=ports.address)


def put_logs(
    seen: Seen, section: Draft, key: str, have: Resource, name: str, default_name: str, default_days: int
) -> bool:
    """Write what delivers to a bucket, if the bucket is there as the section keeps it; tell whether it is."""
    bucket = next((each for each in seen.at_home(Bucket) if each.name == name), None)
    if bucket is None:
        why = ", ".join(seen.refuted.get(f"bucket/{name}", ("it is none of this account's home region",)))
        section.cannot(have.address, f"its bucket {name}: {why}")
        return False
    place = f"AWSLogs/{seen.base.scope.account}/{PREFIXES[key]}/"
    days = next((each.objects for each in bucket.expiries if each.prefix == place and each.objects), None)
    value: dict[str, Any] = {} if name == seen.base.expand(default_name) else {"bucket": name}
    if days not in (None, default_days):
        value["retention_days"] = days
    section.put(key, value=value, of=have.address)
    return True


def security_hub(section: Draft, have: SecurityHubs) -> None:
    """Write which standards are checked, as far as manifests know them."""
    if "config" not in section.value:
        section.cannot(have.address, "a manifest has Security Hub only beside AWS Config")
        return
    names = [name for name, standard in STANDARDS.items() if standard in have.standards]
    if not names:
        section.cannot(have.address, "it checks none of the standards that a manifest knows")
        return
    usual = set(names) == set(SecurityHub().standards)
    section.put("security_hub", value={} if usual else {"standards": names}, of=have.address)
