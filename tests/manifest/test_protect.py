"""The protect section: all of it by default, each part separately, in the selected regions."""

from __future__ import annotations

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure.ebs_encryption import EbsEncryption
from awsbase.ensure.key import Key
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.snapshot_block import SnapshotBlock
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.sandbox import Sandbox
from tests.contract.sample import go, said
from tests.manifest.saying import ACCOUNT, mistakes, source

FREE = {
    "regions/enabled",
    "public-access-block/account",
    "ebs-encryption/account",
    "snapshot-block/account",
    "image-block/account",
    "metadata-defaults/account",
    "default-groups/account",
    "analyzer/acme-access",
}


def made(text: str, home: str = "eu-west-1") -> dict[str, Resource]:
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return {resource.address: resource for resource in resources(manifest).get("protect", [])}


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("protect:", set()),
        ("protect: {}", set()),
        ("protect: {block_public_buckets: false}", {"public-access-block/account"}),
        ("protect: {encrypt_volumes: false}", {"ebs-encryption/account"}),
        ("protect: {public_snapshots: unmanaged}", {"snapshot-block/account"}),
        ("protect: {block_public_images: false}", {"image-block/account"}),
        ("protect: {require_imdsv2: false}", {"metadata-defaults/account"}),
        ("protect: {close_default_groups: false}", {"default-groups/account"}),
        ("protect: {access_analyzer: false}", {"analyzer/acme-access"}),
        ("", FREE),
    ],
)
def test_free_protection_is_on_unless_switched_off(text: str, without: set[str]) -> None:
    assert made(text).keys() == FREE - without


def test_named_regions_apply_to_every_part() -> None:
    parts = made("protect: {regions: [us-east-1, eu-west-1]}").values()
    assert {getattr(part, "only", "all") for part in parts} == {("eu-west-1", "us-east-1"), "all"}
    assert {getattr(part, "only", None) for part in made("protect:").values()} == {None}


def test_own_volume_key_is_created_in_the_named_regions() -> None:
    parts = made("protect: {own_volume_key: [eu-west-1, us-east-1]}")
    volumes = parts["ebs-encryption/account"]
    assert isinstance(volumes, EbsEncryption)
    assert volumes.keys == {"eu-west-1": "key/acme-ebs", "us-east-1": "key/acme-ebs@us-east-1"}
    assert set(volumes.keys.values()) < set(volumes.needs())
    assert all(isinstance(parts[address], Key) for address in volumes.keys.values())


def test_settings_reach_the_resource() -> None:
    parts = made("protect: {public_snapshots: new-blocked, metadata_hops: 2, analyzer_name: ours}")
    snapshots, metadata = parts["snapshot-block/account"], parts["metadata-defaults/account"]
    assert isinstance(snapshots, SnapshotBlock)
    assert snapshots.state == "block-new-sharing"
    assert isinstance(metadata, MetadataDefaults)
    assert metadata.hops == 2
    assert "analyzer/ours" in parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("protect: {regions: [cn-north-1]}", "regions[0]: cn-north-1 is in another partition than eu-west-1"),
        ("protect: {regions: [eu-west1]}", "regions[0]: 'eu-west1' is no AWS region"),
        ("protect: {regions: [eu-west-1, eu-west-1]}", "'eu-west-1' is listed twice"),
        (
            "protect: {regions: [eu-west-1], own_volume_key: [us-east-1]}",
            "own_volume_key[0]: us-east-1 is none of protect.regions, add it there too",
        ),
        (
            "protect: {encrypt_volumes: false, own_volume_key: [us-east-1]}",
            "own_volume_key: there is no use for a key while encrypt_volumes is false",
        ),
        (
            "protect: {require_imdsv2: false, metadata_hops: 2}",
            "metadata_hops: the hops are not managed while require_imdsv2 is false",
        ),
        ("protect: {metadata_hops: 65}", "metadata_hops"),
        ("protect: {analyzer_name: 1st}", "analyzer_name: '1st' is no analyzer name"),
        ("protect: {public_snapshots: allowed}", "public_snapshots: must be blocked, new-blocked or unmanaged"),
    ],
)
def test_mistake_in_protect_gives_advice(text: str, expected: str) -> None:
    (mistake,) = mistakes(ACCOUNT + text, Manifest)
    assert expected in mistake


def test_china_gets_the_same_protection() -> None:
    assert made("protect:", "cn-north-1").keys() == FREE


def test_converged_plan_costs_six_reads_per_region_and_three_more() -> None:
    everything = list(made("protect: {regions: [eu-west-1, us-east-1]}").values())
    sandbox = Sandbox()
    go(sandbox, "reconcile", everything)
    sandbox.calls.clear()
    assert said(go(sandbox, "plan", everything)) == []
    # One read of the regions, one of the bucket block, and six reads in each region.
    assert len(sandbox.calls) == 2 + 6 * 2
