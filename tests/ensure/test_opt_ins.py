"""Recorders, detectors, hubs, flow logs and access logs: existing ones are adopted, missing ones are created."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure.access_log import AccessLog, access_log
from awsbase.ensure.config_recorders import ConfigFacts, ConfigRecorders, recorded
from awsbase.ensure.detectors import DetectorFacts, Detectors, detector
from awsbase.ensure.flow_logs import FlowLogs, Network, NotLogged, arrives, check, logs_of, networks
from awsbase.ensure.regions import everywhere
from awsbase.ensure.security_hubs import CIS_3, FSBP, SecurityHubs, hub
from awsbase.ensure.vpc_flow_log import VpcFlowLog
from awsbase.facts.vpcs import VpcFacts, vpcs
from tests.ensure.planned import HOME, KnownFacts, described, planned

ROLE = HOME.global_arn("iam", "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig")
MADE = {"role/config": ROLE, "bucket/acme-config": "arn:aws:s3:::acme-config", "vpc/acme": {"id": "vpc-1"}}
CONFIG = ConfigRecorders(scope=HOME, bucket_name="acme-config", bucket="bucket/acme-config", role="role/config")
GROUP = {"allSupported": True, "includeGlobalResourceTypes": True}
RECORDER = {"name": "mine", "roleARN": ROLE, "recordingGroup": GROUP, "recordingMode": {"recordingFrequency": "DAILY"}}
CHANNEL = {"name": "mine", "s3BucketName": "acme-config", "snsTopicARN": "arn:aws:sns:eu-west-1:123456789012:config"}
GOOD = ConfigFacts(RECORDER, CHANNEL, recording=True)
ABROAD = replace(GOOD, recorder={**RECORDER, "recordingGroup": {**GROUP, "includeGlobalResourceTypes": False}})
FLOW = FlowLogs(scope=HOME, bucket="bucket/acme-flow-logs", bucket_arn="arn:aws:s3:::acme-flow-logs")
OUR_LOG = VpcFlowLog(scope=HOME, name="acme", vpc="vpc/acme", bucket=FLOW.bucket, bucket_arn=FLOW.bucket_arn)
ACCESS = AccessLog(
    scope=HOME,
    name="acme-audit",
    bucket="bucket/acme-audit",
    to_name="acme-access-logs",
    to="bucket/acme-access-logs",
    prefix="acme-audit/",
)
ID = "12abc34d567e8fa901bc2d34e56789f0"
ALL_ON = {"FLOW_LOGS": True, "S3_DATA_EVENTS": True, "EBS_MALWARE_PROTECTION": True, "RUNTIME_MONITORING": False}
OURS, MINE = {"awsbase:address": "detectors/account"}, HOME.account
LOGGED = {"TargetBucket": "acme-access-logs", "TargetPrefix": "acme-audit/"}


def by_region(fact: Any, **regions: Any) -> Any:
    return {(everywhere, fact, None): {name.replace("_", "-"): value for name, value in regions.items()}}


@pytest.mark.parametrize(
    ("want", "facts", "changes"),
    [
        (
            CONFIG,
            by_region(recorded, eu_west_1=ConfigFacts()),
            ["create recorder in eu-west-1", "create delivery channel in eu-west-1", "update recording in eu-west-1"],
        ),
        (CONFIG, by_region(recorded, eu_west_1=GOOD, us_east_1=ABROAD), []),
        (
            CONFIG,
            by_region(recorded, eu_west_1=ABROAD, us_east_1=GOOD),
            ["update recorder in eu-west-1", "update recorder in us-east-1"],
        ),
        (CONFIG, by_region(recorded, eu_west_1=replace(GOOD, recording=False)), ["update recording in eu-west-1"]),
        (
            CONFIG,
            by_region(recorded, eu_west_1=replace(GOOD, channel={**CHANNEL, "s3BucketName": "old"})),
            ["update delivery channel in eu-west-1"],
        ),
        (Detectors(scope=HOME), by_region(detector, eu_west_1=None), ["create detector in eu-west-1"]),
        (Detectors(scope=HOME), by_region(detector, eu_west_1=DetectorFacts(ID, True, OURS)), []),
        (
            Detectors(scope=HOME),
            by_region(detector, eu_west_1=DetectorFacts(ID, False, {})),
            ["update detector in eu-west-1", "update tags in eu-west-1"],
        ),
        (Detectors(scope=HOME), by_region(detector, eu_west_1=DetectorFacts(ID, True, OURS, ALL_ON)), []),
        (
            Detectors(scope=HOME, plans=("s3",)),
            by_region(detector, eu_west_1=DetectorFacts(ID, True, OURS, ALL_ON)),
            ["update features in eu-west-1"],
        ),
        (
            Detectors(scope=HOME, plans=("malware", "s3")),
            by_region(detector, eu_west_1=DetectorFacts(ID, True, OURS, ALL_ON)),
            [],
        ),
        # The answer about an old detector has no features.
        (Detectors(scope=HOME, plans=("s3",)), by_region(detector, eu_west_1=DetectorFacts(ID, True, OURS)), []),
        (
            SecurityHubs(scope=HOME),
            by_region(hub, eu_west_1=None),
            ["create hub in eu-west-1", f"create standards {FSBP}, {CIS_3} in eu-west-1"],
        ),
        (SecurityHubs(scope=HOME), by_region(hub, eu_west_1=frozenset({FSBP, CIS_3, "pci-dss/v/3.2.1"})), []),
        (
            SecurityHubs(scope=HOME),
            by_region(hub, eu_west_1=frozenset({FSBP})),
            [f"create standards {CIS_3} in eu-west-1"],
        ),
        (FLOW, by_region(networks, eu_west_1=()), []),
        (
            FLOW,
            by_region(networks, eu_west_1=(Network("vpc-1", MINE), Network("vpc-2", MINE))),
            ["create flow log of vpc-1, vpc-2 in eu-west-1"],
        ),
        (FLOW, by_region(networks, eu_west_1=(Network("vpc-1", MINE, frozenset({"ALL"})),)), []),
        (
            FLOW,
            by_region(networks, eu_west_1=(Network("vpc-1", MINE, frozenset({"REJECT"})),)),
            ["create flow log of vpc-1 in eu-west-1"],
        ),
        (
            replace(FLOW, traffic="REJECT"),
            by_region(networks, eu_west_1=(Network("vpc-1", MINE, frozenset({"ALL"})),)),
            [],
        ),
        (FLOW, by_region(networks, eu_west_1=(Network("vpc-1", "999999999999"),)), []),
        (
            replace(FLOW, but=("vpc/acme",)),
            by_region(networks, eu_west_1=(Network("vpc-1", MINE, made_for="vpc/acme"), Network("vpc-2", MINE))),
            ["create flow log of vpc-2 in eu-west-1"],
        ),
        (OUR_LOG, {networks: (Network("vpc-1", MINE), Network("vpc-2", MINE))}, ["create VPC flow log"]),
        (OUR_LOG, {networks: ()}, ["create VPC flow log"]),
        (OUR_LOG, {networks: (Network("vpc-1", MINE, frozenset({"ALL"})),)}, []),
        (OUR_LOG, {networks: (Network("vpc-1", MINE, frozenset({"REJECT"})),)}, ["create VPC flow log"]),
        (ACCESS, {access_log: {}}, ["create access log"]),
        (ACCESS, {access_log: LOGGED}, []),
        (ACCESS, {access_log: {**LOGGED, "TargetBucket": "old"}}, ["update target"]),
    ],
    ids=[
        "no recorder",
        "recorders made by hand",
        "what has no region is recorded elsewhere",
        "recorder stopped",
        "another bucket",
        "no detector",
        "detector",
        "detector asleep",
        "detector with plans that the manifest does not name",
        "detector with a plan too many",
        "detector with the plans",
        "detector of which AWS tells no plans",
        "no hub",
        "hub with more",
        "hub with less",
        "no VPC",
        "VPCs",
        "VPC that is logged",
        "VPC of which refusals are logged",
        "rejected traffic in the manifest, all logged",
        "VPC of somebody else",
        "VPC with a resource of its own for it",
        "one VPC",
        "one VPC that was just made",
        "one VPC that is logged",
        "one VPC of which refusals are logged",
        "no access log",
        "access log",
        "access log elsewhere",
    ],
)
def test_missing_settings_are_created_and_existing_ones_stay(want: Resource, facts: Any, changes: list[str]) -> None:
    assert described(planned(want, facts, MADE)) == changes


@pytest.mark.parametrize("want", [CONFIG, Detectors(scope=HOME), SecurityHubs(scope=HOME), FLOW, OUR_LOG, ACCESS])
def test_each_kind_names_its_price(want: Resource) -> None:
    assert [*want.costs()] != []


def test_unsuccessful_flow_log_is_a_failure() -> None:
    failed = [{"ResourceId": "vpc-1", "Error": {"Code": "400", "Message": "Access Denied for LogDestination"}}]
    with pytest.raises(NotLogged, match="vpc-1: Access Denied"):
        check({"FlowLogIds": [], "Unsuccessful": failed}, "eu-west-1")
    check({"FlowLogIds": ["fl-1"], "Unsuccessful": []}, "eu-west-1")


def test_flow_logs_of_transit_gateways_do_not_count_for_a_vpc() -> None:
    logs = [{"ResourceId": "tgw-1"}, {"ResourceId": "vpc-1", "TrafficType": "ALL"}]
    made = {"awsbase:address": "vpc/acme"}
    there = (VpcFacts("vpc-2", "10.0.2.0/24", made, owner=MINE), VpcFacts("vpc-1", "10.0.1.0/24", owner=MINE))
    found = networks(KnownFacts({vpcs: there, logs_of: logs}), "eu-west-1")
    assert found == (Network("vpc-1", MINE, frozenset({"ALL"})), Network("vpc-2", MINE, made_for="vpc/acme"))


@pytest.mark.parametrize(
    ("log", "counts"),
    [
        ({"FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS"}, True),
        ({"FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Rate limited"}, True),
        ({"FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error"}, False),
    ],
    ids=["delivered", "late", "refused by its bucket or log group"],
)
def test_flow_log_that_cannot_be_delivered_does_not_count(log: dict[str, str], counts: bool) -> None:
    assert arrives(log) == counts
