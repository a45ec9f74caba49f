"""CloudWatch and Logs in the sandbox: what moto alone lets through, and AWS does not."""

import json
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

REGION = "eu-west-1"
ALARM = {
    "AlarmName": "root use",
    "Namespace": "CIS",
    "MetricName": "root",
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}
FILTER = {
    "logGroupName": "audit",
    "filterName": "root",
    "filterPattern": '{ $.userIdentity.type = "Root" }',
    "metricTransformations": [{"metricName": "root", "metricNamespace": "CIS", "metricValue": "1"}],
}
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
    "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
    "Resource": "*",
    "Condition": {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:123456789012:log-group:audit"}
    },
}


def into(namespace: str, **more: Any) -> list[dict[str, Any]]:
    return [{"metricName": "root", "metricNamespace": namespace, "metricValue": "1", **more}]


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        ("cloudwatch", "put_metric_alarm",
         {**ALARM, "AlarmActions": ["arn:aws:sns:us-east-1:123456789012:security"]}, "ValidationError"),
        ("cloudwatch", "put_metric_alarm", {**ALARM, "Namespace": "AWS/Billing"}, "ValidationError"),
        ("cloudwatch", "put_metric_alarm", {**ALARM, "Period": 90}, "ValidationError"),
        ("cloudwatch", "put_metric_alarm", {**ALARM, "Period": 3600, "EvaluationPeriods": 200}, "ValidationError"),
        ("cloudwatch", "put_metric_alarm", {**ALARM, "AlarmActions": ["security"]}, "ValidationError"),
        ("cloudwatch", "put_metric_alarm", {**ALARM, "ExtendedStatistic": "p99"}, "ValidationError"),
        ("cloudwatch", "put_metric_alarm", {name: ALARM[name] for name in ALARM if name != "Threshold"},
         "ValidationError"),
        ("cloudwatch", "describe_alarms", {"AlarmNames": ["x"] * 101}, "ValidationError"),
        ("logs", "put_retention_policy", {"logGroupName": "audit", "retentionInDays": 100},
         "InvalidParameterException"),
        ("logs", "create_log_group", {"logGroupName": "with blank"}, "InvalidParameterException"),
        ("logs", "create_log_group", {"logGroupName": "aws/audit"}, "InvalidParameterException"),
        ("logs", "put_metric_filter", {**FILTER, "logGroupName": "absent"}, "ResourceNotFoundException"),
        ("logs", "put_metric_filter", {**FILTER, "metricTransformations": into("AWS/X")}, "InvalidParameterException"),
        ("logs", "put_metric_filter", {**FILTER, "metricTransformations": into(
            "CIS", defaultValue=0.0, dimensions={"a": "$.a"})}, "InvalidParameterException"),
        ("logs", "put_metric_filter", {**FILTER, "filterPattern": "{ ($.a = 1 }"}, "InvalidParameterException"),
        ("logs", "delete_metric_filter", {"logGroupName": "audit", "filterName": "absent"},
         "ResourceNotFoundException"),
    ],
)  # fmt: skip
def test_mistakes_that_moto_lets_through(service: str, method: str, params: dict[str, Any], code: str) -> None:
    for strict in (False, True):
        sandbox = Sandbox(strict=strict)
        sandbox.client("logs", REGION).create_log_group(logGroupName="audit")
        answer = refused(getattr(sandbox.client(service, REGION), method), **params)
        assert answer == (code if strict else None)


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
def test_a_protected_log_group_stays(strict: bool) -> None:
    logs = Sandbox(strict=strict).client("logs", REGION)
    logs.create_log_group(logGroupName="audit")
    logs.put_log_group_deletion_protection(logGroupIdentifier="audit", deletionProtectionEnabled=True)
    assert logs.describe_log_groups()["logGroups"][0].get("deletionProtectionEnabled", False) is strict
    assert refused(logs.delete_log_group, logGroupName="audit") == ("ValidationException" if strict else None)


def test_filters_and_tags_go_with_their_log_group() -> None:
    logs = Sandbox().client("logs", REGION)
    for tags in ({"owner": "me"}, {"team": "web"}):
        logs.create_log_group(logGroupName="audit", tags=tags)
        assert logs.describe_metric_filters(logGroupName="audit")["metricFilters"] == []
        arn = f"arn:aws:logs:{REGION}:123456789012:log-group:audit"
        assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == tags
        logs.put_metric_filter(**FILTER)
        logs.delete_log_group(logGroupName="audit")


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
def test_a_rule_of_aws_is_changed_by_nobody_else(strict: bool) -> None:
    sandbox = Sandbox(strict=strict)
    events = sandbox.client("events", REGION)
    events.put_rule(Name="theirs", EventPattern='{"source": ["aws.ec2"]}')
    sandbox.backend("events", REGION).event_buses["default"].rules["theirs"].managed_by = "autoscaling.amazonaws.com"
    assert refused(events.delete_rule, Name="theirs") == ("ManagedRuleException" if strict else None)
    assert refused(events.delete_rule, Name="theirs", Force=True) is None


def test_a_new_alarm_has_no_data_and_an_update_leaves_its_tags() -> None:
    cloudwatch = Sandbox().client("cloudwatch", REGION)
    cloudwatch.put_metric_alarm(**ALARM, Tags=[{"Key": "owner", "Value": "platform"}])
    cloudwatch.put_metric_alarm(**{**ALARM, "Threshold": 2.0}, Tags=[{"Key": "owner", "Value": "other"}])

    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert (alarm["StateValue"], alarm["Threshold"]) == ("INSUFFICIENT_DATA", 2.0)
    assert "TreatMissingData" not in alarm
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    assert tags == [{"Key": "owner", "Value": "platform"}]


def test_a_filter_takes_the_place_of_its_namesake() -> None:
    logs = Sandbox().client("logs", REGION)
    logs.create_log_group(logGroupName="audit")
    logs.put_metric_filter(**FILTER)
    logs.put_metric_filter(**{**FILTER, "filterPattern": "{ $.a = 2 }"})

    assert [held["filterPattern"] for held in logs.describe_metric_filters()["metricFilters"]] == ["{ $.a = 2 }"]


def test_a_log_group_has_a_hundred_filters_and_no_more() -> None:
    logs = Sandbox().client("logs", REGION)
    logs.create_log_group(logGroupName="audit")
    for number in range(100):
        logs.put_metric_filter(**FILTER | {"filterName": f"filter {number}"})

    assert refused(logs.put_metric_filter, **FILTER) == "LimitExceededException"
    assert refused(logs.put_metric_filter, **FILTER | {"filterName": "filter 7"}) is None


@pytest.mark.parametrize(("statements", "code"), [((ROOT,), "InvalidParameterException"), ((ROOT, LOGS), None)])
def test_a_log_group_needs_a_key_that_logs_may_use(statements: tuple[dict[str, Any], ...], code: str | None) -> None:
    sandbox = Sandbox()
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    key = sandbox.client("kms", REGION).create_key(Policy=document)["KeyMetadata"]["Arn"]

    assert refused(sandbox.client("logs", REGION).create_log_group, logGroupName="audit", kmsKeyId=key) == code


def test_a_log_group_can_be_put_under_a_key_and_under_none() -> None:
    sandbox = Sandbox()
    kms, logs = sandbox.client("kms", REGION), sandbox.client("logs", REGION)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [ROOT, LOGS]})
    key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName="audit")

    logs.associate_kms_key(logGroupName="audit", kmsKeyId=key)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="audit")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]


def test_a_log_group_for_rare_access_takes_no_filter() -> None:
    logs = Sandbox().client("logs", REGION)
    logs.create_log_group(logGroupName="audit", logGroupClass="INFREQUENT_ACCESS")
    assert logs.describe_log_groups()["logGroups"][0]["logGroupClass"] == "INFREQUENT_ACCESS"
    assert refused(logs.put_metric_filter, **FILTER) == "InvalidOperationException"
