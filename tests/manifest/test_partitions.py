"""Every ARN of a manifest has the partition of its account."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources

BASELINE = Path(__file__).parents[2] / "manifests" / "baseline.yaml"


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")]
)
def test_every_arn_has_the_partition_of_the_account(tmp_path: Path, region: str, partition: str) -> None:
    text = BASELINE.read_text().replace("region: eu-west-1", f"region: {region}")
    if partition == "aws-us-gov":  # billed in its commercial account
        text = re.sub(r"\nalarms:\n(  .*\n)+", "\n", text)
    path = tmp_path / "baseline.yaml"
    path.write_text(text)

    text = repr(resources(load(path)))
    partitions = set(re.findall(r"arn:([a-z-]+):", text))
    assert partitions == {partition}
