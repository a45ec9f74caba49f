"""The root user, and the protection of the whole account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.manifest.generated.texts import DAYS, IAM_NAME, YES_OR_NO, Home, Strategy, bucket, part, several

REGIONS = {
    "aws": ["eu-west-1", "us-east-1", "us-west-2", "ap-northeast-1", "sa-east-1"],
    "aws-cn": ["cn-north-1", "cn-northwest-1"],
    "aws-us-gov": ["us-gov-east-1", "us-gov-west-1"],
}


def root(home: Home, groups: Sequence[str]) -> Strategy:
    """Draw the requirements for root, and the groups that open support cases."""
    return part(
        mfa=st.sampled_from(["any", "hardware"]),
        support=several(st.sampled_from(groups)) if groups else st.just([]),
        support_role=IAM_NAME.filter(lambda name: not home.makes(name)) | st.just("{name}.support"),
    )


def flow_logs(end: str) -> Strategy:
    """Draw flow logs with their own bucket."""
    return part({"bucket": bucket(end)}, retention_days=DAYS, traffic=st.sampled_from(["all", "rejected"]))


@st.composite
def protect(draw: st.DrawFn, home: Home) -> dict[str, Any]:
    """Draw protection of some regions or all, with settings that have an effect."""
    everywhere = REGIONS[home.partition]
    drawn: dict[str, Any] = draw(
        part(
            # All enabled regions would be many, and repeat the same test.
            {"regions": several(st.sampled_from(everywhere), 1, 2)} if home.alone else {},
            regions=several(st.sampled_from(everywhere)),
            block_public_buckets=YES_OR_NO,
            encrypt_volumes=YES_OR_NO,
            public_snapshots=st.sampled_from(["blocked", "new-blocked", "unmanaged"]),
            block_public_images=YES_OR_NO,
            require_imdsv2=YES_OR_NO,
            close_default_groups=YES_OR_NO,
            access_analyzer=YES_OR_NO,
            analyzer_name=st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,40}", fullmatch=True) | st.just("{name}_{region}"),
            config=part(bucket=bucket("config"), retention_days=DAYS),
            flow_logs=flow_logs("allflows"),
            admin_ports=st.just({}),
        )
    )
    if drawn.get("encrypt_volumes", True):
        drawn |= draw(part(own_volume_key=several(st.sampled_from(drawn.get("regions") or everywhere), most=2)))
    if drawn.get("require_imdsv2", True):
        drawn |= draw(part(metadata_hops=st.integers(1, 64)))
    if home.plain:
        drawn |= draw(part(guardduty=st.just({})))
    if "config" in drawn and home.plain:
        drawn |= draw(
            part(security_hub=part(standards=several(st.sampled_from(["cis-1.4", "cis-3", "cis-5", "fsbp"]))))
        )
    return drawn


def covers(protect: dict[str, Any] | None, region: str) -> bool:
    """Tell whether the protect section covers a region."""
    return protect is not None and (not protect.get("regions") or region in protect["regions"])
