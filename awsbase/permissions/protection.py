"""What is switched on for a whole account takes, region by region."""

from __future__ import annotations

from typing import Any

from awsbase.ensure.admin_ports import AdminPorts
from awsbase.ensure.analyzer import Analyzer
from awsbase.ensure.config_recorders import ConfigRecorders
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.detectors import Detectors
from awsbase.ensure.ebs_encryption import EbsEncryption
from awsbase.ensure.flow_logs import FlowLogs
from awsbase.ensure.image_block import ImageBlock
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.regions import Regions
from awsbase.ensure.security_hubs import SecurityHubs
from awsbase.ensure.snapshot_block import SnapshotBlock
from awsbase.ensure.snapshot_policy import SnapshotPolicy
from awsbase.ensure.vpc_flow_log import VpcFlowLog
from awsbase.permissions.allow import Allow, Allows, Condition, Passes, allow, equals, labelled, linked_role
from awsbase.permissions.network import things


def in_regions(want: Any, service: str, path: str) -> tuple[str, ...]:
    """Return the ARNs of something in the regions that are covered: in every one, unless some are named."""
    return tuple(want.scope.at(region).arn(service, path) for region in want.only or ("*",))


def there(want: Any) -> Condition | None:
    """Make the condition that a call, which is about no resource, goes to a region that is named, if any is."""
    return equals("aws:RequestedRegion", *want.only) if want.only else None


def regions_reads(want: Regions) -> Allows:
    yield allow("ec2", "DescribeRegions")


def ebs_encryption_reads(want: EbsEncryption) -> Allows:
    yield allow("ec2", "GetEbsEncryptionByDefault")
    if want.keys:
        yield allow("ec2", "GetEbsDefaultKmsKeyId")


def ebs_encryption_writes(want: EbsEncryption) -> Allows:
    yield allow("ec2", "EnableEbsEncryptionByDefault", when=there(want))
    if want.keys:
        yield allow("ec2", "ModifyEbsDefaultKmsKeyId", when=equals("aws:RequestedRegion", *want.keys))


def snapshot_block_reads(want: SnapshotBlock) -> Allows:
    yield allow("ec2", "GetSnapshotBlockPublicAccessState")


def snapshot_block_writes(want: SnapshotBlock) -> Allows:
    yield allow("ec2", "EnableSnapshotBlockPublicAccess", when=there(want))


def image_block_reads(want: ImageBlock) -> Allows:
    yield allow("ec2", "GetImageBlockPublicAccessState")


def image_block_writes(want: ImageBlock) -> Allows:
    yield allow("ec2", "EnableImageBlockPublicAccess", when=there(want))


def metadata_defaults_reads(want: MetadataDefaults) -> Allows:
    yield allow("ec2", "GetInstanceMetadataDefaults")


def metadata_defaults_writes(want: MetadataDefaults) -> Allows:
    yield allow("ec2", "ModifyInstanceMetadataDefaults", when=there(want))


def default_groups_reads(want: DefaultGroups) -> Allows:
    yield allow("ec2", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeVpcs")


def default_groups_writes(want: DefaultGroups) -> Allows:
    revoke = ("RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress")
    yield allow("ec2", *revoke, on=in_regions(want, "ec2", "security-group/*"))


def admin_ports_reads(want: AdminPorts) -> Allows:
    yield allow("ec2", "DescribeNetworkAcls", "DescribeSecurityGroups")


def admin_ports_writes(want: AdminPorts) -> Allows:
    yield allow("ec2", "RevokeSecurityGroupIngress", on=in_regions(want, "ec2", "security-group/*"))
    yield allow("ec2", "DeleteNetworkAclEntry", on=in_regions(want, "ec2", "network-acl/*"))


def flow_logs_reads(want: FlowLogs | VpcFlowLog) -> Allows:
    yield allow("ec2", "DescribeFlowLogs", "DescribeVpcs")


def flow_logs_writes(want: FlowLogs) -> Allows:
    yield from logging(in_regions(want, "ec2", "vpc-flow-log/*"), in_regions(want, "ec2", "vpc/*"))


def vpc_flow_log_writes(want: VpcFlowLog) -> Allows:
    yield from logging(things(want.scope, "vpc-flow-log"), things(want.scope, "vpc"))


def logging(logs: tuple[str, ...], vpcs: tuple[str, ...]) -> Allows:
    """Yield what it takes to make flow logs of VPCs."""
    yield allow("ec2", "CreateFlowLogs", on=(*logs, *vpcs))
    yield allow("ec2", "CreateTags", on=logs, when=equals("ec2:CreateAction", "CreateFlowLogs"))
    # Whoever makes a flow log orders its delivery, which is an affair of CloudWatch Logs even to S3.
    yield allow("logs", "CreateLogDelivery", "DeleteLogDelivery")


def analyzer_reads(want: Analyzer) -> Allows:
    yield allow("access-analyzer", "ListAnalyzers")


def analyzer_writes(want: Analyzer) -> Allows:
    # One that is adopted has whatever name it has.
    yield allow(
        "access-analyzer", "CreateAnalyzer", "TagResource", on=in_regions(want, "access-analyzer", "analyzer/*")
    )
    yield linked_role(want.scope, "access-analyzer.amazonaws.com")


def detectors_reads(want: Detectors) -> Allows:
    yield allow("guardduty", "ListDetectors")
    yield allow("guardduty", "GetDetector", on=in_regions(want, "guardduty", "detector/*"))


def detectors_writes(want: Detectors) -> Allows:
    yield allow("guardduty", "CreateDetector", when=there(want))
    yield allow("guardduty", "TagResource", when=labelled(want.address))
    yield allow("guardduty", "TagResource", "UpdateDetector", on=in_regions(want, "guardduty", "detector/*"))
    yield linked_role(want.scope, "guardduty.amazonaws.com")


def security_hubs_reads(want: SecurityHubs) -> Allows:
    yield hubs(want, "GetEnabledStandards")


def security_hubs_writes(want: SecurityHubs) -> Allows:
    yield hubs(want, "BatchEnableStandards", "EnableSecurityHub", "TagResource")
    yield linked_role(want.scope, "securityhub.amazonaws.com")


def hubs(want: SecurityHubs, *actions: str) -> Allow:
    """Allow actions on the hubs, of which each region has one."""
    return allow("securityhub", *actions, on=in_regions(want, "securityhub", "hub/default"))


def config_recorders_reads(want: ConfigRecorders) -> Allows:
    described = ("DescribeConfigurationRecorderStatus", "DescribeConfigurationRecorders", "DescribeDeliveryChannels")
    yield allow("config", *described)


def config_recorders_writes(want: ConfigRecorders) -> Allows:
    recorders = in_regions(want, "config", "configuration-recorder/*")
    yield allow("config", "PutConfigurationRecorder", "StartConfigurationRecorder", on=recorders)
    yield allow("config", "PutDeliveryChannel", when=there(want))


def config_recorders_passes(want: ConfigRecorders) -> Passes:
    yield want.role, "config.amazonaws.com"


def snapshot_policy_reads(want: SnapshotPolicy) -> Allows:
    yield allow("dlm", "GetLifecyclePolicies")
    yield allow("dlm", "GetLifecyclePolicy", on=lifecycle_policies(want))


def snapshot_policy_writes(want: SnapshotPolicy) -> Allows:
    yield allow("dlm", "CreateLifecyclePolicy")
    yield allow("dlm", "TagResource", "UpdateLifecyclePolicy", on=lifecycle_policies(want))


def lifecycle_policies(want: SnapshotPolicy) -> tuple[str, ...]:
    return (want.scope.arn("dlm", "policy/*"),)


def snapshot_policy_passes(want: SnapshotPolicy) -> Passes:
    yield want.role, "dlm.amazonaws.com"
