"""Lists in the sandbox: pages, tags across services, and the credential report."""

import csv
from io import StringIO
from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

NAMES = [f"n{number}" for number in range(5)]


def furnish(sandbox: Sandbox) -> None:
    iam, kms, logs = sandbox.client("iam"), sandbox.client("kms"), sandbox.client("logs")
    for name in NAMES:
        iam.create_user(UserName=name)
        iam.create_group(GroupName=name)
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        logs.create_log_group(logGroupName=name)
        topic = sandbox.client("sns").create_topic(Name=name)["TopicArn"]
        sandbox.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@acme.example")
        sandbox.client("cloudwatch").put_metric_alarm(
            AlarmName=name, Namespace="x", MetricName="x", Statistic="Sum", Period=60, EvaluationPeriods=1,
            Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        tags = [{"Key": "owner", "Value": "platform"}]
        sandbox.client("s3").create_bucket(Bucket=f"acme-{name}", CreateBucketConfiguration={"Tags": tags})


@pytest.mark.parametrize(
    ("service", "operation", "key"),
    [
        ("iam", "list_users", "Users"),
        ("iam", "list_groups", "Groups"),
        ("iam", "get_account_authorization_details", "UserDetailList"),
        ("iam", "get_account_authorization_details", "GroupDetailList"),
        ("kms", "list_keys", "Keys"),
        ("kms", "list_aliases", "Aliases"),
        ("logs", "describe_log_groups", "logGroups"),
        ("sns", "list_topics", "Topics"),
        ("sns", "list_subscriptions", "Subscriptions"),
        ("cloudwatch", "describe_alarms", "MetricAlarms"),
        ("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList"),
    ],
)
def test_lists_come_in_pages_of_two_when_a_test_wants_them(service: str, operation: str, key: str) -> None:
    sandbox = Sandbox(pages=2)
    furnish(sandbox)
    client = sandbox.client(service)
    params: dict[str, Any] = {"Filter": ["User", "Group"]} if operation.startswith("get_account") else {}

    def told(page: dict[str, Any]) -> list[Any]:
        # AWS's own aliases are listed beside the account's.
        return [one for one in page[key] if not str(one).startswith("{'AliasName': 'alias/aws/")]

    assert len(getattr(client, operation)(**params)[key]) <= 2
    pages = list(client.get_paginator(operation).paginate(**params))
    assert max(len(page[key]) for page in pages) == 2
    assert sum(len(told(page)) for page in pages) == len(NAMES)


def test_pages_are_as_long_as_awss_otherwise() -> None:
    sandbox = Sandbox()
    furnish(sandbox)

    told = sandbox.client("iam").list_users()
    assert (len(told["Users"]), told["IsTruncated"]) == (5, False)
    assert len(sandbox.client("iam").list_users(MaxItems=3)["Users"]) == 3
    assert len(sandbox.client("iam").list_policies(Scope="AWS")["Policies"]) == 100


def test_every_tagged_kind_is_told_where_aws_tells_it() -> None:
    sandbox = Sandbox()
    tags, region = [{"Key": "owner", "Value": "platform"}], "eu-west-1"
    tagged = {"Key": "owner", "Values": ["platform"]}
    sandbox.client("kms", region).create_key(Tags=[{"TagKey": "owner", "TagValue": "platform"}])
    sandbox.client("kms", region).create_key(Tags=[{"TagKey": "owner", "TagValue": "other"}])
    sandbox.client("sns", region).create_topic(Name="t", Tags=tags)
    sandbox.client("logs", region).create_log_group(logGroupName="g", tags={"owner": "platform"})
    sandbox.client("s3", region).create_bucket(
        Bucket="acme-logs", CreateBucketConfiguration={"LocationConstraint": region, "Tags": tags}
    )
    sandbox.call_moto("cloudtrail:CreateTrail", region=region, Name="audit", S3BucketName="acme-logs", TagsList=tags)
    sandbox.client("cloudwatch", region).put_metric_alarm(
        AlarmName="a", Namespace="x", MetricName="x", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", Tags=tags,
    )  # fmt: skip
    document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    sandbox.client("iam").create_policy(PolicyName="p", PolicyDocument=document, Tags=tags)

    def services(seen_from: str) -> list[str]:
        client = sandbox.client("resourcegroupstaggingapi", seen_from)
        told = client.get_resources(TagFilters=[tagged])["ResourceTagMappingList"]
        return sorted(held["ResourceARN"].split(":")[2] for held in told)

    assert services(region) == ["cloudtrail", "cloudwatch", "kms", "logs", "s3", "sns"]
    assert services("us-east-1") == ["iam"]


def test_the_credential_report_is_as_old_as_aws_lets_it_become() -> None:
    sandbox = Sandbox()
    iam = sandbox.client("iam")
    assert refused(iam.get_credential_report) == "ReportNotPresent"
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password="correct Horse battery 1")
    assert iam.generate_credential_report()["State"] == "STARTED"
    sandbox.clock.advance(60)
    iam.delete_login_profile(UserName="alice")

    def rows() -> dict[str, dict[str, str]]:
        content = iam.get_credential_report()["Content"].decode()
        return {row["user"]: row for row in csv.DictReader(StringIO(content))}

    assert iam.generate_credential_report()["State"] == "COMPLETE"
    assert rows()["alice"]["password_enabled"] == "true"
    assert rows()["<root_account>"]["mfa_active"] == "false"

    sandbox.clock.advance(4 * 3600)
    assert refused(iam.get_credential_report) == "ReportExpired"
    iam.generate_credential_report()
    assert rows()["alice"]["password_enabled"] == "false"
    assert len(rows()["alice"]) == 22


def test_billing_preferences_are_read_before_they_are_written() -> None:
    sandbox = Sandbox()
    billing = sandbox.client("billing")
    (held,) = billing.get_billing_preferences(features=["BILLING_ALERTS"])["billingPreferences"]
    assert held["value"] == "DISABLED"
    change = {"key": held["key"], "value": "ENABLED"}
    billing.update_billing_preferences(feature="BILLING_ALERTS", billingPreferencesPerKey=[change])
    assert sandbox.snapshot()["billing"] == {"BILLING_ALERTS": "ENABLED"}

    sandbox.billing_api = False
    assert refused(billing.get_billing_preferences, features=["BILLING_ALERTS"]) == "AccessDeniedException"
