"""The sandbox's Config, GuardDuty, Security Hub and flow logs answer and refuse as AWS's do."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.samples.opt_ins import CONFIG_BUCKET, CONFIG_ROLE, FLOW_BUCKET
from awsbase.sandbox import Sandbox
from awsbase.sandbox.services.guardduty import Detectors
from awsbase.sandbox.services.securityhub import Hubs
from tests.contract.sample import go
from tests.sandbox.refused import refused

REGION = "eu-west-1"
FSBP = "arn:aws:securityhub:eu-west-1::standards/aws-foundational-security-best-practices/v/1.0.0"
ROLE = "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
RECORDER = {"name": "default", "roleARN": ROLE}
CHANNEL = {"name": "default", "s3BucketName": "acme-config"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(pages=1)


def ask(sandbox: Sandbox, service: str, method: str) -> Any:
    return getattr(sandbox.client(service, REGION), method)


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        (
            "guardduty",
            "create_detector",
            {"Enable": True, "FindingPublishingFrequency": "DAILY"},
            "ValidationException",
        ),
        ("guardduty", "get_detector", {"DetectorId": "0" * 32}, "BadRequestException"),
        ("securityhub", "enable_security_hub", {"ControlFindingGenerator": "NONE"}, "ValidationException"),
        ("securityhub", "describe_hub", {}, "InvalidAccessException"),
        ("securityhub", "get_enabled_standards", {}, "InvalidAccessException"),
        ("config", "put_configuration_recorder", {"ConfigurationRecorder": RECORDER}, "InvalidRoleException"),
        (
            "config",
            "put_delivery_channel",
            {"DeliveryChannel": CHANNEL},
            "NoAvailableConfigurationRecorderException",
        ),
        (
            "config",
            "start_configuration_recorder",
            {"ConfigurationRecorderName": "default"},
            "NoSuchConfigurationRecorderException",
        ),
        (
            "ec2",
            "create_flow_logs",
            {"ResourceIds": ["vpc-1"], "ResourceType": "VPC", "TrafficType": "SOME"},
            "InvalidParameterValue",
        ),
    ],
)
def test_what_is_not_right_is_refused(
    sandbox: Sandbox, service: str, method: str, params: dict[str, Any], code: str
) -> None:
    assert refused(ask(sandbox, service, method), **params) == code


def test_config_wants_a_role_a_channel_and_a_bucket_that_lets_it_in(sandbox: Sandbox) -> None:
    go(sandbox, "reconcile", [CONFIG_ROLE, CONFIG_BUCKET])
    config = sandbox.client("config", REGION)
    group = {"allSupported": True, "resourceTypes": ["AWS::S3::Bucket"]}
    put = config.put_configuration_recorder
    contradiction = {**RECORDER, "recordingGroup": group}
    assert refused(put, ConfigurationRecorder=contradiction) == "InvalidRecordingGroupException"
    put(ConfigurationRecorder=RECORDER)
    second = {**RECORDER, "name": "second"}
    assert refused(put, ConfigurationRecorder=second) == "MaxNumberOfConfigurationRecordersExceededException"
    start = config.start_configuration_recorder
    assert refused(start, ConfigurationRecorderName="default") == "NoAvailableDeliveryChannelException"
    deliver = config.put_delivery_channel
    assert refused(deliver, DeliveryChannel={**CHANNEL, "s3BucketName": "nobodys"}) == "NoSuchBucketException"
    sandbox.client("s3", REGION).delete_bucket_policy(Bucket="acme-config")
    assert refused(deliver, DeliveryChannel=CHANNEL) == "InsufficientDeliveryPolicyException"


def test_config_stops_before_its_channel_goes(sandbox: Sandbox) -> None:
    go(sandbox, "reconcile", [CONFIG_ROLE, CONFIG_BUCKET])
    config = sandbox.client("config", REGION)
    config.put_configuration_recorder(ConfigurationRecorder=RECORDER, Tags=[{"Key": "owner", "Value": "platform"}])
    (recorder,) = config.describe_configuration_recorders()["ConfigurationRecorders"]
    assert config.list_tags_for_resource(ResourceArn=recorder["arn"])["Tags"] == [{"Key": "owner", "Value": "platform"}]
    config.put_delivery_channel(DeliveryChannel=CHANNEL)
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    drop = config.delete_delivery_channel
    assert refused(drop, DeliveryChannelName="default") == "LastDeliveryChannelDeleteFailedException"
    config.stop_configuration_recorder(ConfigurationRecorderName="default")
    drop(DeliveryChannelName="default")
    assert refused(drop, DeliveryChannelName="default") == "NoSuchDeliveryChannelException"
    config.delete_configuration_recorder(ConfigurationRecorderName="default")
    assert refused(config.list_tags_for_resource, ResourceArn=recorder["arn"]) == "ResourceNotFoundException"


def test_what_watches_several_accounts_is_not_switched_off(sandbox: Sandbox) -> None:
    guardduty, hub = sandbox.client("guardduty", REGION), sandbox.client("securityhub", REGION)
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    hub.enable_security_hub()
    sandbox.memory(Detectors).members = ("999999999999",)
    sandbox.memory(Hubs).members = ("999999999999",)
    assert refused(guardduty.delete_detector, DetectorId=detector) == "BadRequestException"
    assert refused(hub.disable_security_hub) == "InvalidInputException"
    assert [each["AccountId"] for each in guardduty.list_members(DetectorId=detector)["Members"]] == ["999999999999"]

    sandbox.memory(Detectors).members, sandbox.memory(Detectors).administrator = (), "999999999999"
    assert refused(guardduty.delete_detector, DetectorId=detector) == "BadRequestException"
    answer = guardduty.get_administrator_account(DetectorId=detector)
    assert answer["Administrator"]["AccountId"] == "999999999999"
    assert "Administrator" not in hub.get_administrator_account()


def test_a_role_of_a_service_is_made_once_under_its_own_name(sandbox: Sandbox) -> None:
    create = ask(sandbox, "iam", "create_service_linked_role")
    assert create(AWSServiceName="config.amazonaws.com")["Role"]["Arn"] == ROLE
    assert refused(create, AWSServiceName="config.amazonaws.com") == "InvalidInput"


def test_a_region_has_one_detector_and_a_token_makes_it_once(sandbox: Sandbox) -> None:
    create = ask(sandbox, "guardduty", "create_detector")
    first = create(Enable=True, ClientToken="a")["DetectorId"]
    assert create(Enable=True, ClientToken="a")["DetectorId"] == first
    assert refused(create, Enable=True, ClientToken="b") == "BadRequestException"


def test_a_hub_is_made_once_and_lists_its_standards_page_by_page(sandbox: Sandbox) -> None:
    hub = sandbox.client("securityhub", REGION)
    hub.enable_security_hub()
    assert refused(hub.enable_security_hub) == "ResourceConflictException"
    pages = list(hub.get_paginator("get_enabled_standards").paginate())
    assert [len(page["StandardsSubscriptions"]) for page in pages] == [1, 1]
    elsewhere = [{"StandardsArn": FSBP.replace("eu-west-1", "us-east-1")}]
    assert refused(hub.batch_enable_standards, StandardsSubscriptionRequests=elsewhere) == "InvalidInputException"


def test_flow_logs_that_cannot_be_made_are_told_and_not_refused(sandbox: Sandbox) -> None:
    ec2 = sandbox.client("ec2", REGION)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    wanted = {
        "ResourceIds": [vpc],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::acme-flow-logs",
    }
    assert ec2.create_flow_logs(**wanted)["Unsuccessful"][0]["ResourceId"] == vpc
    go(sandbox, "reconcile", [FLOW_BUCKET])
    assert ec2.create_flow_logs(**wanted)["Unsuccessful"] == []
    assert ec2.create_flow_logs(**wanted)["Unsuccessful"][0]["Error"]["Code"] == "FlowLogAlreadyExists"
    sandbox.client("s3", REGION).delete_bucket_policy(Bucket="acme-flow-logs")
    refusal = ec2.create_flow_logs(**{**wanted, "TrafficType": "REJECT"})["Unsuccessful"][0]["Error"]
    assert "Access Denied" in refusal["Message"]


def test_an_access_log_counts_as_state_and_its_files_do_not(sandbox: Sandbox) -> None:
    from awsbase.samples.opt_ins import ACCESS_LOG, AUDIT

    go(sandbox, "reconcile", AUDIT)
    before = sandbox.snapshot()
    sandbox.client("s3", REGION).list_objects_v2(Bucket="acme-audit")
    assert sandbox.snapshot() == before
    assert ACCESS_LOG.address == "access-log/acme-audit"
    assert before["s3"]["aws"]["acme-audit"]["logging"] == {
        "TargetBucket": "acme-access-logs",
        "TargetPrefix": "acme-audit/",
    }
