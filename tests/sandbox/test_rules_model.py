"""Every service refuses what its own model does not allow; moto takes most of it."""

from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

TOPIC = "arn:aws:sns:us-east-1:123456789012:t"


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        ("iam", "create_group", {"GroupName": "with blank"}, "ValidationError"),
        ("iam", "create_group", {"GroupName": "a" * 129}, "ValidationError"),
        ("iam", "create_user", {"UserName": "alice", "Tags": [{"Key": "owner", "Value": "x" * 257}]},
         "ValidationError"),
        ("kms", "create_key", {"Description": "x" * 8193}, "ValidationException"),
        ("logs", "create_log_group", {"logGroupName": "a?b"}, "InvalidParameterException"),
        ("cloudwatch", "put_metric_alarm", {"AlarmName": "x" * 256, "Namespace": "n", "MetricName": "m",
         "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0,
         "ComparisonOperator": "GreaterThanThreshold"}, "ValidationError"),
        ("account", "put_alternate_contact", {"AlternateContactType": "SECURITY", "EmailAddress": "sec@acme.example",
         "Name": "n" * 65, "PhoneNumber": "+1", "Title": "t"}, "ValidationException"),
        ("account", "put_alternate_contact", {"AlternateContactType": "SECURITY", "EmailAddress": "sec@acme.example",
         "Name": "n", "PhoneNumber": "call me", "Title": "t"}, "ValidationException"),
        ("s3control", "put_public_access_block", {"AccountId": "123456789012", "PublicAccessBlockConfiguration": {
         "BlockPublicAcls": True}}, None),
    ],
)  # fmt: skip
def test_arguments_are_held_against_the_model(
    service: str, method: str, params: dict[str, Any], code: str | None
) -> None:
    assert refused(getattr(Sandbox(strict=False).client(service), method), **params) is None
    assert refused(getattr(Sandbox().client(service), method), **params) == code
