"""Samples of protection that costs money, in two regions: all regions are alike."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from awsbase.engine.resource import Resource
from awsbase.ensure.admin_ports import AdminPorts
from awsbase.ensure.regions import Regions
from awsbase.manifest.audit import Audit
from awsbase.manifest.base import Base
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.merge import merge
from awsbase.manifest.opt_ins import Config, GuardDuty, SecurityHub, VpcFlowLogs
from awsbase.samples.making import make
from awsbase.samples.sample import ACCOUNT, HOME, Reached, Sample, Tampering

TWO = ("eu-west-1", "us-east-1")
FAR = "us-east-1"
BASE = Base("acme", HOME, {"owner": "platform"})
MANIFEST = Manifest.model_validate({"version": 1, "account": {"id": ACCOUNT, "name": "acme", "region": HOME.region}})
REGIONS = Regions(scope=HOME, only=TWO)
CONFIG_BUCKET, CONFIG_ROLE, RECORDERS = Config().resources(BASE, TWO)
(DETECTORS,) = GuardDuty().resources(BASE, TWO)
(PLANS,) = GuardDuty(plans=("malware", "s3")).resources(BASE, TWO)
(HUBS,) = SecurityHub().resources(BASE, TWO, None)
FLOW_BUCKET, FLOW_LOGS = VpcFlowLogs().resources(BASE, TWO)
PORTS = AdminPorts(scope=HOME, only=(FAR,))
FULL_AUDIT = Audit.model_validate({"access_logs": {}, "data_events": True})
AUDIT = merge({"audit": FULL_AUDIT.resources(BASE, MANIFEST)}).sections["audit"]
PLAIN_AUDIT = merge({"audit": Audit().resources(BASE, MANIFEST)}).sections["audit"]
TRAIL, ACCESS_LOG = AUDIT[4], AUDIT[6]


def ready(*resources: Resource) -> Callable[[Reached], object]:
    """Create these resources first, by nobody's name, so that the sample is about the others."""
    return lambda aws: make(aws, [replace(each, scope=replace(each.scope, name="")) for each in resources])


def far(aws: Reached, service: str) -> Any:
    """Return a client of the other region."""
    return aws.client(service, FAR)


def vpc(aws: Reached) -> str:
    """Return the id of the VPC in the other region."""
    return str(far(aws, "ec2").describe_vpcs()["Vpcs"][0]["VpcId"])


def let_in(aws: Reached) -> None:
    """Open SSH to the world in a new group, beside a rule for the office only."""
    ec2 = far(aws, "ec2")
    group = ec2.create_security_group(GroupName="jump", Description="jump host", VpcId=vpc(aws))["GroupId"]
    sources = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}, {"CidrIp": "203.0.113.0/24"}]}
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **sources}
    rdp = {"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    web = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh, rdp, web])


def acl_by_hand(aws: Reached) -> None:
    """Create a network ACL that also allows SSH from the world."""
    ec2 = far(aws, "ec2")
    acl = ec2.create_network_acl(VpcId=vpc(aws))["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "Protocol": "6", "Egress": False, "RuleAction": "allow"}
    ssh = {"RuleNumber": 100, "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22, "To": 22}}
    ec2.create_network_acl_entry(**entry, **ssh)
    let_in(aws)


def without_opened(aws: Reached) -> None:
    """Delete the group and the network ACL that were made by hand."""
    ec2 = far(aws, "ec2")
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["jump"]}])["SecurityGroups"]
    acls = ec2.describe_network_acls(Filters=[{"Name": "default", "Values": ["false"]}])["NetworkAcls"]
    for each in groups:
        ec2.delete_security_group(GroupId=each["GroupId"])
    for each in acls:
        ec2.delete_network_acl(NetworkAclId=each["NetworkAclId"])


def detector(aws: Reached) -> dict[str, str]:
    """Return the id of the detector in the other region, as an argument."""
    return {"DetectorId": far(aws, "guardduty").list_detectors()["DetectorIds"][0]}


def detector_by_hand(aws: Reached) -> None:
    """Create a detector in the other region as the console does, with all that AWS charges for."""
    far(aws, "guardduty").create_detector(Enable=True)


def disable_standard(aws: Reached) -> None:
    """Disable one standard."""
    hub = far(aws, "securityhub")
    first = hub.get_enabled_standards()["StandardsSubscriptions"][0]
    hub.batch_disable_standards(StandardsSubscriptionArns=[first["StandardsSubscriptionArn"]])


def record_less(aws: Reached) -> None:
    """Record one resource type only."""
    recorder = far(aws, "config").describe_configuration_recorders()["ConfigurationRecorders"][0]
    recorder["recordingGroup"] = {"allSupported": False, "resourceTypes": ["AWS::EC2::Instance"]}
    far(aws, "config").put_configuration_recorder(ConfigurationRecorder=recorder)


def hub_by_hand(aws: Reached) -> None:
    """Enable Security Hub in the other region as the console does."""
    make(aws, [REGIONS])
    far(aws, "securityhub").enable_security_hub()


def log_management_events_only(aws: Reached) -> None:
    """Log management events only."""
    trails = aws.client("cloudtrail", HOME.region)
    everything = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
    trails.put_event_selectors(TrailName="acme-trail", EventSelectors=[everything])


SAMPLES = (
    Sample(
        "AWS Config",
        [REGIONS, CONFIG_BUCKET, CONFIG_ROLE, RECORDERS],
        before=ready(CONFIG_BUCKET),
        tamperings={
            "stopped": Tampering(
                lambda aws: far(aws, "config").stop_configuration_recorder(ConfigurationRecorderName="default"),
                [f"{RECORDERS.address}: update recording in us-east-1"],
            ),
            "fewer resource types recorded": Tampering(
                record_less, [f"{RECORDERS.address}: update recorder in us-east-1"]
            ),
            "recorder deleted": Tampering(
                lambda aws: far(aws, "config").delete_configuration_recorder(ConfigurationRecorderName="default"),
                [
                    f"{RECORDERS.address}: create recorder in us-east-1",
                    f"{RECORDERS.address}: update recording in us-east-1",
                ],
            ),
        },
    ),
    Sample(
        "GuardDuty",
        [REGIONS, DETECTORS],
        tamperings={
            "suspended": Tampering(
                lambda aws: far(aws, "guardduty").update_detector(**detector(aws), Enable=False),
                [f"{DETECTORS.address}: update detector in us-east-1"],
            ),
            "deleted": Tampering(
                lambda aws: far(aws, "guardduty").delete_detector(**detector(aws)),
                [f"{DETECTORS.address}: create detector in us-east-1"],
            ),
        },
    ),
    Sample("GuardDuty with plans", [REGIONS, PLANS], before=detector_by_hand),
    Sample(
        "Security Hub",
        [REGIONS, HUBS],
        before=hub_by_hand,
        tamperings={
            "standard disabled": Tampering(
                disable_standard,
                [f"{HUBS.address}: create standards aws-foundational-security-best-practices/v/1.0.0 in us-east-1"],
            ),
        },
    ),
    Sample("flow logs", [REGIONS, FLOW_BUCKET, FLOW_LOGS], before=ready(FLOW_BUCKET)),
    Sample("administration ports", [REGIONS, PORTS], before=acl_by_hand, after=without_opened),
    Sample(
        "object events and access logs",
        AUDIT,
        before=ready(*PLAIN_AUDIT, AUDIT[5]),
        tamperings={
            "object events not logged": Tampering(
                log_management_events_only, [f"{TRAIL.address}: create data events of S3 objects"]
            ),
            "access not logged": Tampering(
                lambda aws: aws.client("s3", HOME.region).put_bucket_logging(
                    Bucket="acme-audit", BucketLoggingStatus={}
                ),
                [f"{ACCESS_LOG.address}: create access log"],
            ),
        },
    ),
)
